import { describe, expect, it } from 'vitest';
import { USAGE } from '../../src/cli/command.js';
import { doctor } from '../../src/cli/doctor/doctor.js';
import { keepSecret } from '../support/canary.js';
import { PHONE } from '../support/world.js';
import { createPractice, type Run, runWith } from './support.js';

describe('the exit status', () => {
  it('is 0 where the guard can work, and the last line says so', async () => {
    const practice = await createPractice();
    expect(await practice.run()).toMatchObject({ status: 0, error: '', lastLine: 'The guard can work.' });
  });

  it('is 1 where it cannot, and the last line says what to fix first', async () => {
    const practice = await createPractice({ contactAccess: 'forbidden' });
    const { status, error, lastLine } = await practice.run([]);
    expect([status, error]).toEqual([1, '']);
    expect(lastLine).toMatch(/^Fix first: .*`\/workspaces\/\*\/channels\/\*\/contacts\/\*`.*\.$/);
  });

  it('is 0 for --help, whatever else is said, and nothing is asked', async () => {
    const practice = await createPractice();
    for (const args of [
      ['doctor', '--help'],
      ['doctor', '--channel', 'x', '--help'],
    ]) {
      expect(await practice.run([], { args, env: {} })).toMatchObject({ status: 0, out: doctor.usage, error: '' });
    }
    for (const args of [['--help'], ['nurse', '--help']]) {
      expect(await practice.run([], { args, env: {} })).toMatchObject({ status: 0, out: USAGE, error: '' });
    }
    expect(practice.reads()).toBe(0);
  });
});

const ID = '6f1b5e0c-7a55-4c3e-9a4e-2f0f5b0f3c11';
const IDS = ['--workspace', ID, '--channel', ID];
const KEY = 'a-key-that-must-not-show';

/** The command with a key and a fetch that must not be called. */
function runOnly(
  args: readonly string[],
  env: Readonly<Record<string, string>> = { BIRD_ACCESS_KEY: KEY },
): Promise<Run> {
  const refuse = (): never => {
    throw new Error('nothing was to be asked');
  };
  const clock = { now: () => 0, setTimeout: refuse, clearTimeout: refuse };
  return runWith({ args, env, fetch: refuse, clock });
}

describe('wrong usage', () => {
  it.each([
    ['a word too many', ['doctor', 'now', ...IDS], 'There is an argument that belongs to no option'],
    ['no workspace', ['doctor', '--channel', ID], '--workspace is missing'],
    ['no channel', ['doctor', '--workspace', ID], '--channel is missing'],
    ['a workspace that is no UUID', ['doctor', '--workspace', '..', '--channel', ID], '--workspace must be a UUID'],
    ['a channel that is no UUID', ['doctor', '--workspace', ID, '--channel', `${ID}/x`], '--channel must be a UUID'],
    ['a contact that is no UUID', ['doctor', ...IDS, '--contact', PHONE], '--contact must be a UUID'],
    ['an empty contact', ['doctor', ...IDS, '--contact='], '--contact must be a UUID'],
    ['an option without its value', ['doctor', ...IDS, '--contact'], "Option '--contact <value>' argument missing"],
    ['an option that nobody knows', ['doctor', ...IDS, '--send', 'all'], "Unknown option '--send'"],
    ['a key on the command line', ['doctor', ...IDS, `--key=${KEY}`], "Unknown option '--key'"],
    ['an option given twice', ['doctor', ...IDS, '--channel', ID], '--channel is given more than once'],
    [
      'http to another machine',
      ['doctor', ...IDS, '--base-url', 'http://api.bird.com'],
      '--base-url must be an https URL',
    ],
    [
      'a base URL with credentials',
      ['doctor', ...IDS, '--base-url', 'https://me:you@a.b'],
      '--base-url must be an https URL',
    ],
    [
      'a base URL of one workspace',
      ['doctor', ...IDS, '--base-url', 'https://api.bird.com/workspaces/x'],
      '--base-url: leave off the path from /workspaces on',
    ],
    ['a base URL that is none', ['doctor', ...IDS, '--base-url', 'api.bird.com'], '--base-url must be an https URL'],
    ['a file as base URL', ['doctor', ...IDS, '--base-url', 'file:///etc'], '--base-url must be an https URL'],
  ])('%s: exit status 2, one sentence, and the way to help', async (_, args, sentence) => {
    keepSecret(KEY);
    const { status, out, error } = await runOnly(args);
    expect([status, out]).toEqual([2, '']);
    expect(error).toContain(sentence);
    expect(error.split('\n').slice(1)).toEqual(['See: npx freeform-guard doctor --help', '']);
  });

  it.each([
    ['is not set', {}, 'BIRD_ACCESS_KEY is not set'],
    ['is empty', { BIRD_ACCESS_KEY: '' }, 'BIRD_ACCESS_KEY is not set'],
    ['ends in a line break', { BIRD_ACCESS_KEY: `${KEY}\n` }, 'without a space or a line break'],
    ['holds a space', { BIRD_ACCESS_KEY: `AccessKey ${KEY}` }, 'without a space or a line break'],
    ['holds what no header can', { BIRD_ACCESS_KEY: `${KEY}é` }, 'visible ASCII'],
  ])('a key that %s', async (_, env, sentence) => {
    const { status, out, error } = await runOnly(['doctor', ...IDS], env);
    expect([status, out]).toEqual([2, '']);
    expect(error).toContain(sentence);
  });
});

