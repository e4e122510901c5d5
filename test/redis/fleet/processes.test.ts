import { type RedisStore, redisStore } from 'freeform-guard/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WindowEvidence } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, newPrefix, SECRET, timeoutMs } from '../support.js';

const AT = Date.UTC(2026, 0, 5, 9);
const clock = { now: (): number => AT };
const key: WindowKey = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const other: WindowKey = { ...key, address: '+31612345679' };

let server: RedisServer;

async function twoProcesses(): Promise<[RedisStore, RedisStore, string]> {
  const prefix = newPrefix();
  const options = { clock, timeoutMs, prefix };
  return [await connectedStore(server.port, options), await connectedStore(server.port, options), prefix];
}

/** What a store returns without I/O; `promise` if it needs I/O. */
function atOnce(store: RedisStore, where: WindowKey = key): WindowEvidence | undefined | 'promise' {
  const found = store.get(where);
  if (!(found instanceof Promise)) return found;
  found.catch(() => {});
  return 'promise';
}

/** How often Redis has looked windows up, for processes and for scripts. */
async function lookups(): Promise<number> {
  const [, calls] = /cmdstat_mget:calls=(\d+)/.exec(await server.client.info('commandstats')) ?? [];
  return Number(calls ?? 0);
}

describeWithRedis('processes that share a Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  it('see what another has written, even of a window that was unknown before', async () => {
    const [one, two] = await twoProcesses();
    expect(await two.get(key)).toBeUndefined();
    expect(atOnce(two)).toBeUndefined();
    await one.merge(key, { expiresAt: AT + 1 });
    await expect.poll(() => two.get(key), { interval: 1 }).toMatchObject({ expiresAt: AT + 1 });
    expect(atOnce(two)).toMatchObject({ expiresAt: AT + 1 });
  });

  it('see a refusal, though they remember the open window that it refutes', async () => {
    const [one, two] = await twoProcesses();
    for (const store of [one, two]) await store.merge(key, { expiresAt: AT + 1 });
    await one.merge(key, { refusedAt: AT });
    await expect.poll(() => two.get(key), { interval: 1 }).toMatchObject({ refusedAt: AT, expiresAt: AT + 1 });
  });

  it('return what they remember at once, without Redis', async () => {
    const [one, two] = await twoProcesses();
    await one.merge(key, { expiresAt: AT + 1 });
    // On a machine that does much else, Redis may not have answered in time the first time.
    const learned = async (asked: typeof key): Promise<unknown> => {
      await two.get(asked);
      return atOnce(two, asked);
    };
    await expect.poll(() => learned(key)).toMatchObject({ expiresAt: AT + 1 });
    await expect.poll(() => learned(other)).toBeUndefined();
    const before = await lookups();
    for (let round = 0; round < 100; round += 1) {
      expect(atOnce(one)).toMatchObject({ expiresAt: AT + 1 });
      expect(atOnce(two)).toMatchObject({ expiresAt: AT + 1 });
      expect(atOnce(two, other)).toBeUndefined();
    }
    expect(await lookups()).toBe(before);
  });

  it('still return at once what they have written themselves', async () => {
    const [one, two] = await twoProcesses();
    await one.get(key);
    for (let round = 1; round < 20; round += 1) {
      const write = one.merge(key, { expiresAt: AT + round });
      expect(atOnce(one)).toMatchObject({ expiresAt: AT + round });
      await write;
      // This process gets the notification for the other one, too.
      await expect.poll(() => two.get(key), { interval: 1 }).toMatchObject({ expiresAt: AT + round });
      expect(atOnce(one)).toMatchObject({ expiresAt: AT + round });
    }
  });

  it('read a window once for any number of callers', async () => {
    const [one] = await twoProcesses();
    const before = await lookups();
    await Promise.all(Array.from({ length: 50 }, () => one.get(key)));
    expect((await lookups()) - before).toBe(1);
  });

  it('do not notify of a write that changes nothing', async () => {
    const [one, two] = await twoProcesses();
    await one.merge(key, { expiresAt: AT + 5 });
    await two.get(key);
    await one.merge(key, { expiresAt: AT + 4 });
    await one.merge(other, { expiresAt: AT + 4 });
    await expect.poll(() => two.get(other), { interval: 1 }).toBeDefined();
    expect(atOnce(two)).toMatchObject({ expiresAt: AT + 5 });
  });

  it.each([
    ['a window', key],
    ['an address', { workspaceId: 'w', address: key.address }],
    ['a channel', { workspaceId: 'w', channelId: 'c' }],
    ['a workspace', { workspaceId: 'w' }],
  ])('forget %s together, and can write it again', async (_, target) => {
    const [one, two] = await twoProcesses();
    await one.merge(key, { expiresAt: AT + 5, refusedAt: AT });
    await two.get(key);
    await one.forget(target);
    expect(await one.get(key)).toBeUndefined();
    await expect.poll(() => two.get(key), { interval: 1 }).toBeUndefined();
    await two.merge(key, { expiresAt: AT + 1 });
    await expect.poll(() => one.get(key), { interval: 1 }).toEqual({ expiresAt: AT + 1 });
  });

  it('do not bring back what was forgotten while they read it', async () => {
    const [one, two] = await twoProcesses();
    await one.merge(key, { expiresAt: AT + 5 });
    const read = two.get(key);
    expect(read).toBeInstanceOf(Promise);
    await two.forget(key);
    await read;
    expect(await two.get(key)).toBeUndefined();
  });

  it('keep what they know when Redis has lost everything, and write it again', async () => {
    const [one, two, prefix] = await twoProcesses();
    await one.merge(key, { expiresAt: AT + 5 });
    await two.get(key);
    await server.client.flushAll();
    expect(await two.get(key)).toMatchObject({ expiresAt: AT + 5 });
    const third = await connectedStore(server.port, { clock, timeoutMs, prefix });
    await expect.poll(() => one.get(key) && third.get(key), { interval: 1 }).toMatchObject({ expiresAt: AT + 5 });
  });

  it('with different secrets see nothing of each other', async () => {
    const [one, , prefix] = await twoProcesses();
    const stranger = await connectedStore(server.port, {
      clock,
      timeoutMs,
      prefix,
      secret: 'another secret, as long',
    });
    await one.merge(key, { expiresAt: AT + 5 });
    expect(await stranger.get(key)).toBeUndefined();
  });

  it('leave nothing in Redis that identifies the customer or the message [S17]', async () => {
    const [one, , prefix] = await twoProcesses();
    await one.merge(key, { expiresAt: AT + 5, sent: [{ id: 'message-1', at: AT }] });
    await one.forget({ workspaceId: 'w', address: key.address });
    await one.merge(key, { refusedAt: AT });
    const names = await server.client.keys(`${prefix}*`);
    const texts = await Promise.all(names.map((name) => server.client.get(name).catch(() => '')));
    const hashes = await Promise.all(names.map((name) => server.client.hGetAll(name).catch(() => ({}))));
    const values = [...texts, ...hashes.map((hash) => JSON.stringify(hash))];
    expect(names.length).toBeGreaterThan(1);
    for (const text of [...names, ...values]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toMatch(/31612345678|\+31/);
    }
  });
});

