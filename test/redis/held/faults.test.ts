import type { HeldStore } from 'freeform-guard';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ConnectionListener, RedisUnavailable } from '../../../src/redis/connection.js';
import { RedisHeldStore, type RedisHeldStoreParts } from '../../../src/redis/held/redis-held-store.js';
import { confirmScript } from '../../../src/redis/held/scripts.js';
import { Seal } from '../../../src/redis/held/seal.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { windowKey } from '../../contracts/held-store.contract.js';
import { endMinute, MINUTE, park, resultOrUnavailable, waiting } from '../../stores/held-support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { connectedStore, newPrefix, openStore, SECRET, timeoutMs } from '../support.js';

let server: RedisServer;

/** Loads the scripts into Redis, so that each run is one command from then on. */
async function loadScripts(store: HeldStore): Promise<void> {
  await store.remove(await park(store, waiting()));
  await store.list(windowKey());
}

describeWithRedis('held messages over a faulty Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  describe('while Redis does not reply in time', () => {
    /** A process behind a proxy, and one without. A reply that takes longer than the timeout has failed. */
    async function behindProxy(): Promise<[HeldStore, HeldStore, TcpProxy, string]> {
      const proxy = await startProxy(server.port);
      onTestFinished(() => proxy.close());
      const prefix = newPrefix();
      const slow = await connectedStore(proxy.port, { timeoutMs: 200, prefix });
      const other = await connectedStore(server.port, { timeoutMs, prefix });
      await loadScripts(other.held);
      return [slow.held, other.held, proxy, prefix];
    }

    /** The states of the entries in the only queue. */
    const states = async (prefix: string): Promise<string[]> => {
      const [queue] = await server.client.keys(`${prefix}hr:*`);
      return (queue === undefined ? [] : await server.client.hVals(queue)).map((entry) => JSON.parse(entry).s);
    };

    it('an offer without a reply is not listed, and expires by itself', async () => {
      const [slow, other, proxy, prefix] = await behindProxy();
      proxy.set({ delayMs: 220 });
      expect(await resultOrUnavailable(slow.add(waiting(), 20))).toBe('unavailable');
      await expect.poll(() => states(prefix), { interval: 5 }).toEqual(['offered']);
      proxy.set('pass');
      expect([await other.list(windowKey()), await other.windows(windowKey().workspaceId)]).toEqual([[], []]);
      expect(await other.add(waiting(), 1)).toBe('full');
      await endMinute(server, prefix);
      const next = await park(other, waiting());
      expect(await other.list(windowKey())).toEqual([next]);
      expect(await states(prefix)).toEqual(['waiting']);
    });

    it('a message that was added without a reply is removed, and no process releases it before', async () => {
      const [slow, other, proxy, prefix] = await behindProxy();
      const before = await park(other, waiting());
      proxy.set({ deafAfter: confirmScript.sha });
      // Repeated until a message gets that far.
      const statesAfterAnother = async (): Promise<string[]> => {
        expect(await resultOrUnavailable(slow.add(waiting(), 20))).toBe('unavailable');
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

  describe('whatever command or reply is lost', () => {
    /** A process whose nth command, or the reply to it, is lost. The returned function recovers its connection. */
    function lossyProcess(prefix: string, lost: 'command' | 'reply', nth: number): [HeldStore, () => unknown] {
      const listeners: ConnectionListener[] = [];
      let sent = 0;
      const connection: RedisHeldStoreParts['connection'] = {
        firstAttempt: Promise.resolve(),
        listen: (listener) => void listeners.push(listener),
        send: async (args) => {
          sent += 1;
          const isLost = sent === nth;
          if (isLost && lost === 'command') throw new RedisUnavailable();
          const reply: unknown = await server.client.sendCommand(args);
          if (isLost) throw new RedisUnavailable();
          return reply;
        },
      };
      const keys = new RedisKeys(prefix, SECRET);
      const seal = new Seal(SECRET, 'freeform-guard held messages');
      const store = new RedisHeldStore({ connection, keys, seal, writer: 'lossy', now: () => Date.now(), timeoutMs });
      return [store, () => listeners.map(({ onReady }) => onReady())];
    }

    /** The result that a request gets, whatever was lost during it. */
    async function request(store: HeldStore, isUsed: boolean): Promise<'held' | 'not held'> {
      const message = waiting();
      if ((await resultOrUnavailable(store.add(message, 20))) !== 'added') return 'not held';
      await resultOrUnavailable(store.settle?.(message, isUsed));
      return isUsed ? 'held' : 'not held';
    }

    const cases = (['command', 'reply'] as const).flatMap((lost) =>
      [1, 2, 3, 4].flatMap((nth) => [true, false].map((isUsed) => [lost, nth, isUsed] as const)),
    );

    it.each(cases)('%s %i, where the request is held: %s', async (lost, nth, isUsed) => {
      const prefix = newPrefix();
      const [store, recover] = lossyProcess(prefix, lost, nth);
      const [other] = lossyProcess(prefix, lost, Number.POSITIVE_INFINITY);
      await loadScripts(other);
      const result = await request(store, isUsed);
      recover();
      const isLeft = async (): Promise<boolean> => {
        await endMinute(server, prefix);
        return (await other.list(windowKey())).length > 0;
      };
      await expect.poll(isLeft, { interval: 1 }).toBe(result === 'held');
      expect(await isLeft()).toBe(result === 'held');
    });

    it.each(['command', 'reply'] as const)('the %s of what removes a message', async (lost) => {
      const prefix = newPrefix();
      const [other] = lossyProcess(prefix, lost, Number.POSITIVE_INFINITY);
      const [store, recover] = lossyProcess(prefix, lost, 1);
      const message = await park(other, waiting());
      expect(await resultOrUnavailable(store.remove(message))).toBe('unavailable');
      recover();
      await expect.poll(() => other.windows(message.workspaceId), { interval: 1 }).toEqual([]);
    });
  });

  it('are refused at once without Redis', async () => {
    const store = openStore(1).held;
    expect(await resultOrUnavailable(store.windows(windowKey().workspaceId))).toBe('unavailable');
    const calls: unknown[] = [
      store.add(waiting(), 20),
      store.list(windowKey()),
      store.remove(waiting()),
      store.lock(windowKey(), 'one', Date.now() + MINUTE),
      store.claimNudge(windowKey()),
      store.endNudge(windowKey()),
      store.settle?.(waiting(), true),
    ];
    for (const call of calls) expect(await resultOrUnavailable(call)).toBe('unavailable');
  });

  it('can be removed from a full Redis', async () => {
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
