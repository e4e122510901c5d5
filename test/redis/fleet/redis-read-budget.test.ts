import type { RedisStore } from 'freeform-guard/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Fleet } from '../../../src/ports.js';
import type { RedisConnection } from '../../../src/redis/connection.js';
import { RedisReadBudget } from '../../../src/redis/fleet/redis-read-budget.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, newPrefix, timeoutMs } from '../support.js';
import { busiestSecond, limit, PROCESSES, readOn } from './support.js';

let server: RedisServer;

const ends: (() => unknown)[] = [];

function connected(port: number, options: Parameters<typeof connectedStore>[1]): Promise<RedisStore> {
  return connectedStore(port, options, (close) => void ends.push(close));
}

/** As many processes as `instances` says. */
async function fleetOf(count: number, prefix: string = newPrefix()): Promise<Fleet[]> {
  const options = { timeoutMs, prefix, instances: count };
  const stores = await Promise.all(Array.from({ length: count }, () => connected(server.port, options)));
  return stores.map(({ fleet }) => fleet);
}

/** How many of these concurrent requests are granted a read. */
async function taken(fleets: readonly Fleet[], each: number, maxWaitMs: number, workspaceId = 'w'): Promise<number> {
  const requests = fleets.flatMap((fleet) =>
    Array.from({ length: each }, () => fleet.takeRead(workspaceId, limit, maxWaitMs)),
  );
  return (await Promise.all(requests)).filter((answer) => answer === 'taken').length;
}

it.each([
  [2_000, 'taken', 2],
  [100, 'spent', 1],
])(
  'gives up a grant from before the process was suspended, with %i ms to wait',
  async (maxWaitMs, result, requests) => {
    let sent = 0;
    const send = async (): Promise<unknown> => {
      sent += 1;
      const until = performance.now() + 200;
      while (sent === 1 && performance.now() < until);
      return ['taken', 0, Date.now() * 1000];
    };
    const connection = { isResponsive: true, listen: () => {}, send } as unknown as RedisConnection;
    const keys = new RedisKeys('', 'a secret of this deployment');
    const budget = new RedisReadBudget({
      connection,
      keys,
      writer: 'w',
      instances: 1,
      timeoutMs: 20,
      clock: { ...systemClock, monotonic: () => performance.now() },
    });
    expect(await budget.take('w', limit, maxWaitMs)).toBe(result);
    expect(sent).toBe(requests);
  },
);

