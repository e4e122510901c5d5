import assert from 'node:assert/strict';
import fc from 'fast-check';
import { classifyMessage } from '../../../src/bird/send/message.js';
import { parseSend } from '../../../src/bird/send/parsed-send.js';
import { type HttpRequestLike, readSends, type SendRequest } from '../../../src/bird/send/send-request.js';
import { guardRequest } from '../../../src/http/request/guard-request.js';
import { asyncProperty, type Property, property, uncounted } from '../property.js';
import { CHANNEL, CONTACT, isoText, KEY, PHONE, refuseSecrets, WORKSPACE } from '../values/ids.js';
import { junk, key, near, withEntries } from '../values/json.js';
import { createWorld } from '../values/world.js';
import { sandboxAnswer } from './sandbox-oracle.js';

const contentNames = ['text', 'html', 'image', 'file', 'list', 'action', 'authentication'] as const;

/** A name in another letter case, and in the two letters that Go's decoder folds besides. */
function spellings(name: string): fc.Arbitrary<string> {
  const variants = [
    name,
    name,
    name.toUpperCase(),
    name.charAt(0).toUpperCase() + name.slice(1),
    name.replace('s', '\u017f'),
    name.replace('k', '\u212a'),
  ];
  return fc.constantFrom(...variants);
}

const template = fc.oneof(
  { weight: 4, arbitrary: fc.constant<unknown>({ projectId: 'p', version: 'latest', locale: 'en' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>({ name: 'n' }, { projectId: '' }, { name: ' ' }, {}, null, 'p', ['p']),
  },
  { weight: 1, arbitrary: junk },
);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant<unknown>({ type: 'text', text: { text: 'hello' } }) },
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({}, false, '', 0, []) },
  { weight: 1, arbitrary: junk },
);
const contact = fc.oneof(
  { weight: 3, arbitrary: fc.constant<unknown>({ identifierKey: 'phonenumber', identifierValue: PHONE }) },
  { weight: 1, arbitrary: fc.constant<unknown>({ id: CONTACT }) },
  {
    weight: 1,
    arbitrary: near({
      id: fc.constant(CONTACT),
      identifierKey: fc.constant('phonenumber'),
      identifierValue: fc.constant(PHONE),
      identifiers: fc.constant([{ identifierKey: 'phonenumber', identifierValue: PHONE }]),
      platformAddress: fc.constant(PHONE),
      platformAddressSelector: fc.constant('x'),
    }),
  },
  { weight: 1, arbitrary: junk },
);
const receiver = fc.oneof(
  { weight: 8, arbitrary: fc.record({ contacts: fc.array(contact, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: junk },
);

/** The fields of a message in any order and spelling, with others beside them. */
const entries = fc
  .tuple(
    fc.option(fc.tuple(spellings('template'), template), { freq: 3 }),
    fc.option(fc.tuple(spellings('body'), body), { freq: 3 }),
    fc.option(fc.tuple(fc.constantFrom(...contentNames).chain(spellings), body), { freq: 1 }),
    fc.option(fc.tuple(spellings('receiver'), receiver), { freq: 6 }),
    fc.option(fc.tuple(spellings('scheduledFor'), fc.oneof(isoText, junk)), { freq: 1 }),
    fc.array(fc.tuple(key, junk), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([one, two, three, four, five, others, isReversed]) => {
    const named = [one, two, three, four, five].filter((entry) => entry !== null);
    const all: (readonly [string, unknown])[] = [...others, ...named];
    return isReversed ? all.reverse() : all;
  });

/** As a body parser gives it. */
const message: fc.Arbitrary<unknown> = entries.map((all) => withEntries({}, all));

/** How Go reads a message: the letter case of a key means nothing, and of two the last one counts. */
function asGoReads(value: unknown): { readonly template: unknown; readonly body: unknown } {
  const read = { template: undefined as unknown, body: undefined as unknown };
  for (const [name, field] of Object.entries(Object(value))) {
    const folded = name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase();
    if (folded === 'template') read.template = field;
    if (folded === 'body') read.body = field;
  }
  return read;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** Every window is closed. */
const closed = createWorld({
  bird: (path) => {
    if (path.endsWith('/search')) return { body: { results: [{ id: CONTACT }] } };
    return { body: path.includes('/contacts/') ? { serviceWindowExpireAt: null } : { platformId: 'whatsapp' } };
  },
});

/** A value that JSON does not have. It is made for each run, since fast-check looks into values, and some allow no look. */
class Exotic {
  readonly name: string;
  readonly make: () => unknown;

  constructor(name: string, make: () => unknown) {
    this.name = name;
    this.make = make;
  }
}

const makers: Readonly<Record<string, () => unknown>> = {
  map: () => new Map([['template', { name: 'n' }]]),
  date: () => new Date(0),
  proxy: () => new Proxy({}, {}),
  'revoked proxy': revoked,
  'proxy without keys': () => new Proxy({ body: {} }, { ownKeys: raise }),
  'proxy without fields': () => new Proxy({ body: {} }, { get: raise, getOwnPropertyDescriptor: raise }),
  'template that throws': () => Object.defineProperty({ receiver: {} }, 'template', { get: raise, enumerable: true }),
  'receiver that throws': () => Object.defineProperty({ body: {} }, 'receiver', { get: raise, enumerable: true }),
  'no prototype': () => Object.create(null, { template: { value: { name: 'n' }, enumerable: true } }),
  inherited: () => Object.create({ template: { name: 'n' }, receiver: {} }),
  frozen: () => Object.freeze({ template: Object.freeze({ name: 'n' }) }),
  ring,
  bytes: () => Buffer.from('{"template":{"name":"n"}}'),
  symbol: () => Symbol('message'),
  bigint: () => 1n,
  function: () => (): undefined => undefined,
  promise: () => Promise.resolve({ template: { name: 'n' } }),
  'long list': () => Array.from({ length: 1_000 }, () => ({ template: { name: 'n' } })),
  'deep nesting': () => JSON.parse(`${'{"body":'.repeat(2_000)}1${'}'.repeat(2_000)}`),
  'many contacts': () => ({ receiver: { contacts: Array.from({ length: 200 }, () => null) } }),
  'many keys': () => Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 0])),
  'long text': () => 'x'.repeat(1_000_000),
};
const exotic: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...Object.entries(makers).map(([name, make]) => new Exotic(name, make))),
  message,
);

