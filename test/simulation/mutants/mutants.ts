import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Mutation } from './mutation.js';
import { mutations } from './mutations.js';

const { values } = parseArgs({
  options: {
    /** Runs only the mutants whose name contains this. */
    only: { type: 'string', default: '' },
    /** Runs only the tests of the simulation, to see what it finds by itself. */
    simulation: { type: 'boolean', default: false },
  },
});

const simulation: readonly string[] = ['every-order/checker', 'bad-days', 'good-days', 'fleet/fleet-days'].map(
  (name) => `simulation/${name}.test.ts`,
);
const RUNNERS = 2;

interface Result {
  readonly mutation: Mutation;
  readonly isKilled: boolean;
  /** The test that found it. */
  readonly by: string;
}

const waiting: Mutation[] = mutations.filter(({ name }) => name.includes(values.only));
const results: Result[] = [];
await Promise.all(Array.from({ length: RUNNERS }, runFromCopy));
const survivors = results.filter(({ isKilled }) => !isKilled);
console.log(`\n${results.length - survivors.length} of ${results.length} mutants killed`);
if (survivors.length > 0 || results.length === 0) process.exitCode = 1;

/** Works in a copy of its own, so that nobody who uses the tree meanwhile gets a mutant. */
async function runFromCopy(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const path of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(path, join(copy, path), { recursive: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
    const result = await tryOne(copy, mutation);
    results.push(result);
    console.log(`${result.isKilled ? 'killed  ' : 'SURVIVED'} ${mutation.name}\n         ${result.by}`);
  }
  rmSync(copy, { recursive: true });
}

async function tryOne(copy: string, mutation: Mutation): Promise<Result> {
  const path = join(copy, 'src', mutation.file);
  const source = readFileSync(path, 'utf8');
  if (source.split(mutation.find).length !== 2) {
    return { mutation, isKilled: false, by: `what it replaces is not there, or twice: ${mutation.file}` };
  }
  writeFileSync(
    path,
    source.replace(mutation.find, () => mutation.replace),
  );
  const tests = values.simulation ? simulation : mutation.tests;
  const { code, output } = await runTests(copy, tests);
  writeFileSync(path, source);
  const failed = /FAIL\s+(.+)/.exec(output)?.[1];
  // A run that ends badly without a failed test has not found the mutant but fallen over something else.
  return { mutation, isKilled: code !== 0 && failed !== undefined, by: failed ?? output.slice(-300) };
}

function runTests(
  copy: string,
  tests: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const args = ['run', '--bail=1', '--maxWorkers=1', '--no-color', ...tests.map((test) => `test/${test}`)];
  const vitest = spawn(join(copy, 'node_modules/.bin/vitest'), args, {
    cwd: copy,
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  vitest.stdout.on('data', collect);
  vitest.stderr.on('data', collect);
  return new Promise((resolve) => vitest.on('close', (code) => resolve({ code, output })));
}
