#!/usr/bin/env node
// A file that is there before the build: npm links commands at install, and only those that it finds.
import '../dist/cli.js';
