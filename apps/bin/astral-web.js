#!/usr/bin/env node
import '../../dist/apps/web/main.js';
