import { type RedisStore, redisStore } from 'freeform-guard/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fleet, ReadLease, WindowRef } from '../../../src/ports.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, newPrefix, timeoutMs } from '../support.js';

const AT = Date.UTC(2026, 0, 5, 9);
const clock = { now: (): number => AT };
const limit = { perSecond: 40, burst: 10 };
const ref: WindowRef = { workspaceId: 'w', channelId: 'c', contactId: 'k', address: '+31612345678' };
const closed = { serviceWindowExpireAt: null, isPermanentSession: false };

let server: RedisServer;

async function fleetOf(count: number, prefix: string = newPrefix()): Promise<Fleet[]> {
  const options = { clock, timeoutMs, prefix };
  const stores = await Promise.all(Array.from({ length: count }, () => connectedStore(server.port, options)));
  return stores.map(({ fleet }) => fleet);
}

type Role<R extends ReadLease['role']> = Extract<ReadLease, { role: R }>;

async function join<R extends ReadLease['role']>(fleet: Fleet | undefined, role: R, after?: number): Promise<Role<R>> {
  const lease = await fleet?.joinRead(ref, after);
  expect(lease?.role).toBe(role);
  return lease as Role<R>;
}

describeWithRedis('processes that need one window at the same time', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  it('read it one at a time, and take the answer of a read that started after their request', async () => {
    const [one, two, three] = await fleetOf(3);
    const first = await join(one, 'reader');
    const [second, third] = [await join(two, 'waiter'), await join(three, 'waiter')];
    first.finish(closed);
    await Promise.all([second.settled, third.settled]);
    // The first read started before their requests: its answer may be outdated.
    const reader = await join(two, 'reader', second.running);
    const waiter = await join(three, 'waiter', third.running);
    reader.finish(closed);
    await waiter.settled;
    expect((await join(three, 'answered', third.running)).facts).toEqual(closed);
    // A new request needs a new read.
    await join(one, 'reader');
  });

  it('request the lease again at once after a failed read', async () => {
    const [one, two] = await fleetOf(2);
    const first = await join(one, 'reader');
    const waiter = await join(two, 'waiter');
    first.finish(undefined);
    await waiter.settled;
    await join(two, 'reader', waiter.running);
  });

  it('do not take an old answer for that of a new read after the count was lost (field A12)', async () => {
    const prefix = newPrefix();
    const [one, two, three] = await fleetOf(3, prefix);
    for (let reads = 0; reads < 3; reads += 1) (await join(one, 'reader')).finish(closed);
    const [name = ''] = await server.client.keys(`${prefix}t:*`);
    await expect.poll(() => server.client.hGet(name, 'told')).toBe('3');
    await server.client.hSet(name, 'number', 'x');
    // The answer is from before and is dropped. The first process reads by itself, and then the count starts again.
    expect(await two?.joinRead(ref, undefined)).toBeUndefined();
    const reader = await join(two, 'reader');
    const waiter = await join(three, 'waiter');
    await join(three, 'waiter', waiter.running - 1);
    expect(await server.client.hGet(name, 'answer')).toBeNull();
    reader.finish({ ...closed, serviceWindowExpireAt: AT + 1000 });
    await waiter.settled;
    expect((await join(three, 'answered', waiter.running - 1)).facts).toMatchObject({
      serviceWindowExpireAt: AT + 1000,
    });
  });

  it('keep different windows apart', async () => {
    const [one, two] = await fleetOf(2);
    await join(one, 'reader');
    for (const change of [{ workspaceId: 'x' }, { channelId: 'x' }, { contactId: 'x' }, { address: undefined }]) {
      expect(await two?.joinRead({ ...ref, ...change }, undefined)).toMatchObject({ role: 'reader' });
    }
  });

  it('reject an answer that none of them has signed', async () => {
    const prefix = newPrefix();
    const [one, two] = await fleetOf(2, prefix);
    const first = await join(one, 'reader');
    const waiter = await join(two, 'waiter');
    first.finish(undefined);
    await waiter.settled;
    (await join(one, 'reader')).finish(closed);
    const [name = ''] = await server.client.keys(`${prefix}t:*`);
    await expect.poll(() => server.client.hGet(name, 'answer')).not.toBeNull();
    const signed = String(await server.client.hGet(name, 'answer'));
    const [, , , signature] = JSON.parse(signed);
    const forged = [
      `[null,false,${AT + 1},"${signature}"]`,
      `[${AT + 1},false,${AT},"${signature}"]`,
      `[null,false,${AT},"x"]`,
      `[null,false,${AT}]`,
      'x',
      '{}',
    ];
    for (const answer of forged) {
      await server.client.hSet(name, { told: '2', answer });
      expect(await two?.joinRead(ref, waiter.running), answer).toBeUndefined();
    }
    await server.client.hSet(name, { told: '3', answer: signed });
    expect(await two?.joinRead(ref, waiter.running)).toBeUndefined();
    await server.client.hSet(name, { told: '2', answer: signed });
    expect(await two?.joinRead(ref, waiter.running)).toMatchObject({ role: 'answered' });
  });

  it('do not compare numbers of reads across a failover', async () => {
    const prefix = newPrefix();
    const [one, two] = await fleetOf(2, prefix);
    for (const number of ['1', '2']) {
      (await join(one, 'reader')).finish(closed);
      const [name = ''] = await server.client.keys(`${prefix}t:*`);
      await expect.poll(() => server.client.hGet(name, 'told')).toBe(number);
    }
    const [name = ''] = await server.client.keys(`${prefix}t:*`);
    const otherLease = await server.client.hGetAll(name);
    await server.client.del(name);
    await join(one, 'reader');
    const { running } = await join(two, 'waiter');
    // From here on it is another server, whose second read had ended before the request.
    await server.client.del(name);
    await server.client.hSet(name, otherLease);
    await server.client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal']);
    await expect.poll(async () => (await two?.joinRead(ref, running))?.role).toBe('reader');
  });

  it.each(['0', '1', 'x', '', 'inf', 'nan', '-5', '1.5'])(
    'drop an answer whose number is beyond a damaged count: %j (field A12)',
    async (number) => {
      const prefix = newPrefix();
      const [one, two, three] = await fleetOf(3, prefix);
      for (const answered of ['1', '2', '3']) {
        (await join(one, 'reader')).finish(closed);
        const [name = ''] = await server.client.keys(`${prefix}t:*`);
        await expect.poll(() => server.client.hGet(name, 'told')).toBe(answered);
      }
      const [name = ''] = await server.client.keys(`${prefix}t:*`);
      await server.client.hSet(name, { number });
      // The first process reads by itself. Then the count continues, without the old answer.
      expect(await one?.joinRead(ref, undefined)).toBeUndefined();
      const reader = await join(two, 'reader');
      const waiter = await join(three, 'waiter');
      expect(await three?.joinRead(ref, waiter.running)).toMatchObject({ role: 'waiter' });
      reader.finish(closed);
      await waiter.settled;
      // That read, too, started before the request.
      await join(three, 'reader', waiter.running);
    },
  );

  it('drop the answer of a read from before the count was damaged (field A12)', async () => {
    const prefix = newPrefix();
    const [one, two] = await fleetOf(2, prefix);
    for (const _ of [1, 2]) (await join(one, 'reader')).finish(undefined);
    const reader = await join(one, 'reader');
    const [name = ''] = await server.client.keys(`${prefix}t:*`);
    await server.client.hSet(name, { number: '0' });
    const waiter = await join(two, 'waiter');
    reader.finish(closed);
    await waiter.settled;
    expect(await server.client.hGet(name, 'answer')).toBeNull();
    await join(two, 'reader', waiter.running);
  });

  it('reject an old answer', async () => {
    const prefix = newPrefix();
    const [one] = await fleetOf(1, prefix);
    const later = await connectedStore(server.port, { clock: { now: () => AT + 20_000 }, timeoutMs, prefix });
    const first = await join(one, 'reader');
    const waiter = await join(later.fleet, 'waiter');
    first.finish(undefined);
    await waiter.settled;
    const second = await join(one, 'reader');
    const again = await join(later.fleet, 'waiter', waiter.running);
    second.finish(closed);
    await again.settled;
    expect(await later.fleet?.joinRead(ref, waiter.running)).toBeUndefined();
  });
});

it('processes without Redis are isolated once no earlier process can still be a member', async () => {
  const client = { duplicate: () => connectionless, on: () => {} };
  const store: RedisStore = redisStore(client as never, { secret: 'a secret of this deployment' });
  expect(await store.fleet?.takeRead('w', limit, 100)).toBe('spent');
  expect(await store.fleet?.takeRead('w', limit, 2_000)).toMatchObject({ ended: expect.any(Promise) });
  expect(await store.fleet?.joinRead(ref, undefined)).toBeUndefined();
  store.close();
});

const connectionless = {
  connect: () => new Promise(() => {}),
  on: () => {},
  unref: () => {},
  destroy: () => {},
};
