import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mergeEvidence, type WindowEvidence } from '../../../src/core/service-window.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, newPrefix, timeoutMs } from '../support.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT = Date.UTC(2026, 0, 5, 9);
const clock = { now: (): number => AT };

let server: RedisServer;
let windows = 0;

const newKey = (): { workspaceId: string; channelId: string; address: string } => {
  windows += 1;
  return { workspaceId: 'w', channelId: 'c', address: `a${windows}` };
};

const instant = fc.integer({ min: AT - 50, max: AT + 50 });
const message = fc.record(
  { id: fc.constantFrom('a', 'b', 'c', 'é"\\'), at: instant, isLost: fc.constant(true as const) },
  { requiredKeys: ['id', 'at'] },
);
const anyEvidence: fc.Arbitrary<WindowEvidence> = fc.record(
  {
    expiresAt: instant,
    lastInboundAt: instant,
    refusedAt: instant,
    permanentUntil: instant,
    contactWroteAt: instant,
    doubtedAt: instant,
    readAt: instant,
    optedOutAt: instant,
    optedInAt: instant,
    sent: fc.uniqueArray(message, { minLength: 1, maxLength: 4, selector: ({ id }) => id }),
  },
  { requiredKeys: [] },
);

/** Without undefined fields, and with the messages in one order. Neither has a meaning. */
function plain(evidence: WindowEvidence | undefined): unknown {
  const sent = evidence?.sent?.toSorted((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...evidence, sent }));
}

describeWithRedis('the script that merges in Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  it('property: merges the evidence of several processes exactly as mergeEvidence does [L13]', async () => {
    const options = { clock, timeoutMs, max: 0, prefix: newPrefix() };
    const stores = [await connectedStore(server.port, options), await connectedStore(server.port, options)];
    const writes = fc.array(fc.tuple(fc.nat(1), anyEvidence), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(writes, async (all) => {
      const key = newKey();
      let merged: WindowEvidence = {};
      for (const [index, evidence] of all) {
        await stores[index]?.merge(key, evidence);
        merged = mergeEvidence(merged, evidence);
      }
      expect(plain(await stores[0]?.get(key))).toEqual(plain(merged));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('keeps the 32 latest messages of the business', async () => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix: newPrefix() });
    const key = newKey();
    const sent = Array.from({ length: 40 }, (_, index) => ({ id: `m${index}`, at: AT - 1000 + index }));
    for (const one of sent) await store.merge(key, { sent: [one] });
    expect((await store.get(key))?.sent).toEqual(sent.slice(-32));
  });

  it.each<[what: string, evidence: WindowEvidence, min: number, max: number]>([
    ['an end', { expiresAt: AT + HOUR }, HOUR, 3 * HOUR],
    ["a customer's message", { lastInboundAt: AT }, 30 * DAY, 30 * DAY + 2 * HOUR],
    ['a refusal', { refusedAt: AT }, 31 * DAY, 31 * DAY + 2 * HOUR],
    ['a refusal beside an end', { refusedAt: AT, expiresAt: AT + HOUR }, 31 * DAY, 31 * DAY + 2 * HOUR],
    ['a permanent session', { permanentUntil: AT + HOUR }, HOUR, 3 * HOUR],
  ])(
    'keeps %s for as long as it can open or refute anything, and not for ever [S17]',
    async (_, evidence, min, max) => {
      const prefix = newPrefix();
      const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix });
      await store.merge(newKey(), evidence);
      const lives = await Promise.all(
        (await server.client.keys(`${prefix}w:*`)).map((name) => server.client.pTTL(name)),
      );
      const life = Math.max(...lives.filter((ms) => ms < 32 * DAY));
      expect(life).toBeGreaterThan(min);
      expect(life).toBeLessThanOrEqual(max);
    },
  );

  it('keeps an opt-out, however old, until it is taken back', async () => {
    const prefix = newPrefix();
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix });
    const key = newKey();
    await store.merge(key, { optedOutAt: AT - 400 * DAY, lastInboundAt: AT - 400 * DAY });
    const [name = ''] = await server.client.keys(`${prefix}w:*`);
    expect(await server.client.pTTL(name)).toBe(-1);
    await store.merge(key, { optedInAt: AT - 300 * DAY });
    expect(await store.get(key)).toMatchObject({ optedOutAt: AT - 400 * DAY, optedInAt: AT - 300 * DAY });
    expect(await server.client.pTTL(name)).toBeGreaterThan(30 * DAY);
  });

  it('forgets an opt-out with its window, and not with its channel or workspace', async () => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix: newPrefix() });
    const key = newKey();
    const { workspaceId, channelId } = key;
    await store.merge(key, { optedOutAt: AT, lastInboundAt: AT });
    for (const target of [{ workspaceId, channelId }, { workspaceId }]) {
      await store.forget(target);
      expect(plain(await store.get(key))).toEqual({ optedOutAt: AT });
      await store.merge(key, { refusedAt: AT });
      expect(plain(await store.get(key))).toEqual({ optedOutAt: AT, refusedAt: AT });
    }
    await store.forget(key);
    expect(await store.get(key)).toBeUndefined();
  });

  it('stores nothing that is over already', async () => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix: newPrefix() });
    const key = newKey();
    await store.merge(key, { expiresAt: AT - 2 * HOUR });
    expect(await store.get(key)).toBeUndefined();
  });

  it('runs by its hash, and sends its text if Redis has lost it', async () => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix: newPrefix() });
    await server.client.scriptFlush();
    const key = newKey();
    await store.merge(key, { expiresAt: AT + 1 });
    expect(await store.get(key)).toMatchObject({ expiresAt: AT + 1 });
  });

  it.each<[what: string, evidence: WindowEvidence]>([
    ['later than any window', { expiresAt: AT + 400 * DAY }],
    ['impossible', { expiresAt: Number.NaN, lastInboundAt: -1, refusedAt: 0 }],
  ])('stores no instant that is %s', async (_, evidence) => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0, prefix: newPrefix() });
    const key = newKey();
    await store.merge(key, { ...evidence, readAt: AT });
    const { expiresAt = AT, lastInboundAt, refusedAt } = (await store.get(key)) ?? {};
    expect(expiresAt).toBeLessThanOrEqual(AT + 31 * DAY);
    expect([lastInboundAt, refusedAt]).toEqual([undefined, undefined]);
  });
});
