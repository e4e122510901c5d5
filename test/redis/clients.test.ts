import { redisStore } from 'freeform-guard/redis';
import { Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { createClient as createClient5 } from 'redis5';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeHeldStore } from '../contracts/held-store.contract.js';
import { describeStore } from '../contracts/store.contract.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { newPrefix, probe, SECRET, storeOf, timeoutMs } from './support.js';

const clock = { now: (): number => Date.UTC(2026, 0, 5, 9) };
let server: RedisServer;

describeWithRedis('a client of redis 5 (field C4)', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  const open = async (options: object = {}): Promise<ReturnType<typeof storeOf>> => {
    const client = createClient5({ socket: { host: '127.0.0.1', port: server.port } });
    const store = storeOf(client, { timeoutMs, prefix: newPrefix(), ...options });
    await expect
      .poll(
        () =>
          Promise.resolve(store.merge(probe, { readAt: 1 })).then(
            () => true,
            () => false,
          ),
        { interval: 2 },
      )
      .toBe(true);
    return store;
  };

  describeStore('redisStore of redis 5', () => open({ clock }));
  describeHeldStore('redisStore(...).held of redis 5', async () => (await open()).held);

  it('is notified of what another process writes', async () => {
    const prefix = newPrefix();
    const [one, two] = [await open({ prefix }), await open({ prefix })];
    const key = { ...probe, address: '+31612345678' };
    await two.get(key);
    const refusedAt = Date.now();
    await one.merge(key, { refusedAt });
    await expect.poll(async () => (await two.get(key))?.refusedAt).toBe(refusedAt);
  });
});

describe('redisStore refuses any other client, and says what it is (field C4)', () => {
  const ioredis = new Redis({ lazyConnect: true });
  afterAll(() => ioredis.disconnect());
  const of4 = { v4: {}, duplicate: () => undefined, on: () => undefined, disconnect: () => undefined };

  it.each<[string, () => unknown]>([
    ['ioredis or iovalkey', () => ioredis],
    ['redis 4', () => of4],
    ['redis 3 or older', () => ({ send_command: () => undefined, duplicate: () => undefined })],
    ['a cluster', () => createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] })],
    ['a cluster', () => ({ duplicate: () => undefined, sendCommand: () => undefined, on: () => undefined })],
    ['a pool', () => createClientPool()],
    ['undefined', () => undefined],
    ['string', () => 'redis://127.0.0.1'],
    ['no method duplicate', () => ({})],
  ])('%s', (what, create) => {
    const make = (): unknown => redisStore(create() as never, { secret: SECRET });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(what);
    expect(make).toThrow('a client of the package redis, version 5 or 6, by createClient()');
  });

  it('accepts unconnected clients of redis 6, whatever their protocol', () => {
    for (const options of [{}, { RESP: 2 as const }, { url: 'redis://127.0.0.1:1' }]) {
      redisStore(createClient(options), { secret: SECRET }).close();
    }
  });
});
