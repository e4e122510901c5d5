import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readProjectFile } from '../docs/markdown.js';
import { type Consumer, createConsumer } from '../packaging/staged-package.js';
import { recordLetOut } from '../support/canary.js';
import { createPractice } from './support.js';

const { dependencies } = JSON.parse(readProjectFile('package.json'));

let consumer: Consumer;
let command: string;

// As a user gets it, so that no stale build is what is tested.
beforeAll(async () => {
  consumer = await createConsumer(Object.keys(dependencies));
  const { bin } = JSON.parse(await readFile(join(consumer.packageDirectory, 'package.json'), 'utf8'));
  expect(Object.keys(bin)).toEqual(['freeform-guard']);
  command = join(consumer.packageDirectory, bin['freeform-guard']);
}, 60_000);

afterAll(() => consumer?.remove());

interface Exit {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Exit> {
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, cwd: consumer.directory });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    error += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      recordLetOut('process', [out, error]);
      resolve({ status, out, error });
    });
  });
}

function runCli(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Exit> {
  return run([command, ...args], env);
}

it('exits with 0 against a Bird where the guard can work, and shows no key', async () => {
  const { args, contact, workspace } = await createPractice();
  const exit = await runCli([...args, '--contact', contact.id], { BIRD_ACCESS_KEY: workspace.accessKey });
  expect([exit.status, exit.error]).toEqual([0, '']);
  expect(exit.out).toMatch(/\nThe guard can work\.\n$/);
  expect(exit.out).not.toContain(workspace.accessKey);
});

it('exits with 1 and the one thing to fix, and shows no key', async () => {
  const { args, workspace } = await createPractice({ contactAccess: 'forbidden' });
  const exit = await runCli(args, { BIRD_ACCESS_KEY: workspace.accessKey });
  expect([exit.status, exit.error]).toEqual([1, '']);
  expect(exit.out).toMatch(/\nFix first: [^\n]+\n$/);
  expect(exit.out).not.toContain(workspace.accessKey);
});

it('exits with 2 for wrong usage, and shows no key', async () => {
  const { args, workspace } = await createPractice();
  const key = workspace.accessKey;
  const exit = await runCli([...args, `--key=${key}`], { BIRD_ACCESS_KEY: key });
  expect([exit.status, exit.out]).toEqual([2, '']);
  expect(exit.error).toContain("Unknown option '--key'");
  expect(exit.error).not.toContain(key);
});

it('exits with 2 without a key, and with 0 for --help', async () => {
  const { args } = await createPractice();
  expect(await runCli(args)).toMatchObject({ status: 2, error: expect.stringContaining('BIRD_ACCESS_KEY is not set') });
  expect(await runCli(['--help'])).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^Usage: npx freeform-guard/),
  });
});

it('has colours where FORCE_COLOR asks for them, and none where NO_COLOR forbids them or nobody looks', async () => {
  const { args, workspace } = await createPractice();
  const lastLines = await Promise.all(
    [{ FORCE_COLOR: '1' }, { NO_COLOR: '1' }, {}].map(async (env) => {
      const { out } = await runCli(args, { BIRD_ACCESS_KEY: workspace.accessKey, ...env });
      return out.trimEnd().split('\n').at(-1);
    }),
  );
  const text = 'The guard can work.';
  expect(lastLines).toEqual([`\u001b[32m${text}\u001b[39m`, text, text]);
});

it('keeps its exit status where the reader of its output leaves early', async () => {
  const child = spawn(process.execPath, [command, '--help'], { cwd: consumer.directory });
  child.stdout.destroy();
  let error = '';
  child.stderr.on('data', (chunk) => {
    error += chunk;
  });
  const [status] = await once(child, 'close');
  expect([status, error]).toEqual([0, '']);
});

it('begins with the line that a shell needs', async () => {
  expect(await readFile(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});
