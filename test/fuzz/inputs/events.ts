import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isOptOutWord } from '../../../src/bird/opt-out-words.js';
import { decodeWebhookEvent } from '../../../src/bird/webhook-event.js';
import { isSignedByOneOf, signWebhook } from '../../../src/bird/webhook-signature.js';
import { nameOf, parseEvent } from '../../../src/http/webhook/event.js';
import { webhookReceiver } from '../../../src/http/webhook/webhook-receiver.js';
import { asyncProperty, type Property, property } from '../property.js';
import { CHANNEL, CONTACT, DAY, instant, isoText, KEY, PHONE, refuseSecrets, WORKSPACE } from '../values/ids.js';
import { junk, key, near, nearlyWhole, text, withEntries } from '../values/json.js';
import { createWorld } from '../values/world.js';

const URL_OF_RECEIVER = 'https://example.com/webhooks/bird';

const contact = nearlyWhole({
  id: fc.constant(CONTACT),
  identifierKey: fc.constant('phonenumber'),
  identifierValue: fc.constantFrom(PHONE, PHONE, PHONE, '', PHONE.slice(1), '+31600000000'),
});
const payload = nearlyWhole(
  {
    id: fc.uuid(),
    channelId: fc.constantFrom(CHANNEL, CHANNEL.toUpperCase()),
    direction: fc.constantFrom('incoming', 'incoming', 'incoming', 'outgoing'),
    status: fc.constantFrom('delivered', 'delivered', 'sent', 'delivery_failed', 'sending_failed', ''),
    sender: fc.record({ contact }),
    receiver: fc.record({ contacts: fc.array(contact, { maxLength: 2 }) }),
    body: fc.oneof(
      fc.constantFrom<unknown>({ type: 'text', text: { text: 'STOP' } }, { type: 'image' }, { type: 'system' }),
      fc.record({ type: fc.constant('text'), text: fc.record({ text }) }),
    ),
    createdAt: isoText,
    lastStatusAt: isoText,
    meta: fc.oneof(
      fc.constant({}),
      fc.record({ extraInformation: fc.record({ timestamp: instant.map((at) => String(Math.floor(at / 1000))) }) }),
      fc.constant({ extraInformation: { type: 'user_changed_number' } }),
    ),
    failure: fc.constantFrom<unknown>(
      undefined,
      { code: 131_047 },
      { source: { code: '131047' } },
      { description: 'x' },
    ),
  },
  6,
);
const platform = fc.constantFrom('whatsapp', 'whatsapp', 'sms', 'instagram', 'facebook', 'tiktok');
const eventName = fc
  .tuple(platform, fc.constantFrom('inbound', 'inbound', 'outbound', 'interaction'))
  .map((parts) => parts.join('.'));
const event: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    nearlyWhole({ service: fc.constantFrom('channels', 'channels', 'conversations'), event: eventName, payload }, 20),
    fc.array(fc.tuple(key, junk), { maxLength: 2 }),
  )
  .map(([fields, others]) =>
    withEntries(
      fields,
      others.filter(([name]) => !Object.hasOwn(fields, name)),
    ),
  );

interface Signed {
  readonly body: Uint8Array;
  readonly timestamp: string;
  readonly signature: string;
}

