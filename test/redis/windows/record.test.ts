import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { WindowEvidence } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, SECRET, timeoutMs } from '../support.js';

const AT = Date.UTC(2026, 0, 5, 9);
const DAY = 86_400_000;
const clock = { now: (): number => AT };
const key: WindowKey = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const open: WindowEvidence = { expiresAt: AT + 1 };

let server: RedisServer;

describeWithRedis('the record of a window in Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(() => server.client.flushAll());
  afterAll(() => server?.stop());

  it('has the format that processes of other versions read and write', async () => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0 });
    await store.merge(key, {
      expiresAt: AT + 1,
      farUntil: AT + 2,
      lastInboundAt: AT - 1,
      refusedAt: AT - 2,
      permanentUntil: AT + 3,
      contactWroteAt: AT - 3,
      doubtedAt: AT - 4,
      readAt: AT - 5,
      quotaSpentAt: AT - 6,
      optedOutAt: AT - 10,
      optedInAt: AT - 9,
      sent: [
        { id: 'one', at: AT - 8 },
        { id: 'two', at: AT - 7, isLost: true },
      ],
    });
    const name = await nameOfWindow(AT + 1);
    expect(JSON.parse(String(await server.client.get(name)))).toEqual({
      v: 1,
      e: AT + 1,
      x: AT + 2,
      i: AT - 1,
      r: AT - 2,
      p: AT + 3,
      w: AT - 3,
      d: AT - 4,
      a: AT - 5,
      q: AT - 6,
      o: AT - 10,
      b: AT - 9,
      s: [
        ['one', AT - 8],
        ['two', AT - 7, 1],
      ],
    });
    await store.forget({ workspaceId: 'w' });
    await store.forget(key);
    const tombstone = await server.client.get(new RedisKeys('ffg:', SECRET).tombstone({ workspaceId: 'w' }));
    expect(JSON.parse(String(await server.client.get(name)))).toEqual({
      v: 1,
      g: [tombstone, '', ''],
      f: expect.stringMatching(/^[\w-]{8}$/),
    });
  });

  it.each([
    'x',
    '',
    'null',
    '[]',
    '"open"',
    '{}',
    '{"v":2,"e":1767603600001}',
    '{"v":1,"e":"1767603600001"}',
    '{"v":1,"e":null}',
    '{"v":1,"e":1e400}',
    '{"v":1,"e":NaN}',
    '{"v":1,"e":-1}',
    '{"v":1,"e":1.5}',
    `{"v":1,"e":${AT + 32 * DAY}}`,
    '{"v":1,"e":9007199254740993}',
    '{"v":1,"i":{}}',
    '{"v":1,"s":{}}',
    '{"v":1,"s":[1]}',
    '{"v":1,"s":[["a","b"]]}',
    '{"v":1,"s":[["a",1,2]]}',
    '{"v":1,"g":"x","e":true}',
    '{"v":1,"f":{},"e":1767603600001}',
    '{"__proto__":{"v":1,"e":1767603600001}}',
    `{"v":1,"e":${'['.repeat(2000)}`,
  ])('ignores %j in Redis, and replaces it at the next merge [L14]', async (value) => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0 });
    await store.merge(key, { expiresAt: AT + 7 });
    const name = await nameOfWindow(AT + 7);
    await server.client.set(name, value);
    expect(await store.get(key)).toBeUndefined();
    await store.merge(key, open);
    expect(await store.get(key)).toEqual(open);
  });

  it('ignores a key of another type, and replaces it at the next merge [L14]', async () => {
    const store = await connectedStore(server.port, { clock, timeoutMs, max: 0 });
    await store.merge(key, { expiresAt: AT + 7 });
    const name = await nameOfWindow(AT + 7);
    await server.client.del(name);
    await server.client.lPush(name, 'x');
    expect(await store.get(key)).toBeUndefined();
    await store.merge(key, open);
    expect(await store.get(key)).toEqual(open);
  });
});

async function nameOfWindow(expiresAt: number): Promise<string> {
  for (const name of await server.client.keys('ffg:w:*')) {
    if ((await server.client.get(name))?.includes(String(expiresAt))) return name;
  }
  throw new Error('Not found');
}
