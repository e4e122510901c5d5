import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Shell } from '../../../src/cli/shell.js';
import { keepSecret } from '../../support/canary.js';
import { createWorld, PHONE, type World, type WorldOptions } from '../../support/world.js';
import { type Run, runWith } from '../support.js';

interface Checked extends World {
  check(args?: readonly string[], change?: Partial<Shell>): Promise<Run>;
}

async function createChecked(sandbox: WorldOptions['sandbox'] = {}, platformId = 'whatsapp'): Promise<Checked> {
  const world = await createWorld({ sandbox: { startAt: '2026-01-05T09:00:00Z', ...sandbox }, platformId });
  const { workspace, channel, sandbox: bird } = world;
  const ids = ['--workspace', workspace.id, '--channel', channel.id, '--base-url', bird.url];
  const env = { BIRD_ACCESS_KEY: workspace.accessKey };
  return {
    ...world,
    check: (args = ['--phone', PHONE], change = {}) =>
      runWith({ args: ['check', ...ids, ...args], env, fetch, clock: bird.clock, ...change }),
  };
}

describe('the exit status and the answer', () => {
  it('is 0 while the window is open, by number and by id', async () => {
    const { check, contact, customerWrites, sandbox } = await createChecked();
    customerWrites();
    sandbox.clock.advance({ hours: 1 });
    const out = `window  open until 2026-01-06T09:00:00.000Z, for 23 h
reason  service_window_open: the customer wrote recently enough
source  Bird's answer
`;
    expect(await check()).toMatchObject({ status: 0, out, error: '' });
    expect(await check(['--contact', contact.id])).toMatchObject({ status: 0, out, error: '' });
    const spelled = PHONE.replace('+31', '+31 (0)');
    expect(await check(['--phone', spelled])).toMatchObject({ status: 0, out, error: '' });
  });

  it('is 3 when it is closed, with the end where Bird says it', async () => {
    const { check, customerWrites, sandbox } = await createChecked({ closedWindow: 'past' });
    customerWrites();
    sandbox.clock.advance({ hours: 30 });
    expect(await check()).toMatchObject({
      status: 3,
      out: expect.stringMatching(
        /^window {2}closed since 2026-01-06T09:00:00\.000Z, for 6 h\nreason {2}service_window_closed: /,
      ),
    });
  });

  it('is 0 without an end on a platform without a window', async () => {
    const { check } = await createChecked({}, 'sms');
    expect(await check()).toMatchObject({ status: 0, out: expect.stringMatching(/^window {2}open, without an end\n/) });
  });

  it('is 4 when nobody knows, with the cause, and the way to the doctor', async () => {
    const { check, sandbox } = await createChecked();
    sandbox.setFault(() => ({ status: 401 }));
    expect(await check()).toMatchObject({
      status: 4,
      error: '',
      out: `window  unknown
reason  access_denied: Bird refused the access key, or the key may not read this
cause   access_denied
source  none

Run the doctor to see what is wrong: npx freeform-guard doctor --help
`,
    });
  });

  it('is the same as JSON', async () => {
    const { check, customerWrites, sandbox } = await createChecked();
    const at = sandbox.clock.now();
    const closed = await check(['--phone', PHONE, '--json']);
    expect([closed.status, JSON.parse(closed.out)]).toEqual([
      3,
      {
        verdict: 'deny',
        reason: 'service_window_closed',
        openUntil: null,
        closedAt: null,
        source: 'bird',
        checkedAt: at,
      },
    ]);
    customerWrites();
    const open = await check(['--json', '--phone', PHONE]);
    expect([open.status, JSON.parse(open.out)]).toMatchObject([0, { verdict: 'allow', openUntil: at + 86_400_000 }]);
  });

  it('is coloured by the verdict', async () => {
    const { check } = await createChecked();
    expect((await check(undefined, { style: (format, text) => `<${format}>${text}` })).out).toMatch(
      /^window {2}<red>closed/,
    );
  });
});

it('sends nothing', async () => {
  const { check, sandbox } = await createChecked();
  await check();
  expect(sandbox.messages()).toEqual([]);
});

describe('wrong usage', () => {
  const ID = '6f1b5e0c-7a55-4c3e-9a4e-2f0f5b0f3c11';

  it.each([
    ['nobody', [], 'Give either --phone or --contact'],
    ['two', ['--phone', PHONE, '--contact', ID], 'Give either --phone or --contact'],
    ['a contact that is no UUID', ['--contact', PHONE], '--contact must be a UUID'],
    ['a number without +', ['--phone', PHONE.slice(1)], '--phone must be a number in international form, with its +'],
    ['a name', ['--phone', 'mother'], '--phone must be a number'],
    ['a number without its option', [PHONE], 'There is an argument that belongs to no option'],
    ['a number to an option that nobody knows', [`--number=${PHONE}`], "Unknown option '--number'"],
  ])('of %s: exit status 2, and no number in the answer', async (_, args, sentence) => {
    keepSecret(PHONE);
    const run = await (await createChecked()).check(args);
    expect(run).toMatchObject({ status: 2, out: '' });
    expect(run.error).toContain(sentence);
    expect(run.error).toContain('\nSee: npx freeform-guard check --help\n');
  });

  it('without a key', async () => {
    const { check } = await createChecked();
    expect(await check(undefined, { env: {} })).toMatchObject({
      status: 2,
      error: expect.stringContaining('BIRD_ACCESS_KEY'),
    });
  });
});

it('has the answers that docs/commands.md shows', async () => {
  const page = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
  const { check, customerWrites, sandbox } = await createChecked();
  customerWrites();
  sandbox.clock.advance({ hours: 1 });
  expect(page).toContain(`\`\`\`text\n${(await check()).out}\`\`\``);
});
