#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { systemClock } from '../clock.js';
import { runCommand } from './command.js';

// A reader such as `head` leaves before the end. The rest is for nobody, and the exit status stays what was found.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runCommand({
  args: process.argv.slice(2),
  env: process.env,
  fetch: globalThis.fetch,
  clock: systemClock,
  // Heeds NO_COLOR, FORCE_COLOR and whether there is a terminal.
  style: (format, text) => styleText(format, text, { stream: process.stdout }),
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  drawProgress: process.stderr.isTTY ? (text) => process.stderr.write(text) : undefined,
  pageScript: () => readFileSync(new URL('./report-page.js', import.meta.url), 'utf8'),
});
