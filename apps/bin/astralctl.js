#!/usr/bin/env node
await import('../../dist/apps/ctl/main.js');
