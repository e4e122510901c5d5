import fc from 'fast-check';
import {
  createGuard,
  holdUntilReply,
  memoryHeldStore,
  type Outcome,
  type ReroutePolicy,
  toChannel,
  toTemplate,
} from 'freeform-guard';
import { type ArrivedMessage, createSandbox, type Sandbox, type SandboxWorkspace } from 'freeform-guard/sandbox';
import { expect, it, onTestFinished } from 'vitest';
import { HOUR } from './support.js';

const RUNS = 150;

/** Where a window stands, as hours since the customer wrote; `undefined`: never. */
const states = [undefined, 0, 23, 24, 100] as const;

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60, size: 'max' }),
  fc.string({ unit: 'binary', maxLength: 60, size: 'max' }),
  fc
    .array(fc.constantFrom('word', 'a', ' ', '\n', '\t', '     ', '👩‍👩‍👧', 'é', '\u200b'), {
      maxLength: 40,
      size: 'max',
    })
    .map((parts) => parts.join('')),
);

const bodies = fc.oneof(
  { weight: 6, arbitrary: texts.map((text) => ({ type: 'text', text: { text } })) },
  texts.map((text) => ({ type: 'image', image: { text, images: [{ mediaUrl: 'https://example.com/a.png' }] } })),
  texts.map((text) => ({ type: 'list', list: { text, items: [] } })),
  fc.anything(),
);

/** A policy by name, so that a counterexample can be read. */
interface Ways {
  readonly template: { readonly projectId: string };
  readonly sms: { readonly id: string };
  readonly closed: { readonly id: string };
}

const policies: Readonly<Record<string, (ways: Ways) => ReroutePolicy | 'block'>> = {
  split: ({ template }) => toTemplate({ projectId: template.projectId, locale: 'en', variable: 'text', maxLength: 20 }),
  short: ({ template }) =>
    toTemplate({ projectId: template.projectId, locale: 'en', variable: 'text', maxLength: 20, onTooLong: 'block' }),
  textOnly: ({ template }) =>
    toTemplate({ projectId: template.projectId, locale: 'en', variable: 'text', onInteractive: 'text' }),
  sms: ({ sms, closed }) => toChannel({ channels: [closed.id, sms.id] }),
  hold: () => holdUntilReply({ store: memoryHeldStore(), release: () => {} }),
  block: () => 'block',
  throws: () => () => {
    throw new Error('no');
  },
  rejects: () => () => Promise.reject(new Error('no')),
  rubbish: () => () => ({ action: 'reroute', sends: [{}] }) as never,
  nothing: () => () => undefined,
  // What no guard must let through: the same free text, on the same channel.
  same:
    () =>
    ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: send.channelId ?? '', message: Object(send.message) }],
    }),
};

it('whatever is written, by whatever chain, into whatever window: only what is permitted leaves, whole and once [R19]', async () => {
  const sandbox = await createSandbox({ readsPerSecond: 1_000_000, sendsPerSecond: 1_000_000 });
  onTestFinished(() => sandbox.close());
  const workspace = sandbox.addWorkspace();
  const whatsapp = workspace.addChannel({ platformId: 'whatsapp' });
  const ways = {
    template: workspace.addTemplate({ locales: { en: '{{text}}' } }),
    sms: workspace.addChannel({ platformId: 'sms-messagebird' }),
    closed: workspace.addChannel({ platformId: 'whatsapp' }),
  };
  const seen = new Set<string>();
  let customers = 0;
  const property = fc.asyncProperty(
    bodies,
    fc.array(fc.constantFrom(...Object.keys(policies)), { maxLength: 4 }),
    fc.constantFrom(...states),
    async (body, chain, hours) => {
      customers += 1;
      const phone = `+31612${String(100_000 + customers)}`;
      const { id } = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: phone }] });
      if (hours !== undefined) workspace.receiveInbound({ channelId: whatsapp.id, contactId: id });
      sandbox.clock.advance((hours ?? 0) * HOUR);
      const onClosed = endedBy(chain, 'block').map((name) => policies[name]?.(ways) ?? 'block');
      const guard = createGuard({
        workspaces: { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url, onClosed } },
        clock: sandbox.clock,
        logger: { warn: () => {}, error: () => {} },
      });
      const contact = { identifierKey: 'phonenumber', identifierValue: phone };
      const message = { receiver: { contacts: [contact] }, body, reference: phone };
      const outcome = await guard.check({ workspaceId: workspace.id, channelId: whatsapp.id, contact, message });
      seen.add(`${outcome.action} ${outcome.changes?.join(' ') ?? ''}`);
      await sendAsTold(sandbox, workspace, outcome, { channelId: whatsapp.id, message });
      sandbox.clock.advance({ minutes: 5 });
      guard.close();
      check({ sandbox, phone, body, outcome, isOpen: hours !== undefined && hours < 24 });
    },
  );
  await fc.assert(property, { numRuns: RUNS });
  expect([...seen].toSorted()).toEqual(
    expect.arrayContaining(['block ', 'hold held', 'reroute channel', 'reroute template', 'send ']),
  );
  expect([...seen].some((what) => what.endsWith('split'))).toBe(true);
});

/** Nothing may stand behind the word that ends a chain. */
function endedBy(chain: readonly string[], end: string): readonly string[] {
  return chain.includes(end) ? chain.slice(0, chain.indexOf(end) + 1) : chain;
}

/** What a service does that takes the guard at its word. */
async function sendAsTold(
  { url }: Sandbox,
  { id, accessKey }: SandboxWorkspace,
  { action, sends = [] }: Outcome,
  asked: { readonly channelId: string; readonly message: object },
): Promise<void> {
  for (const { channelId, message } of action === 'send' ? [asked] : sends) {
    await fetch(`${url}/workspaces/${id}/channels/${channelId}/messages`, {
      method: 'POST',
      headers: { authorization: `AccessKey ${accessKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
  }
}

interface Case {
  readonly sandbox: Sandbox;
  readonly phone: string;
  readonly body: unknown;
  readonly outcome: Outcome;
  readonly isOpen: boolean;
}

function check({ sandbox, phone, body, outcome, isOpen }: Case): void {
  const messages = sandbox.messages().filter(({ reference }) => reference === phone);
  const arrived = sandbox.arrived().filter(({ reference }) => reference === phone);
  expect(messages.filter(({ status }) => status === 'delivery_failed')).toEqual([]);
  expect(arrived.filter(({ to }) => to !== phone)).toEqual([]);
  if (isOpen) expect(outcome.action).toBe('send');
  if (outcome.action !== 'send') expect(messages).toHaveLength(outcome.sends?.length ?? 0);
  if (outcome.action !== 'reroute') return;
  // Everything that was to go has arrived, by one way, and reads as it was written but for white space.
  expect(arrived).toHaveLength(messages.length);
  expect(new Set(arrived.map(({ channelId }) => channelId)).size).toBe(1);
  expect(visible(joined(arrived))).toBe(visible(textOf(body)));
}

const joined = (arrived: readonly ArrivedMessage[]): string => arrived.map(({ text }) => text).join('');

const visible = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, '');

function textOf(body: unknown): string {
  const { type, ...content } = body as { readonly type: string; readonly [kind: string]: unknown };
  return (content[type] as { readonly text: string }).text;
}