/** A value with those made that stand for others. */
function made(value: unknown): unknown {
  if (value instanceof Exotic) return value.make();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, field instanceof Exotic ? field.make() : field]),
  );
}

function raise(): never {
  throw new Error(`getter ${PHONE} ${KEY}`);
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function ring(): object {
  const value: Record<string, unknown> = { template: { name: 'n' } };
  value.receiver = { contacts: [value] };
  return value;
}

const url = `/workspaces/${WORKSPACE}/channels/${CHANNEL}/messages`;

/** What a caller without types may give. */
const anySend: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      workspaceId: fc.constant(WORKSPACE),
      channelId: fc.constant(CHANNEL),
      contact: fc.oneof(contact, exotic),
      message: exotic,
    }),
  },
  {
    weight: 1,
    arbitrary: near({
      workspaceId: fc.constant(WORKSPACE),
      channelId: fc.constant(CHANNEL),
      conversationId: fc.constant(CONTACT),
      contact: exotic,
      message: exotic,
      sendAt: isoText,
      sender: fc.constant('human'),
    }),
  },
  { weight: 1, arbitrary: exotic },
);

export const sendBodies: readonly Property[] = [
  property('what Go would read as content is never a template', 15_000, message, (value) => {
    const kind = classifyMessage(value);
    const { template, body } = asGoReads(value);
    const named = Object(template) as { readonly projectId?: unknown; readonly name?: unknown };
    const isNamed = typeof template === 'object' && (isText(named.projectId) || isText(named.name));
    if (kind === 'template') assert.ok(isNamed && (body === null || body === undefined));
  }),

  property(
    'junk keys never make a template of a free-form message',
    10_000,
    fc.tuple(message, fc.array(fc.tuple(key, junk), { maxLength: 3 })),
    ([value, others]) => {
      const before = classifyMessage(value);
      const after = classifyMessage(
        withEntries(
          value as object,
          others.filter(([name]) => name !== 'template' && name !== 'body'),
        ),
      );
      if (before === 'freeform') assert.notEqual(after, 'template');
    },
  ),

  property(
    'a request gives one send for each recipient, and changes nothing',
    1_500,
    fc.tuple(message, fc.boolean()),
    ([value, isBatch]) => {
      const parsed = isBatch ? { messageRequests: [value, value] } : value;
      const before = JSON.stringify(parsed);
      const req: HttpRequestLike = {
        method: 'POST',
        url: isBatch ? url.replace('messages', 'batch/messages') : url,
        body: parsed,
      };
      const sends = readSends(req) ?? assert.fail('no send');
      const listed = Object(Object(value).receiver).contacts;
      const isPlain = Object.keys(Object(value)).every((name) => name === 'receiver' || !/^receiver$/iu.test(name));
      const contacts = isPlain && Object.hasOwn(Object(value), 'receiver') && Array.isArray(listed) ? listed.length : 0;
      assert.equal(sends.length, Math.max(1, contacts) * (isBatch ? 2 : 1));
      for (const send of sends) assert.equal(parseSend(send).workspaceId, WORKSPACE);
      assert.equal(JSON.stringify(parsed), before);
    },
  ),

  property(
    'the sandbox delivers nothing late that the guard takes for a template, and loses what it takes for free-form',
    300,
    message,
    (value) => {
      const kind = classifyMessage(value);
      const answer = sandboxAnswer(value);
      if (answer === 'late') assert.notEqual(kind, 'template');
      if (answer === 'template') assert.equal(kind, 'template');
    },
  ),

  asyncProperty('whatever stands in a send, the answer has a reason and no secret', 120, anySend, async (value) => {
    const send = uncounted(() => made(value)) as SendRequest;
    const { decision, action, source } = await closed.settled(closed.guard.check(send));
    refuseSecrets('the decision', [decision, action, source]);
    assert.ok(decision.reason.length > 0);
    const isDenied = decision.verdict === 'deny';
    if (isDenied) assert.equal(source, 'bird');
    if (decision.verdict === 'allow') assert.equal(parseSend(send).kind, 'template');
    assert.doesNotThrow(() => closed.guard.peek(send));
  }),

  asyncProperty(
    'whatever is posted, the guard’s answer is whole and says nothing of what was posted',
    150,
    fc.oneof(message, junk, fc.record({ messageRequests: fc.array(message, { maxLength: 3 }) })),
    async (value) => {
      const path = Array.isArray(Object(value).messageRequests) ? url.replace('messages', 'batch/messages') : url;
      const decided =
        (await closed.settled(guardRequest(closed.guard, { method: 'POST', url: path, body: value }))) ??
        assert.fail('no send');
      refuseSecrets('the answer', [decided.header, decided.response]);
      assert.match(decided.header, /^verdict=(?:allow|deny|unknown);reason=[a-z_]+[ -~]*$/);
      assert.ok(decided.outcomes.length > 0);
      const isDenied = decided.outcomes.some(({ decision }) => decision.verdict === 'deny');
      assert.equal(decided.response !== undefined, isDenied);
    },
  ),
];
