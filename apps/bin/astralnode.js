#!/usr/bin/env node
import '../../dist/apps/node/main.js';
