import type { HeldMessage, HeldStore } from 'freeform-guard';
import type { RedisStore } from 'freeform-guard/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeHeldStore, windowKey } from '../../contracts/held-store.contract.js';
import { endMinute, keyOf, MINUTE, park, waiting } from '../../stores/held-support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { connectedStore, newPrefix, openStore, SECRET, timeoutMs } from '../support.js';

const DAY = 24 * 60 * MINUTE;

let server: RedisServer;

/** Processes that share held messages, and the prefix of their keys. */
async function processes(count: number): Promise<[HeldStore[], string]> {
  const prefix = newPrefix();
  const connect = (): Promise<RedisStore> => connectedStore(server.port, { timeoutMs, prefix });
  const stores = await Promise.all(Array.from({ length: count }, connect));
  return [stores.map(({ held }) => held), prefix];
}

describeWithRedis('held messages in Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  describeHeldStore('redisStore.held', async () => (await processes(1))[0][0] as HeldStore);

  describe('between processes', () => {
    it('are one queue, in order, with one message per reference', async () => {
      const [[one, two]] = await processes(2);
      const messages = [await park(one, waiting()), await park(two, waiting()), await park(one, waiting())] as const;
      expect(await two?.list(windowKey())).toEqual(messages);
      expect(await two?.add(waiting({ reference: messages[0].reference }), 20)).toEqual(messages[0]);
      expect(await two?.add(waiting(), 3)).toBe('full');
      expect(await two?.windows(windowKey().workspaceId)).toEqual([windowKey()]);
      await two?.remove(messages[0]);
      expect(await one?.list(windowKey())).toEqual(messages.slice(1));
    });

    it('one of several processes that add the same reference at once adds it', async () => {
      const [stores] = await processes(4);
      const added = await Promise.all(stores.map((store) => store.add(waiting({ reference: 'order-1' }), 20)));
      expect(added.filter((one) => one === 'added')).toHaveLength(1);
      const [first] = (await stores[added.indexOf('added')]?.list(windowKey())) ?? [];
      for (const same of added.filter((one) => one !== 'added')) expect(same).toEqual(first);
    });

    it('are not listed for other processes while undecided, nor are later messages', async () => {
      const [[one, two]] = await processes(2);
      const messages = [await park(one, waiting()), waiting(), waiting()] as const;
      await one?.add(messages[1], 20);
      await park(two, messages[2]);
      expect(await two?.list(windowKey())).toEqual([messages[0]]);
      expect(await one?.list(windowKey())).toEqual(messages);
      await one?.settle?.(messages[1], true);
      expect(await two?.list(windowKey())).toEqual(messages);
    });

    it('are removed without a trace if the request is stopped', async () => {
      const [[one, two], prefix] = await processes(2);
      const message = waiting();
      await one?.add(message, 20);
      expect(await one?.settle?.(message, false)).toBe(false);
      expect(await one?.settle?.(message, true)).toBe(false);
      expect([await one?.list(windowKey()), await two?.windows(message.workspaceId)]).toEqual([[], []]);
      expect((await server.client.keys(`${prefix}h*`)).filter((name) => name !== `${prefix}hs`)).toEqual([]);
    });

    it('wait though one request is stopped, if another one has confirmed them', async () => {
      const [[one, two]] = await processes(2);
      const message = waiting();
      await one?.add(message, 20);
      expect(await two?.add(waiting({ reference: message.reference }), 20)).toEqual(message);
      await two?.settle?.(message, true);
      expect(await one?.settle?.(message, false)).toBe(true);
      expect(await two?.list(windowKey())).toEqual([message]);
    });

    it('count as settled if they were released just now', async () => {
      const [[one, two]] = await processes(2);
      const message = await park(one, waiting());
      await two?.remove(message);
      expect(await one?.settle?.(message, true)).toBe(true);
      expect(await one?.settle?.(message, false)).toBe(false);
      expect(await one?.settle?.(waiting(), true)).toBe(false);
    });

    it('are confirmed by themselves a minute after the process that added them has died', async () => {
      const [[one, two], prefix] = await processes(2);
      const message = waiting();
      await one?.add(message, 20);
      const entry = JSON.parse((await server.client.hVals(await keyOf(server, prefix, 'r')))[0] ?? '');
      expect(entry.u - Date.now()).toBeGreaterThan(MINUTE / 2);
      expect(entry.u - Date.now()).toBeLessThanOrEqual(MINUTE);
      expect(await two?.list(windowKey())).toEqual([]);
      await endMinute(server, prefix);
      expect(await two?.list(windowKey())).toEqual([message]);
    });

    it('are locked for one process until it unlocks the queue or the lock expires', async () => {
      const [[one, two], prefix] = await processes(2);
      expect(await one?.lock(windowKey(), 'one', Date.now() + MINUTE)).toBe(true);
      expect(await two?.lock(windowKey(), 'two', Date.now() + MINUTE)).toBe(false);
      await two?.unlock(windowKey(), 'two');
      expect(await two?.lock(windowKey(), 'two', Date.now() + MINUTE)).toBe(false);
      expect(await one?.lock(windowKey(), 'one', Date.now() + 5 * MINUTE)).toBe(true);
      expect(await server.client.pTTL(await keyOf(server, prefix, 'l'))).toBeGreaterThan(4 * MINUTE);
      await one?.lock(windowKey(), 'one', Date.now() + 20);
      await expect.poll(() => two?.lock(windowKey(), 'two', Date.now() + MINUTE), { interval: 5 }).toBe(true);
      expect(await one?.lock(windowKey(), 'one', Date.now() + MINUTE)).toBe(false);
    });

    it.each([
      ['has passed', -DAY, 1],
      ['is far ahead, by a wrong clock', 365 * DAY, 10 * MINUTE],
    ])('a lock whose end %s blocks nobody for long', async (_, ms, max) => {
      const [[one], prefix] = await processes(1);
      expect(await one?.lock(windowKey(), 'one', Date.now() + ms)).toBe(true);
      const [name] = await server.client.keys(`${prefix}hl:*`);
      expect(name === undefined ? 0 : await server.client.pTTL(name)).toBeLessThanOrEqual(max);
    });

    it('get one nudge, which is remembered for as long as the last of them waits', async () => {
      const [[one, two], prefix] = await processes(2);
      expect(await one?.claimNudge(windowKey())).toBe(true);
      const name = await keyOf(server, prefix, 'n');
      await server.client.pExpire(name, MINUTE);
      expect(await two?.claimNudge(windowKey())).toBe(false);
      expect(await server.client.pTTL(name)).toBeGreaterThan(30 * DAY);
      await two?.endNudge(windowKey());
      expect(await one?.claimNudge(windowKey())).toBe(true);
    });
  });

  it('are kept a week longer than the last of them waits', async () => {
    const [[one], prefix] = await processes(1);
    await park(one, waiting({ expiresAt: Date.now() + 3 * DAY }));
    await park(one, waiting({ expiresAt: Date.now() + DAY }));
    for (const kind of ['r', 'b', 'w']) {
      const lifeMs = await server.client.pTTL(await keyOf(server, prefix, kind));
      expect(lifeMs).toBeGreaterThan(10 * DAY - MINUTE);
      expect(lifeMs).toBeLessThanOrEqual(10 * DAY);
    }
  });

  describe('unreadable data', () => {
    /** A queue of two messages: the store, the second message, the prefix, and the fields of both. */
    async function queueOfTwo(): Promise<[HeldStore, HeldMessage, string, string[]]> {
      const [[one], prefix] = await processes(1);
      const first = await park(one, waiting());
      const bodies = await keyOf(server, prefix, 'b');
      const [field = ''] = await server.client.hKeys(bodies);
      const second = await park(one, waiting());
      const fields = [field, ...(await server.client.hKeys(bodies)).filter((other) => other !== field)];
      expect(await one?.list(windowKey())).toEqual([first, second]);
      return [one as HeldStore, second, prefix, fields];
    }

    it.each([
      ['another message of the queue', (bodies: string[]) => bodies[1] ?? ''],
      ['another version', ([body = '']: string[]) => flip(body, 0)],
      ['another text', ([body = '']: string[]) => flip(body, 20)],
      ['nothing', () => ''],
      ['text that is not base64', () => '💥'],
    ])('%s in place of a message does not block the others, and stays', async (_, change) => {
      const [store, second, prefix, fields] = await queueOfTwo();
      const bodies = await keyOf(server, prefix, 'b');
      const values = await Promise.all(fields.map((field) => server.client.hGet(bodies, field)));
      await server.client.hSet(bodies, fields[0] ?? '', change(values.map(String)));
      expect(await store.list(windowKey())).toEqual([second]);
      expect(await store.add(waiting(), 2)).toBe('full');
      await store.remove(second);
      expect(await store.windows(second.workspaceId)).toEqual([windowKey()]);
      expect(await server.client.hLen(bodies)).toBe(1);
    });

    it.each([
      '',
      'null',
      '[]',
      '{}',
      '{"v":2}',
      '{"v":1,"s":"waiting","r":"","w":""}',
      '{"v":1,"s":"offered","r":"","w":""}',
    ])('an entry %j counts and is not listed', async (entry) => {
      const [store, second, prefix, fields] = await queueOfTwo();
      await server.client.hSet(await keyOf(server, prefix, 'r'), fields[0] ?? '', entry);
      expect(await store.list(windowKey())).toEqual([second]);
      expect(await store.add(waiting(), 2)).toBe('full');
      expect(await store.add(waiting(), 3)).toBe('added');
    });

    it('a reference with an unreadable message cannot be held again', async () => {
      const [[one], prefix] = await processes(1);
      const message = await park(one, waiting());
      const bodies = await keyOf(server, prefix, 'b');
      await server.client.hSet(bodies, (await server.client.hKeys(bodies))[0] ?? '', 'x');
      await expect(one?.add(waiting({ reference: message.reference }), 20)).rejects.toThrow('has not kept');
    });

    it('is counted once per message, so that it can be logged (field B13)', async () => {
      const [[one], prefix] = await processes(1);
      for (const message of [waiting(), waiting(), waiting()]) await park(one, message);
      const bodies = await keyOf(server, prefix, 'b');
      const fields = await server.client.hKeys(bodies);
      for (const field of fields.slice(0, 2)) await server.client.hSet(bodies, field, 'x');
      for (let times = 0; times < 2; times += 1) expect(await one?.list(windowKey())).toHaveLength(1);
      expect(await one?.countUnreadable?.()).toBe(2);
    });

    it('among the windows does not hide the others', async () => {
      const [[one], prefix] = await processes(1);
      await park(one, waiting());
      await server.client.hSet(await keyOf(server, prefix, 'w'), 'x', 'y');
      expect(await one?.windows(windowKey().workspaceId)).toEqual([windowKey()]);
    });

    it('of another secret is not found, and is found again with that secret', async () => {
      const [[one], prefix] = await processes(1);
      const message = await park(one, waiting());
      const secret = `${SECRET}, another`;
      const other = (await connectedStore(server.port, { timeoutMs, prefix, secret })).held;
      expect([await other.list(windowKey()), await other.windows(message.workspaceId)]).toEqual([[], []]);
      expect([await other.countUnreadable?.(), await one?.countUnreadable?.()]).toEqual([1, 0]);
      const again = (await connectedStore(server.port, { timeoutMs, prefix })).held;
      expect(await again.list(windowKey())).toEqual([message]);
    });
  });

  it('are listed by a new store as soon as it is connected', async () => {
    const [[one], prefix] = await processes(1);
    const message = await park(one, waiting());
    const fresh = openStore(server.port, { timeoutMs, prefix }).held;
    expect(await fresh.list(windowKey())).toEqual([message]);
  });
});

/** Flips one bit of a base64 text. */
function flip(text: string, index: number): string {
  const bytes = Buffer.from(text, 'base64');
  bytes.writeUInt8(bytes.readUInt8(index) ^ 2, index);
  return bytes.toString('base64');
}
