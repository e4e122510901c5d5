import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './package.mjs';
import { runIn } from './process.mjs';

const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');

/**
 * Runs the project's tests, and gives what became of them as a row says it. Files that fail are run once more, by
 * themselves: what a busy machine breaks passes then.
 */
export async function runVitest({ program = process.execPath, files = [], env = {} }) {
  const first = await runOnce(program, files, env);
  if (first.failedFiles.length === 0) return countsOf(first);
  const problems = [];
  for (const file of first.failedFiles) {
    const second = await runOnce(program, [file], env);
    if (second.failedFiles.length > 0) problems.push(file, ...second.messages);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const again = first.failedFiles.length;
  return `${countsOf(first)}; ${again} ${again === 1 ? 'file' : 'files'} on the second run`;
}

const countsOf = ({ total, skipped }) => `${(total - skipped).toLocaleString('en')} tests pass`;

async function runOnce(program, files, env) {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-report-'));
  const report = join(directory, 'report.json');
  const args = [vitest, 'run', ...files, '--testTimeout', '120000', '--reporter', 'json', '--outputFile', report];
  // Away from home, what is missing is a failure.
  const run = runIn(projectRoot, program, args, { env: { CI: 'true', ...env }, timeoutMs: 3_600_000 });
  try {
    const ended = await run.catch((error) => error);
    const { numTotalTests: total, numPendingTests: skipped, success, testResults } = await read(report, ended);
    const failed = testResults.filter(({ status }) => status !== 'passed');
    if (!success && failed.length === 0) throw new Error(`Vitest failed outside of tests: ${ended.message}`);
    const messages = failed.flatMap(({ message, assertionResults }) => [
      message,
      ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
    ]);
    return { total, skipped, failedFiles: failed.map(({ name }) => name), messages };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function read(report, ended) {
  try {
    return JSON.parse(await readFile(report, 'utf8'));
  } catch {
    throw new Error(`Vitest gave no report: ${ended.message ?? ended}`);
  }
}
