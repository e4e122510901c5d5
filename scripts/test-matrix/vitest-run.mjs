import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { projectRoot } from './package.mjs';
import { runIn } from './process.mjs';

const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');

/** Some files of tests failed twice. `details` goes into the row, so that `--failed` knows which. */
class FailedFiles extends Error {
  constructor(tests, failedFiles, messages) {
    super([...failedFiles, ...messages].join('\n'));
    this.details = { tests, failedFiles };
  }
}

/**
 * Runs the project's tests, and gives what became of them as a row says it. Files that fail are run once more, by
 * themselves: what a busy machine breaks passes then.
 */
export async function runVitest({ program = process.execPath, files = [], env = {} }) {
  const { tests, failed } = await runOnce(program, files, env);
  await runAgain({ program, env, tests, files: failed.map(({ file }) => file) });
  return describe(tests, failed.length);
}

/** Runs only the files that failed in an earlier run of these many tests. */
export async function runFailed({ program, env, tests, files }) {
  await runAgain({ program, env, tests, files });
  return describe(tests, files.length);
}

async function runAgain({ program, env, tests, files }) {
  const failed = [];
  for (const file of files) failed.push(...(await runOnce(program, [file], env)).failed);
  if (failed.length === 0) return;
  const names = failed.map(({ file }) => file);
  throw new FailedFiles(
    tests,
    names,
    failed.flatMap(({ messages }) => messages),
  );
}

function describe(tests, again) {
  const passed = `${tests.toLocaleString('en')} tests pass`;
  return again === 0 ? passed : `${passed}; ${again} ${again === 1 ? 'file' : 'files'} on a later run`;
}

async function runOnce(program, files, env) {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-report-'));
  const report = join(directory, 'report.json');
  const args = [vitest, 'run', ...files, '--testTimeout', '120000', '--reporter', 'json', '--outputFile', report];
  // Away from home, what is missing is a failure.
  const run = runIn(projectRoot, program, args, { env: { CI: 'true', ...env }, timeoutMs: 3_600_000 });
  try {
    const ended = await run.catch((error) => error);
    const { numTotalTests: total, numPendingTests: skipped, success, testResults } = await read(report, ended);
    const failed = testResults.filter(({ status }) => status !== 'passed').map(toFailure);
    if (!success && failed.length === 0) throw new Error(`Vitest failed outside of tests: ${ended.message}`);
    return { tests: total - skipped, failed };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function toFailure({ name, message, assertionResults }) {
  const messages = assertionResults.flatMap(({ failureMessages }) => failureMessages);
  return { file: relative(projectRoot, name), messages: [message, ...messages] };
}

async function read(report, ended) {
  try {
    return JSON.parse(await readFile(report, 'utf8'));
  } catch {
    throw new Error(`Vitest gave no report: ${ended.message ?? ended}`);
  }
}
