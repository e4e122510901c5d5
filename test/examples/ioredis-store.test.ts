import { Redis } from 'ioredis';
import { Redis as Valkey } from 'iovalkey';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ioredisStore } from '../../examples/ioredis-store.js';
import type { WindowEvidence } from '../../src/core/service-window.js';
import { describeStore } from '../contracts/store.contract.js';
import { newPrefix } from '../redis/support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { createWorld, PHONE } from '../support/world.js';

const SECRET = 'a secret of this deployment';
const AT = Date.UTC(2026, 0, 5, 9);
const key = { workspaceId: 'w', channelId: 'c', address: PHONE };

let server: RedisServer;
let ioredis: Redis;
/** Its client is the same but for private members. */
let iovalkey: Redis;

describeWithRedis('the store of the example', () => {
  beforeAll(async () => {
    server = await startRedis();
    ioredis = new Redis(server.port, '127.0.0.1');
    iovalkey = new Valkey(server.port, '127.0.0.1') as unknown as Redis;
  });
  afterAll(async () => {
    for (const client of [ioredis, iovalkey]) client?.disconnect();
    await server?.stop();
  });

  describeStore('ioredisStore', () => ioredisStore(ioredis, SECRET, newPrefix()));
  describeStore('ioredisStore with iovalkey', () => ioredisStore(iovalkey, SECRET, newPrefix()));

  it('keeps every instant of the evidence, for as long as it may matter, and under no name that tells whose it is', async () => {
    const prefix = newPrefix();
    const store = ioredisStore(ioredis, SECRET, prefix);
    const told: Required<Omit<WindowEvidence, 'sent' | 'readFor'>> = {
      expiresAt: AT,
      lastInboundAt: AT + 1,
      refusedAt: AT + 2,
      permanentUntil: AT + 3,
      contactWroteAt: AT + 4,
      doubtedAt: AT + 5,
      readAt: AT + 6,
      farUntil: AT + 7,
      quotaSpentAt: AT + 8,
      optedOutAt: AT + 9,
      optedInAt: AT + 10,
    };
    await store.merge(key, { ...told, sent: [{ id: 'm', at: AT }] });
    expect(await store.get(key)).toEqual(told);
    const [name = '', ...others] = await server.client.keys(`${prefix}*`);
    expect(others).toEqual([]);
    expect(name).not.toContain(PHONE.slice(1));
    expect(await server.client.pTTL(name)).toBeGreaterThan(30 * 86_400_000);
    await store.merge(key, { optedOutAt: AT + 11 });
    expect(await server.client.pTTL(name)).toBe(-1);
  });

  it.each(['x', '', 'nan', '-1', '1e300', '{}', '0x1'])('takes %j in Redis for nothing', async (value) => {
    const prefix = newPrefix();
    const store = ioredisStore(ioredis, SECRET, prefix);
    await store.merge(key, { expiresAt: AT, lastInboundAt: AT });
    const [name = ''] = await server.client.keys(`${prefix}*`);
    await server.client.hSet(name, { expiresAt: value, sent: value, ['__proto__']: value });
    const found = await store.get(key);
    expect({ ...found, expiresAt: (found?.expiresAt ?? 0) > 1 }).toEqual({ expiresAt: false, lastInboundAt: AT });
  });

  it('lets one guard allow what another was told, without asking Bird', async () => {
    const prefix = newPrefix();
    const world = await createWorld({ guard: { store: ioredisStore(ioredis, SECRET, prefix) } });
    const stranger = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000001' }] });
    // The channel has to be known: here by a message to somebody else.
    await world.guard.check(world.send({ contact: { id: stranger.id } }));
    const reads = world.reads();
    const inbound = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    await ioredisStore(iovalkey, SECRET, prefix).merge(inbound, { lastInboundAt: world.sandbox.clock.now() });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    expect(world.reads()).toBe(reads);
  });

  it('costs a guard nothing but reads where its Redis is away [L10]', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const client = new Redis(own.port, '127.0.0.1', { enableOfflineQueue: false, commandTimeout: 50 });
    onTestFinished(() => client.disconnect());
    client.on('error', () => {});
    const world = await createWorld({ guard: { store: ioredisStore(client, SECRET) } });
    await own.kill();
    world.customerWrites();
    for (let round = 0; round < 3; round += 1) {
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    }
    expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});