function signed(body: Uint8Array, at: number): Signed {
  const timestamp = String(Math.floor(at / 1000)).padStart(10, '0');
  return { body, timestamp, signature: signWebhook({ timestamp, url: URL_OF_RECEIVER, body }, KEY) };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

const flip = fc.record({
  value: fc.oneof(event, junk).map((value) => Buffer.from(JSON.stringify(value) ?? '')),
  at: instant,
  part: fc.constantFrom('body', 'timestamp', 'signature', 'url'),
  bit: fc.nat(1 << 20),
});

/** Whether an event says for certain that the contact wrote: read in another way than by the guard. */
function saysThatCustomerWrote(value: unknown): boolean {
  const { service, event: name, payload: about } = Object(value);
  const { direction, status, body, createdAt } = Object(about);
  const isContent = ['text', 'html', 'image', 'file', 'gif', 'location', 'list'].includes(Object(body).type);
  const isInbound = service === 'channels' && /^(?!instagram\.)[^.]*\.inbound$/s.test(name);
  return (
    isInbound &&
    direction === 'incoming' &&
    (status === undefined || status === 'delivered') &&
    isContent &&
    typeof createdAt === 'string'
  );
}

const world = createWorld({
  bird: (path) =>
    /\/channels\/[^/]+$/.test(path) ? { body: { id: CHANNEL, platformId: 'whatsapp' } } : { status: 500 },
  workspace: { signingKeys: [KEY] },
});
const receiver = webhookReceiver(world.guard, { publicUrl: URL_OF_RECEIVER, workspaceId: WORKSPACE });
const byAddress = {
  workspaceId: WORKSPACE,
  channelId: CHANNEL,
  contact: { identifierKey: 'phonenumber', identifierValue: PHONE },
};

/** What the receiver answers, without a true request, which takes longer to make than to answer. */
async function deliver({
  body,
  timestamp,
  signature,
}: Partial<Signed> & { readonly body: Uint8Array }): Promise<number> {
  const headers = new Map(
    Object.entries({ 'messagebird-request-timestamp': timestamp, 'messagebird-signature': signature }),
  );
  const request = {
    method: 'POST',
    bodyUsed: false,
    headers: { get: (name: string) => headers.get(name) ?? null },
    body: { getReader: () => readerOf(body) },
  } as unknown as Request;
  return (await world.settled(receiver.fetch(request))).status;
}

function readerOf(body: Uint8Array): object {
  const chunks = [body];
  return { read: async () => ({ value: chunks.pop() }), cancel: async () => {} };
}

const observed = near({
  workspaceId: fc.constant(WORKSPACE),
  channelId: fc.constant(CHANNEL),
  contactId: fc.constant(CONTACT),
  address: fc.constant(PHONE),
  at: fc.oneof(instant, isoText),
  text,
  messageId: text,
});

export const events: readonly Property[] = [
  property('an event with a flipped bit is refused', 1_200, flip, ({ value, at, part, bit }) => {
    const { body, timestamp, signature } = signed(value, at);
    const claimed = { body, timestamp, signature, url: URL_OF_RECEIVER };
    assert.equal(isSignedByOneOf(claimed, ['another key', KEY]), true);
    if (part === 'body') {
      if (body.length === 0) return;
      assert.equal(isSignedByOneOf({ ...claimed, body: flipped(body, bit % (body.length * 8)) }, [KEY]), false);
    } else {
      const bytes = Buffer.from(claimed[part], 'latin1');
      const changed = Buffer.from(flipped(bytes, bit % (bytes.length * 8))).toString('latin1');
      assert.equal(isSignedByOneOf({ ...claimed, [part]: changed }, [KEY]), false);
    }
  }),

  property('only a customer’s message opens a window, and not for longer than Bird says', 2_500, event, (value) => {
    const decoded = decodeWebhookEvent(JSON.parse(JSON.stringify(value)));
    if (decoded.kind !== 'customer_wrote') return;
    assert.ok(saysThatCustomerWrote(value));
    const { createdAt, meta } = Object(value.payload);
    const { timestamp } = Object(Object(meta).extraInformation);
    assert.ok(decoded.wroteAt <= Date.parse(createdAt));
    if (decoded.isPlatformTime) assert.ok(decoded.wroteAt <= Number(timestamp) * 1000);
    assert.ok(decoded.contact.contactId !== undefined || decoded.contact.address !== undefined);
  }),

  property(
    'fields that nobody knows change nothing of an event',
    1_000,
    fc.tuple(event, fc.array(fc.tuple(key, junk), { maxLength: 3 })),
    ([value, others]) => {
      const more = others.filter(([name]) => !['service', 'event', 'payload'].includes(name));
      assert.deepEqual(decodeWebhookEvent(withEntries(value, more)), decodeWebhookEvent(value));
    },
  ),

  property(
    'a body is an event or not, and its name is that of each repetition',
    1_000,
    fc.tuple(fc.oneof(event, junk), fc.nat(30), fc.nat(255)),
    ([value, at, byte]) => {
      const body = Buffer.from(JSON.stringify(value) ?? '');
      const isEvent = typeof value === 'object' && value !== null && !Array.isArray(value);
      const parsed = parseEvent(body);
      assert.equal(parsed !== undefined, isEvent);
      if (parsed !== undefined) assert.equal(nameOf(parsed, body), nameOf({ ...parsed }, Buffer.from(body)));
      const spoilt = Buffer.from(body);
      spoilt[at] = byte;
      assert.doesNotThrow(() => parseEvent(spoilt));
    },
  ),

  property(
    'a word of opting out stays one in any case and with marks around it, and more words are none',
    8_000,
    fc.tuple(
      fc.constantFrom('stop', 'STOP', 'Arrêter', 'стоп', '停止'),
      fc.constantFrom('', '!', ' ', '.', '🙏', '\n'),
      text,
    ),
    ([word, mark, other]) => {
      assert.equal(isOptOutWord(mark + word + mark), true);
      assert.equal(isOptOutWord(`${word} by at five ${other}`), false);
    },
  ),

  asyncProperty(
    'a signed event opens the window that it is about and no other; one that is not, changes nothing',
    200,
    fc.record({ value: event, signedAt: instant, isForged: fc.boolean() }),
    async ({ value, signedAt, isForged }) => {
      world.guard.forget({ workspaceId: WORKSPACE });
      const delivery = signed(Buffer.from(JSON.stringify(value)), signedAt);
      const status = await deliver(
        isForged
          ? { ...delivery, signature: delivery.signature.replace(/^./, (sign) => (sign === 'A' ? 'B' : 'A')) }
          : delivery,
      );
      if (isForged) assert.equal(status, 401);
      else assert.ok([200, 403, 503].includes(status), `answered ${status}`);
      const opened = world.guard.peek(byAddress);
      const other = { ...byAddress, contact: { identifierKey: 'phonenumber', identifierValue: '+31687654321' } };
      assert.notEqual(world.guard.peek(other)?.decision.verdict, 'allow');
      if (opened?.decision.verdict !== 'allow') return;
      assert.ok(!isForged && saysThatCustomerWrote(value));
      assert.ok(
        (opened.decision.validUntil ?? Number.POSITIVE_INFINITY) <=
          Math.min(world.clock.now(), Date.parse(Object(value.payload).createdAt)) + DAY,
      );
    },
  ),

  asyncProperty(
    'what is observed is taken or refused by name, and only what has happened opens a window',
    300,
    fc.tuple(
      fc.oneof({ weight: 9, arbitrary: observed }, { weight: 1, arbitrary: junk }),
      fc.constantFrom('observeInbound', 'observeRefusal', 'observeOptOut', 'forget'),
    ),
    async ([value, method]) => {
      world.guard.forget({ workspaceId: WORKSPACE });
      const given =
        typeof value === 'object' && value !== null
          ? { ...value, sentAt: Object(value).at, code: 131_047, optedOut: true }
          : value;
      try {
        await world.guard[method](given as never);
      } catch (error) {
        assert.ok(error instanceof TypeError && error.message.startsWith(method), String(error));
        refuseSecrets('the error', error);
      }
      const decided = await world.settled(world.guard.check(byAddress));
      if (decided.decision.verdict !== 'allow') return;
      assert.equal(method, 'observeInbound');
      assert.ok((decided.decision.validUntil ?? Number.POSITIVE_INFINITY) <= world.clock.now() + DAY);
    },
  ),
];
