import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WindowEvidence } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import { decodeHeldMessage, decodeWindowKey } from '../../../src/redis/held/record.js';
import { Seal } from '../../../src/redis/held/seal.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { decodeRecord, encodeEvidence } from '../../../src/redis/windows/record.js';
import { RedisWindows } from '../../../src/redis/windows/redis-windows.js';
import { asyncProperty, type Property, property } from '../property.js';
import { CHANNEL, CONTACT, DAY, instant, NOW, PHONE, refuseSecrets, WORKSPACE } from '../values/ids.js';
import { junk, key, near, nearlyWhole, text, withEntries } from '../values/json.js';
import { createWorld } from '../values/world.js';

const SECRET = 'a secret of the deployment';
const LATEST = NOW + 31 * DAY;

const at = fc.oneof(instant, fc.constantFrom(1, LATEST, LATEST + 1, 0, -1, 1.5, 2 ** 53));
const sent = fc.array(fc.oneof(fc.tuple(text, at), fc.tuple(text, at, fc.constantFrom<unknown>(1, 1, 0, true))), {
  minLength: 1,
  maxLength: 4,
});
const instantNames = ['e', 'x', 'i', 'r', 'p', 'w', 'd', 'a', 'q', 'o', 'b'];
/** A record of a window as Redis has it, or nearly. */
const record = fc
  .tuple(
    fc.constantFrom<unknown>(1, 1, 1, 1, 1, 1, 2, '1', undefined),
    fc.uniqueArray(fc.tuple(fc.constantFrom(...instantNames), instant), { maxLength: 5, selector: ([name]) => name }),
    fc.option(fc.tuple(fc.constantFrom(...instantNames), fc.oneof(at, junk)), { freq: 2 }),
    near({ s: sent, g: fc.constantFrom<unknown>(['', '', ''], ['one', '', '']), f: text }),
    fc.array(fc.tuple(key, junk), { maxLength: 1 }),
  )
  .map(([v, instants, odd, fields, others]) =>
    JSON.stringify({
      ...withEntries({}, others),
      ...(Math.abs(instants.length) % 3 === 0 ? {} : fields),
      v,
      ...Object.fromEntries(odd === null ? instants : [...instants, odd]),
    }),
  );
const stored = fc.oneof(
  { weight: 9, arbitrary: record },
  { weight: 1, arbitrary: record.map((whole) => whole.slice(0, -2)) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      text,
      junk.map((value) => JSON.stringify(value) ?? ''),
    ),
  },
);

function expectEvidence(evidence: WindowEvidence, latestAt: number): void {
  for (const [name, value] of Object.entries(evidence)) {
    if (name === 'sent') continue;
    assert.ok(
      Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= latestAt,
      `${name}: ${String(value)}`,
    );
  }
  for (const { id, at } of evidence.sent ?? []) {
    assert.equal(typeof id, 'string');
    assert.ok(Number.isSafeInteger(at) && at > 0 && at <= latestAt);
  }
}

const evidence: fc.Arbitrary<WindowEvidence> = fc.record(
  {
    expiresAt: instant,
    farUntil: instant,
    lastInboundAt: instant,
    refusedAt: instant,
    permanentUntil: instant,
    contactWroteAt: instant,
    doubtedAt: instant,
    readAt: instant,
    quotaSpentAt: instant,
    optedOutAt: instant,
    optedInAt: instant,
    sent: fc.array(fc.record({ id: text, at: instant }, { noNullPrototype: true }), { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const key3 = fc
  .tuple(text, text, text)
  .map(([workspaceId, channelId, address]): WindowKey => ({ workspaceId, channelId, address }));
const keys = new RedisKeys('ffg:', SECRET);
const seal = new Seal(SECRET, 'held');

const reply = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(stored, text, text, text).map((parts): unknown => parts) },
  { weight: 2, arbitrary: fc.array(fc.oneof(stored, junk), { maxLength: 5 }) },
  { weight: 1, arbitrary: junk },
);

/** As bytes have it, which no lone surrogate is. */
function wellFormed(value: string): string {
  return Buffer.from(value).toString();
}

/** What a store of somebody’s own may give. */
const given: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 4,
    arbitrary: near({
      expiresAt: fc.oneof(instant, junk),
      lastInboundAt: instant,
      refusedAt: instant,
      permanentUntil: instant,
      doubtedAt: junk,
      readFor: text,
      optedOutAt: junk,
      sent: junk,
      quotaSpentAt: junk,
      contactWroteAt: instant,
    }),
  },
  { weight: 1, arbitrary: evidence },
  { weight: 1, arbitrary: junk },
);

const held = nearlyWhole({
  id: fc.uuid(),
  reference: text,
  workspaceId: fc.constant(WORKSPACE),
  channelId: fc.constant(CHANNEL),
  address: fc.constant(PHONE),
  message: fc.constant({ body: { type: 'text' } }),
  heldAt: instant,
  expiresAt: instant,
});