it.each([
  [{}, TypeError, /secret is missing/],
  [{ secret: 'too short' }, RangeError, /secret must be a string of at least 16/],
  [{ secret: SECRET, prefix: 1 }, TypeError, /prefix must be a string/],
  [{ secret: SECRET, max: -1 }, RangeError, /max must be a whole number/],
  [{ secret: SECRET, max: '1' }, TypeError, /max must be a whole number/],
  [{ secret: SECRET, instances: 0 }, RangeError, /instances must be a whole number/],
  [{ secret: SECRET, longestWindowMs: 1000 }, RangeError, /longestWindowMs must be a whole number/],
  [{ secret: SECRET, clock: {} }, TypeError, /clock must be an object with a function now/],
  [{ secret: SECRET, perfix: 'x' }, TypeError, /perfix is not a valid option/],
])('redisStore refuses the options %j', (options, kind, text) => {
  const client = { duplicate: () => Promise.reject(), on: () => {} };
  const create = (): unknown => redisStore(client as never, options as never);
  expect(create).toThrow(kind);
  expect(create).toThrow(text);
  expect(create).not.toThrow(/too short|this deployment/);
});

it('redisStore refuses anything but a client', () => {
  for (const client of [undefined, null, {}, 'redis://localhost']) {
    expect(() => redisStore(client as never, { secret: SECRET })).toThrow(/client must be a client/);
  }
});