// Concurrent, because they wait in real time, which is the time of Redis.
describeWithRedis('the limit that processes share', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await server?.stop();
  });

  it.concurrent('grants no more reads in any second than the whole limit, whatever the demand [L4]', async ({
    expect,
  }) => {
    const count = await taken(await fleetOf(PROCESSES), 30, 1500);
    // Grants are 25 ms apart, and begin when no earlier promise can be open. On a busy machine most are given up,
    // because they are used more than 150 ms late. `npm run fleet` measures how many are used; this test needs one.
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(1 + 1.5 * 40);
  });

  it.concurrent('begins without a burst, because earlier reads are unknown, and has one later', async ({ expect }) => {
    const fleets = await fleetOf(1);
    expect(await taken(fleets, 20, 375)).toBeLessThanOrEqual(4);
    await expect.poll(() => taken(fleets, 20, 0), { interval: 300 }).toBeGreaterThanOrEqual(6);
  });

  it.concurrent('keeps workspaces apart', async ({ expect }) => {
    const fleets = await fleetOf(1);
    await taken(fleets, 1, 600, 'a');
    const counts = await Promise.all(['b', 'c', 'd'].map((id) => taken(fleets, 20, 200, id)));
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(1);
  });

  it.concurrent('gives a read that nobody waits for only what the others leave', async ({ expect }) => {
    const [fleet] = (await fleetOf(1)) as [Fleet];
    const slow = { perSecond: 4, burst: 5 };
    const take = (maxWaitMs: number, isPatient: boolean): ReturnType<Fleet['takeRead']> =>
      fleet.takeRead('w', slow, maxWaitMs, isPatient);
    await expect.poll(() => take(0, true)).toBe('taken');
    const startedAt = performance.now();
    expect(await take(0, true)).toBe('spent');
    expect(await take(0, false)).toBe('taken');
    expect(await take(3_000, true)).toBe('taken');
    expect(performance.now() - startedAt).toBeGreaterThan(400);
  });

  it.concurrent('is only the share of the live processes, because the others may be reading by themselves [L4]', async ({
    expect,
  }) => {
    const prefix = newPrefix();
    const store = await connected(server.port, { timeoutMs, prefix, instances: PROCESSES });
    const count = await taken([store.fleet], 60, 1300);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(1 + 1.3 * 10);
  });

  it.concurrent('is the whole limit and no more if more processes run than instances says', async ({ expect }) => {
    const options = { timeoutMs, prefix: newPrefix(), instances: 2 };
    const stores = await Promise.all([1, 2, 3, 4].map(() => connected(server.port, options)));
    const fleets = stores.map(({ fleet }) => fleet);
    const count = await taken(fleets, 30, 1300);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(1 + 1.3 * 40);
  });

  it.concurrent('treats an impossible record as lost', async ({ expect }) => {
    const trial = async (value: string): Promise<void> => {
      const prefix = newPrefix();
      const fleets = await fleetOf(1, prefix);
      await taken(fleets, 1, 3_000);
      for (const name of [`${prefix}m`, ...(await server.client.keys(`${prefix}b:*`))]) {
        await server.client.del(name);
        await server.client.set(name, value);
      }
      await expect.poll(() => taken(fleets, 1, 3_000), { message: value }).toBe(1);
      await server.client.hSet(`${prefix}m`, { from: value, somebody: value });
      await expect.poll(() => taken(fleets, 1, 3_000), { message: value }).toBe(1);
    };
    await Promise.all(['x', '', 'nan', 'inf', '-1e300', '1e300', '99999999999999999999'].map(trial));
  });

  it.concurrent.each<[string, (name: string) => Promise<unknown>]>([
    ['deleted', (name) => server.client.del(name)],
    ['overwritten with a smaller number', (name) => server.client.set(name, '1')],
    ['overwritten with text', (name) => server.client.set(name, 'x')],
  ])('gives no second burst if only its record is %s (field A12)', async (_, damage) => {
    const prefix = newPrefix();
    const fleets = await fleetOf(PROCESSES, prefix);
    await taken(fleets, 1, 3_000);
    const [at, reads] = [performance.now(), [] as number[]];
    const read = async (fleet: Fleet): Promise<void> => {
      while (performance.now() < at + 1200) {
        if ((await fleet.takeRead('w', limit, 100)) === 'taken') reads.push(performance.now());
      }
    };
    const damaging = setInterval(async () => {
      for (const name of await server.client.keys(`${prefix}b:*`)) await damage(name);
    }, 150);
    await Promise.all(fleets.flatMap((fleet) => Array.from({ length: 10 }, () => read(fleet))));
    clearInterval(damaging);
    expect(reads.length).toBeGreaterThan(0);
    expect(busiestSecond(reads)).toBeLessThanOrEqual(50);
  });

  it.concurrent('is not exceeded when Redis loses what it has promised', async ({ expect }) => {
    const prefix = newPrefix();
    const options = { prefix, timeoutMs, instances: PROCESSES };
    const stores = await Promise.all([1, 2, 3, 4].map(() => connected(server.port, options)));
    const reads: number[] = [];
    const startedAt = performance.now();
    const loseAll = async (): Promise<void> => void (await server.client.del(await server.client.keys(`${prefix}*`)));
    for (const ms of [600, 800, 1000, 1200, 1400]) setTimeout(() => void loseAll(), ms);
    await Promise.all(stores.map((store) => readOn(store, reads, startedAt + 2500)));
    expect(busiestSecond(reads)).toBeLessThanOrEqual(50);
    expect(reads.length).toBeGreaterThan(5);
  });
});
