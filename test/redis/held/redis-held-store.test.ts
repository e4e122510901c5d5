import type { HeldStore } from 'freeform-guard';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeHeldStore, windowKey } from '../../contracts/held-store.contract.js';
import { endMinute, keyOf, MINUTE, park, waiting } from '../../stores/held-support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { openStore, timeoutMs } from '../support.js';
import { processes } from './support.js';

const DAY = 24 * 60 * MINUTE;

let server: RedisServer;

describeWithRedis('held messages in Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  describeHeldStore('redisStore.held', async () => (await processes(server, 1))[0][0] as HeldStore);

  describe('between processes', () => {
    it('are one queue, in order, with one message per reference', async () => {
      const [[one, two]] = await processes(server, 2);
      const messages = [await park(one, waiting()), await park(two, waiting()), await park(one, waiting())] as const;
      expect(await two?.list(windowKey())).toEqual(messages);
      expect(await two?.add(waiting({ reference: messages[0].reference }), 20)).toEqual(messages[0]);
      expect(await two?.add(waiting(), 3)).toBe('full');
      expect(await two?.windows(windowKey().workspaceId)).toEqual([windowKey()]);
      await two?.remove(messages[0]);
      expect(await one?.list(windowKey())).toEqual(messages.slice(1));
    });

    it('one of several processes that add the same reference at once adds it', async () => {
      const [stores] = await processes(server, 4);
      const added = await Promise.all(stores.map((store) => store.add(waiting({ reference: 'order-1' }), 20)));
      expect(added.filter((one) => one === 'added')).toHaveLength(1);
      const [first] = (await stores[added.indexOf('added')]?.list(windowKey())) ?? [];
      for (const same of added.filter((one) => one !== 'added')) expect(same).toEqual(first);
    });

    it('are not listed for other processes while undecided, nor are later messages', async () => {
      const [[one, two]] = await processes(server, 2);
      const messages = [await park(one, waiting()), waiting(), waiting()] as const;
      await one?.add(messages[1], 20);
      await park(two, messages[2]);
      expect(await two?.list(windowKey())).toEqual([messages[0]]);
      expect(await one?.list(windowKey())).toEqual(messages);
      await one?.settle?.(messages[1], true);
      expect(await two?.list(windowKey())).toEqual(messages);
    });

    it('are removed without a trace if the request is stopped', async () => {
      const [[one, two], prefix] = await processes(server, 2);
      const message = waiting();
      await one?.add(message, 20);
      expect(await one?.settle?.(message, false)).toBe(false);
      expect(await one?.settle?.(message, true)).toBe(false);
      expect([await one?.list(windowKey()), await two?.windows(message.workspaceId)]).toEqual([[], []]);
      expect((await server.client.keys(`${prefix}h*`)).filter((name) => name !== `${prefix}hs`)).toEqual([]);
    });

    it('wait though one request is stopped, if another one has confirmed them', async () => {
      const [[one, two]] = await processes(server, 2);
      const message = waiting();
      await one?.add(message, 20);
      expect(await two?.add(waiting({ reference: message.reference }), 20)).toEqual(message);
      await two?.settle?.(message, true);
      expect(await one?.settle?.(message, false)).toBe(true);
      expect(await two?.list(windowKey())).toEqual([message]);
    });

    it('count as settled if they were released just now', async () => {
      const [[one, two]] = await processes(server, 2);
      const message = await park(one, waiting());
      await two?.remove(message);
      expect(await one?.settle?.(message, true)).toBe(true);
      expect(await one?.settle?.(message, false)).toBe(false);
      expect(await one?.settle?.(waiting(), true)).toBe(false);
    });

    it('are confirmed by themselves a minute after the process that added them has died', async () => {
      const [[one, two], prefix] = await processes(server, 2);
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
      const [[one, two], prefix] = await processes(server, 2);
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
      const [[one], prefix] = await processes(server, 1);
      expect(await one?.lock(windowKey(), 'one', Date.now() + ms)).toBe(true);
      const [name] = await server.client.keys(`${prefix}hl:*`);
      expect(name === undefined ? 0 : await server.client.pTTL(name)).toBeLessThanOrEqual(max);
    });

    it('get one nudge, which is remembered for as long as the last of them waits', async () => {
      const [[one, two], prefix] = await processes(server, 2);
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
    const [[one], prefix] = await processes(server, 1);
    await park(one, waiting({ expiresAt: Date.now() + 3 * DAY }));
    await park(one, waiting({ expiresAt: Date.now() + DAY }));
    for (const kind of ['r', 'b', 'w']) {
      const lifeMs = await server.client.pTTL(await keyOf(server, prefix, kind));
      expect(lifeMs).toBeGreaterThan(10 * DAY - MINUTE);
      expect(lifeMs).toBeLessThanOrEqual(10 * DAY);
    }
  });

  it('are listed by a new store as soon as it is connected', async () => {
    const [[one], prefix] = await processes(server, 1);
    const message = await park(one, waiting());
    const fresh = openStore(server.port, { timeoutMs, prefix }).held;
    expect(await fresh.list(windowKey())).toEqual([message]);
  });
});
