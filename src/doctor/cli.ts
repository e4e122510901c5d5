#!/usr/bin/env node
import { systemClock } from '../clock.js';
import { runCommand } from './command.js';

process.exitCode = await runCommand({
  args: process.argv.slice(2),
  env: process.env,
  fetch: globalThis.fetch,
  clock: systemClock,
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
});