it.each([
  ['no command', []],
  ['another command', ['nurse', ...IDS]],
  ['the name of a field of every object', ['constructor']],
  ['an option before the command', [...IDS, 'doctor']],
  ['the key in place of a command', [KEY]],
])('%s: exit status 2, the commands, and the way to help', async (_, args) => {
  keepSecret(KEY);
  const error = 'The command must be `check`, `doctor` or `report`.\nSee: npx freeform-guard --help\n';
  expect(await runOnly(args)).toMatchObject({ status: 2, out: '', error });
});

it('names each command in the help', () => {
  for (const name of ['check', 'doctor', 'report']) expect(USAGE).toMatch(new RegExp(`^  ${name} `, 'm'));
});

describe('the arguments', () => {
  it('take ids in either case, and a base URL with a slash at its end', async () => {
    const { args, run, ...practice } = await createPractice();
    const shouted = args.map((arg) => (/^[0-9a-f-]{36}$/.test(arg) ? arg.toUpperCase() : arg));
    expect(await run([], { args: [...shouted.slice(0, -1), `${practice.sandbox.url}//`] })).toMatchObject({
      status: 0,
    });
  });

  it('ask api.bird.com where no base URL is given', async () => {
    const { args, run } = await createPractice();
    const asked: string[] = [];
    const fetch = async (url: unknown): Promise<Response> => {
      asked.push(String(url));
      return new Response('', { status: 401 });
    };
    const { out } = await run([], { args: args.slice(0, -2), fetch });
    expect(asked).toEqual([expect.stringMatching(/^https:\/\/api\.bird\.com\/workspaces\/[^/]+\/channels\/[^/]+$/)]);
    expect(out).toContain('Made 1 read-only request to https://api.bird.com.');
  });
});

describe('secrets', () => {
  it('are in no report: neither the key, nor the phone number, nor what Bird writes', async () => {
    const practice = await createPractice();
    const { accessKey } = practice.workspace;
    const echo = {
      status: 403,
      headers: { 'x-ratelimit-scope': accessKey },
      body: { message: `${accessKey} ${PHONE}` },
    };
    practice.sandbox.setFault(({ kind }) => (kind === 'contact' ? echo : undefined));
    const { out } = await practice.run();
    expect(out).toContain('x-ratelimit-scope: [redacted]');
    expect(out).not.toContain(accessKey);
    expect(out).not.toContain(PHONE);
  });

  it.each([
    ['platformId', { platformId: `whatsapp ${PHONE}` }],
    ['status', { status: PHONE }],
    ['status with a control character', { status: 'active\u001b[2J' }],
  ])('do not come in as %s either', async (_, change) => {
    const practice = await createPractice();
    practice.workspace.setChannel(practice.channel.id, change);
    const { out } = await practice.run();
    expect(out).not.toContain(PHONE);
    expect(out).not.toContain('\u001b');
  });
});

it('a key that is no more than a letter is not sought in the report (field C3)', async () => {
  const { run } = await createPractice();
  const { out } = await run([], { env: { BIRD_ACCESS_KEY: 'x' } });
  expect(out).toContain('Fix first: ');
  expect(out).not.toContain('[redacted]');
});
