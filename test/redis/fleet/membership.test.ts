import type { RedisStore } from 'freeform-guard/redis';
import { afterAll, beforeAll, it } from 'vitest';
import type { Fleet, Isolation } from '../../../src/ports.js';
import { MEMBER_LIFE_MS } from '../../../src/redis/fleet/read-budget-scripts.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { connectedStore, newPrefix, timeoutMs } from '../support.js';
import { busiestSecond, limit, PROCESSES, readOn } from './support.js';

let server: RedisServer;

const ends: (() => unknown)[] = [];

function connected(port: number, options: Parameters<typeof connectedStore>[1]): Promise<RedisStore> {
  return connectedStore(port, options, (close) => void ends.push(close));
}

// Concurrent, because they wait in real time, which is the time of Redis.
describeWithRedis('the limit that processes share', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await server?.stop();
  });

  it.concurrent('is not used by a process that is cut off while the others still count it as a member', async ({
    expect,
  }) => {
    const proxy = await startProxy(server.port);
    ends.push(() => proxy.close());
    const { fleet } = await connected(proxy.port, { prefix: newPrefix(), instances: 1 });
    const requestedAt: number[] = [];
    // On a busy machine a reply may be late, and the request is repeated.
    const take = (): ReturnType<Fleet['takeRead']> => {
      requestedAt.push(performance.now());
      return fleet.takeRead('w', limit, 600);
    };
    for (const _ of ['without the time of Redis', 'with it']) await expect.poll(take).toBe('taken');
    proxy.set('black hole');
    expect(await fleet.takeRead('w', limit, 100)).toBe('spent');
    const isolation = await fleet.takeRead('w', limit, 2000);
    // A request carries the time of the reply before it.
    const [before = Number.NaN] = requestedAt.slice(-2);
    expect(performance.now() - before).toBeGreaterThanOrEqual(MEMBER_LIFE_MS - 1);
    expect(isolation).toMatchObject({ ended: expect.any(Promise) });
    proxy.set('pass');
    await (isolation as Isolation).ended;
    await expect.poll(() => fleet.takeRead('w', limit, 600)).toBe('taken');
  });

  it.concurrent('is not used by a process that a full Redis refuses, and shared again when there is room', async ({
    expect,
  }) => {
    const full = await startRedis('--maxmemory-policy', 'noeviction');
    ends.push(() => full.stop());
    const { fleet } = await connected(full.port, { timeoutMs, instances: 1 });
    await expect.poll(() => fleet.takeRead('w', limit, 600)).toBe('taken');
    await full.client.configSet('maxmemory', '1');
    const isolation = await fleet.takeRead('w', limit, 2000);
    expect(isolation).toMatchObject({ ended: expect.any(Promise) });
    expect(await fleet.takeRead('w', limit, 2000)).toBe(isolation);
    await full.client.configSet('maxmemory', '0');
    await (isolation as Isolation).ended;
    await expect.poll(() => fleet.takeRead('w', limit, 600)).toBe('taken');
  });

  it.concurrent('is not exceeded when one of several processes is cut off, nor when it is back', async ({ expect }) => {
    const proxy = await startProxy(server.port);
    ends.push(() => proxy.close());
    const options = { prefix: newPrefix(), instances: PROCESSES };
    const ports = [proxy.port, ...Array.from({ length: PROCESSES - 1 }, () => server.port)];
    const stores = await Promise.all(ports.map((port) => connected(port, options)));
    const reads: number[][] = stores.map(() => []);
    const startedAt = performance.now();
    setTimeout(() => proxy.set('black hole'), 700);
    setTimeout(() => proxy.set('pass'), 2900);
    await Promise.all(stores.map((store, index) => readOn(store, reads[index] ?? [], startedAt + 4200)));
    const all = reads.flat();
    expect(busiestSecond(all)).toBeLessThanOrEqual(50);
    // No share is lost: the process that is cut off has its own, and the others have theirs.
    const whileCutOff = reads.map((own) => own.filter((at) => at > startedAt + 1800 && at < startedAt + 2800).length);
    expect(whileCutOff[0]).toBeGreaterThanOrEqual(1);
    const together = whileCutOff.reduce((sum, count) => sum + count, 0);
    expect(together).toBeGreaterThanOrEqual(5);
    // No burst is left, so a number above the rate means that a share was granted twice.
    expect(together).toBeLessThanOrEqual(45);
  });
});