export const storedValues: readonly Property[] = [
  property(
    'a record is read as a whole or not at all, and gives no instant that cannot be',
    4_000,
    fc.tuple(stored, fc.constantFrom('', 'one', 'two')),
    ([value, tombstone]) => {
      const decoded = decodeRecord(value, [tombstone, '', ''], LATEST);
      if (decoded === undefined) return;
      expectEvidence(decoded.evidence, LATEST);
      const parsed = JSON.parse(value);
      assert.equal(parsed.v, 1);
      const isForgotten = tombstone !== '' && parsed.g?.[0] !== tombstone;
      if (isForgotten)
        assert.deepEqual(
          Object.keys(decoded.evidence).filter((name) => !name.startsWith('opted')),
          [],
        );
      else assert.equal(decoded.evidence.expiresAt, parsed.e);
    },
  ),

  property('what is stored comes back as it was', 1_000, evidence, (value) => {
    const record = JSON.stringify({ v: 1, ...JSON.parse(encodeEvidence(value, LATEST)) });
    const { evidence: back } = decodeRecord(record, ['', '', ''], LATEST) ?? assert.fail('unreadable');
    const possible = Object.entries(value).map(([name, field]) => [
      name,
      typeof field === 'number'
        ? Math.min(field, LATEST)
        : (field as NonNullable<WindowEvidence['sent']>).filter(({ at }) => at <= LATEST),
    ]);
    assert.deepEqual(
      { ...back },
      Object.fromEntries(possible.filter(([, field]) => !Array.isArray(field) || field.length > 0)),
    );
  }),

  property(
    'two windows have two names, and none shows whose it is',
    2_000,
    fc.tuple(key3, key3, text),
    ([one, two, shift]) => {
      const isSame = JSON.stringify(one) === JSON.stringify(two);
      assert.equal(keys.windowId(one) === keys.windowId(two), isSame);
      // What moves from one part to the next makes another window.
      const moved = { workspaceId: one.workspaceId + shift, channelId: one.channelId, address: one.address };
      const back = { workspaceId: one.workspaceId, channelId: shift + one.channelId, address: one.address };
      assert.equal(keys.windowId(moved) === keys.windowId(back), JSON.stringify(moved) === JSON.stringify(back));
      assert.match(keys.windowId(one), /^[\w-]{22}$/);
    },
  ),

  property(
    'a notification is read as it is written, and anything else is none or harmless',
    5_000,
    fc.tuple(text, fc.constantFrom('window', 'readLease'), text),
    ([odd, subject, writer]) => {
      const id = keys.windowId({ workspaceId: odd, channelId: '', address: '' });
      const plain = writer.replaceAll(':', '');
      assert.deepEqual(keys.parseNotification(keys.notification({ writer: plain, subject, id })), {
        writer: plain,
        subject,
        id,
      });
      assert.doesNotThrow(() => keys.parseNotification(odd));
    },
  ),

  property(
    'a sealed text opens at its place alone, and not with a flipped bit',
    400,
    fc.tuple(text, text, text, fc.nat(1 << 16)),
    ([content, place, other, bit]) => {
      const sealed = seal.close(content, place);
      // Bytes are what is stored: a lone surrogate has none of its own.
      assert.equal(seal.open(sealed, place), wellFormed(content));
      if (wellFormed(other) !== wellFormed(place)) assert.equal(seal.open(sealed, other), undefined);
      const bytes = Buffer.from(sealed, 'base64');
      const index = bit % (bytes.length * 8);
      bytes[index >> 3] = (bytes[index >> 3] ?? 0) ^ (1 << (index & 7));
      assert.equal(seal.open(bytes.toString('base64'), place), undefined);
      assert.equal(seal.open(content, place), undefined);
    },
  ),

  property(
    'a held message is read as a whole or not at all',
    1_500,
    fc.oneof({ weight: 9, arbitrary: held.map((value) => JSON.stringify(value)) }, { weight: 1, arbitrary: stored }),
    (value) => {
      const message = decodeHeldMessage(value);
      if (message === undefined) return;
      const { id, reference, workspaceId, channelId, address, message: body, heldAt, expiresAt } = message;
      for (const part of [id, reference, workspaceId, channelId, address]) assert.equal(typeof part, 'string');
      assert.ok(typeof body === 'object' && body !== null && !Array.isArray(body));
      assert.ok(Number.isFinite(heldAt) && Number.isFinite(expiresAt));
      assert.deepEqual(decodeWindowKey(value), { workspaceId, channelId, address });
    },
  ),

  asyncProperty('whatever Redis answers, a window is read or missing', 500, reply, async (answer) => {
    const connection = { isReady: true, isResponsive: true, send: async () => answer, listen: () => {} };
    const windows = new RedisWindows({
      connection: connection as never,
      keys,
      writer: 'me',
      longestWindowMs: 30 * DAY,
      now: () => NOW,
    });
    const { evidence, tombstones } = await windows.read({ workspaceId: WORKSPACE, channelId: CHANNEL, address: PHONE });
    if (evidence !== undefined) expectEvidence(evidence, LATEST);
    for (const tombstone of tombstones) assert.equal(typeof tombstone, 'string');
  }),

  asyncProperty(
    'whatever a store gives, nobody is denied and no more than an open window is believed',
    30,
    fc.tuple(given, fc.boolean()),
    async ([value, isLater]) => {
      const store = {
        get: () => (isLater ? Promise.resolve(value) : value) as never,
        merge: () => undefined,
        forget: () => undefined,
      };
      const world = createWorld({
        bird: (path) => (/\/channels\/[^/]+$/.test(path) ? { body: { platformId: 'whatsapp' } } : { status: 500 }),
        guard: { store },
      });
      const send = {
        workspaceId: WORKSPACE,
        channelId: CHANNEL,
        contact: { id: CONTACT, identifierKey: 'phonenumber', identifierValue: PHONE },
      };
      for (const _ of [1, 2]) {
        const { decision, source } = await world.settled(world.guard.check(send));
        refuseSecrets('the decision', decision);
        if (decision.verdict === 'deny') {
          assert.equal(decision.reason, 'opted_out');
          assert.equal(source, 'memory');
        }
        if (decision.verdict !== 'allow') continue;
        assert.ok(typeof value === 'object' && value !== null);
        assert.ok(decision.validUntil === null || Number.isFinite(decision.validUntil));
      }
    },
  ),
];
