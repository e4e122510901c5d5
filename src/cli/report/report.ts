import { stat, writeFile } from 'node:fs/promises';
import { parseCommandLine, requireId, UsageError } from '../command-line.js';
import type { Command, Shell } from '../shell.js';
import { beginOf } from './begin-of.js';
import { ProgressBar } from './progress.js';
import { readLines } from './read-lines.js';
import { renderPage } from './render-page.js';
import { renderText } from './render-text.js';
import { readSince } from './since.js';
import { type Filter, LogTally, type Summary } from './summary.js';

const usage = `Usage: npx freeform-guard report FILE... [--html FILE] [--json] [--since TIME] [--workspace ID]

Says what a decision log has: what was blocked, rerouted, held or unknown, or would have been in observe mode.
A file that gzip has compressed is decompressed.

  --html FILE      write a page with plots and tables, too
  --json           print the numbers as JSON
  --since TIME     only decisions since then: 90min, 24h or 7d ago, or an instant such as 2026-01-05T09:00:00Z
  --workspace ID   only decisions of this workspace, a UUID
  --help           show this text

Exit status: 0 the report was made, 1 a file cannot be read or written, 2 invalid usage.
`;

const options = {
  html: { type: 'string' },
  json: { type: 'boolean' },
  since: { type: 'string' },
  workspace: { type: 'string' },
} as const;

export const report: Command = {
  usage,
  run: async (shell) => {
    const { values, positionals: paths } = parseCommandLine(shell.args, options);
    if (paths.length === 0) throw new UsageError('Name at least one file');
    if (values.html === '') throw new UsageError('--html must be the name of a file');
    const filter: Filter = {
      since: values.since === undefined ? undefined : readSince(values.since, shell.clock.now()),
      workspaceId: values.workspace === undefined ? undefined : requireId('workspace', values.workspace),
    };
    try {
      if (values.html !== undefined) await requirePage(values.html);
      const summary = await summarise(paths, filter, shell);
      if (values.html !== undefined) await writeFile(values.html, renderPage(summary, shell.pageScript()));
      shell.writeOut(values.json === true ? `${JSON.stringify(summary, null, 2)}\n` : renderText(summary, shell.style));
      if (values.html !== undefined) shell.writeError(`Wrote ${values.html}\n`);
      return 0;
    } catch (error) {
      if (!isOfSystem(error)) throw error;
      shell.writeError(`${error.message}\n`);
      return 1;
    }
  },
};

async function summarise(paths: readonly string[], filter: Filter, { clock, drawProgress }: Shell): Promise<Summary> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const bar = drawProgress && new ProgressBar(bytes, clock, drawProgress);
  const tally = new LogTally(filter);
  try {
    for (const path of paths) {
      await readLines(path, {
        onLine: (line, number) => tally.add(line, () => `${path}:${number}`),
        onBytes: (count) => bar?.add(count),
      });
    }
  } finally {
    bar?.clear();
  }
  return tally.summary(paths.length);
}

const DOCTYPE = '<!doctype html>';

/**
 * A pattern of the shell's, as in `--html *.jsonl`, puts a log in the place of the page.
 *
 * @throws {UsageError} where the page would be written over anything else
 */
async function requirePage(path: string): Promise<void> {
  const begin = await beginOf(path, DOCTYPE.length);
  if (begin === undefined || begin.length === 0 || begin.toString() === DOCTYPE) return;
  throw new UsageError('--html names a file that is no page, and would write over it');
}

/** Such as ENOENT, of a file. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
