import type { HeldStore } from 'freeform-guard';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ConnectionListener, RedisUnavailable } from '../../../src/redis/connection.js';
import { RedisHeldStore, type RedisHeldStoreParts } from '../../../src/redis/held/redis-held-store.js';
import { confirmScript } from '../../../src/redis/held/scripts.js';
import { Seal } from '../../../src/redis/held/seal.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { windowKey } from '../../contracts/held-store.contract.js';
import { endMinute, MINUTE, park, settledOrAway, waiting } from '../../stores/held-support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { connectedStore, newPrefix, openStore, SECRET, timeoutMs } from '../support.js';

let server: RedisServer;

/** Has Redis know the scripts, so that from then on each is one command. */
async function loadScripts(store: HeldStore): Promise<void> {
  await store.remove(await park(store, waiting()));
  await store.list(windowKey());
}

describeWithRedis('held messages in a Redis in trouble', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  describe('while Redis does not answer in time', () => {
    /** A process behind a proxy, and one that is not. Answers that take longer than its patience have failed. */
    async function behindProxy(): Promise<[HeldStore, HeldStore, TcpProxy, string]> {
      const proxy = await startProxy(server.port);
      onTestFinished(() => proxy.close());
      const prefix = newPrefix();
      const slow = await connectedStore(proxy.port, { timeoutMs: 200, prefix });
      const other = await connectedStore(server.port, { timeoutMs, prefix });
      await loadScripts(other.held);
      return [slow.held, other.held, proxy, prefix];
    }

    /** What a message's entry says, once it is there. */
    const states = async (prefix: string): Promise<string[]> => {
      const [row] = await server.client.keys(`${prefix}hr:*`);
      return (row === undefined ? [] : await server.client.hVals(row)).map((entry) => JSON.parse(entry).s);
    };

    it('what was offered without an answer was promised to nobody, and goes by itself', async () => {
      const [slow, other, proxy, prefix] = await behindProxy();
      proxy.set({ delayMs: 220 });
      expect(await settledOrAway(slow.add(waiting(), 20))).toBe('away');
      await expect.poll(() => states(prefix), { interval: 5 }).toEqual(['offered']);
      proxy.set('pass');
      expect([await other.list(windowKey()), await other.windows(windowKey().workspaceId)]).toEqual([[], []]);
      expect(await other.add(waiting(), 1)).toBe('full');
      await endMinute(server, prefix);
      const next = await park(other, waiting());
      expect(await other.list(windowKey())).toEqual([next]);
      expect(await states(prefix)).toEqual(['waiting']);
    });

    it('what was put there without an answer is taken back, and released by nobody before it is', async () => {
      const [slow, other, proxy, prefix] = await behindProxy();
      const before = await park(other, waiting());
      proxy.set({ deafAfter: confirmScript.sha });
      // Until one gets as far as that.
      const statesAfterAnother = async (): Promise<string[]> => {
        expect(await settledOrAway(slow.add(waiting(), 20))).toBe('away');
        return states(prefix);
      };
      await expect.poll(statesAfterAnother, { interval: 5 }).toContain('undecided');
      await park(other, waiting({ reference: 'behind it' }));
      expect(await other.list(windowKey())).toEqual([before]);
      proxy.set('pass');
      const references = async (): Promise<string[]> =>
        (await other.list(windowKey())).map(({ reference }) => reference);
      await expect.poll(references, { interval: 5 }).toEqual([before.reference, 'behind it']);
      expect(await states(prefix)).not.toContain('undecided');
    });
  });

  describe('whatever is lost on the way', () => {
    /** A process of which the nth command, or its answer, is lost; and whose connection is well again afterwards. */
    function lossyProcess(prefix: string, lost: 'command' | 'answer', nth: number): [HeldStore, () => unknown] {
      const listeners: ConnectionListener[] = [];
      let asked = 0;
      const link: RedisHeldStoreParts['link'] = {
        tried: Promise.resolve(),
        listen: (events) => void listeners.push(events),
        ask: async (args) => {
          asked += 1;
          const isLost = asked === nth;
          if (isLost && lost === 'command') throw new RedisUnavailable();
          const reply: unknown = await server.client.sendCommand(args);
          if (isLost) throw new RedisUnavailable();
          return reply;
        },
      };
      const names = new RedisKeys(prefix, SECRET);
      const seal = new Seal(SECRET, 'freeform-guard held messages');
      const store = new RedisHeldStore({ link, names, seal, writer: 'lossy', now: () => Date.now(), timeoutMs });
      return [store, () => listeners.map(({ onReady }) => onReady())];
    }

    /** What a request was told, whatever was lost while it was decided. */
    async function request(store: HeldStore, isUsed: boolean): Promise<'held' | 'not held'> {
      const message = waiting();
      if ((await settledOrAway(store.add(message, 20))) !== 'added') return 'not held';
      await settledOrAway(store.settle?.(message, isUsed));
      return isUsed ? 'held' : 'not held';
    }

    const cases = (['command', 'answer'] as const).flatMap((lost) =>
      [1, 2, 3, 4].flatMap((nth) => [true, false].map((isUsed) => [lost, nth, isUsed] as const)),
    );

    it.each(cases)('the %s of command %i, of a request that is to wait: %s', async (lost, nth, isUsed) => {
      const prefix = newPrefix();
      const [store, goOn] = lossyProcess(prefix, lost, nth);
      const [other] = lossyProcess(prefix, lost, Number.POSITIVE_INFINITY);
      await loadScripts(other);
      const told = await request(store, isUsed);
      goOn();
      const isLeft = async (): Promise<boolean> => {
        await endMinute(server, prefix);
        return (await other.list(windowKey())).length > 0;
      };
      await expect.poll(isLeft, { interval: 1 }).toBe(told === 'held');
      expect(await isLeft()).toBe(told === 'held');
    });

    it.each(['command', 'answer'] as const)('the %s of what removes a message', async (lost) => {
      const prefix = newPrefix();
      const [other] = lossyProcess(prefix, lost, Number.POSITIVE_INFINITY);
      const [store, goOn] = lossyProcess(prefix, lost, 1);
      const message = await park(other, waiting());
      expect(await settledOrAway(store.remove(message))).toBe('away');
      goOn();
      await expect.poll(() => other.windows(message.workspaceId), { interval: 1 }).toEqual([]);
    });
  });

  it('are refused at once while there is no Redis', async () => {
    const store = openStore(1).held;
    expect(await settledOrAway(store.windows(windowKey().workspaceId))).toBe('away');
    const asked: unknown[] = [
      store.add(waiting(), 20),
      store.list(windowKey()),
      store.remove(waiting()),
      store.lock(windowKey(), 'one', Date.now() + MINUTE),
      store.claimNudge(windowKey()),
      store.endNudge(windowKey()),
      store.settle?.(waiting(), true),
    ];
    for (const work of asked) expect(await settledOrAway(work)).toBe('away');
  });

  it('can be removed from a Redis that is full', async () => {
    const full = await startRedis('--maxmemory-policy', 'noeviction');
    onTestFinished(() => full.stop());
    const { held } = await connectedStore(full.port, { timeoutMs });
    const message = await park(held, waiting());
    await full.client.configSet('maxmemory', '1');
    await expect(held.add(waiting(), 20)).rejects.toThrow();
    await held.remove(message);
    expect(await held.list(windowKey())).toEqual([]);
  });
});
