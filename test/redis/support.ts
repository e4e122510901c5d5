import { type RedisClient, type RedisStore, type RedisStoreOptions, redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { expect, onTestFinished } from 'vitest';
import type { Clock, WindowKey } from '../../src/ports.js';

export const SECRET = 'a secret of this deployment';

/** For tests in which Redis is well: how long it takes is then the machine's affair. */
export const timeoutMs = 10_000;

/** Real time, in which Redis lives. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  monotonic: () => performance.now(),
};

let stores = 0;

/**
 * A store of a process of its own, connected; closed when the test ends, or with what else `onEnd` calls.
 */
export async function connectedStore(
  port: number,
  options: Partial<RedisStoreOptions> = {},
  onEnd: (close: () => void) => void = onTestFinished,
): Promise<RedisStore> {
  const store = openStore(port, options, onEnd);
  // What it is told arrives in Redis as soon as it is connected.
  const isThere = (): Promise<boolean> =>
    Promise.resolve(store.merge(probe, { readAt: 1 })).then(
      () => true,
      () => false,
    );
  await expect.poll(isThere, { interval: 2 }).toBe(true);
  return store;
}

/** A store that may or may not reach its Redis. */
export function openStore(
  port: number,
  options: Partial<RedisStoreOptions> = {},
  onEnd: (close: () => void) => void = onTestFinished,
): RedisStore {
  return storeOf(createClient({ socket: { host: '127.0.0.1', port } }), options, onEnd);
}

/** A store with the settings of a client, of whatever version. */
export function storeOf(
  client: RedisClient & { on(event: 'error', listener: () => void): unknown },
  options: Partial<RedisStoreOptions> = {},
  onEnd: (close: () => void) => void = onTestFinished,
): RedisStore {
  client.on('error', () => {});
  const store = redisStore(client, { secret: SECRET, ...options });
  onEnd(() => store.close());
  return store;
}

/** A prefix that no other test uses. */
export function newPrefix(): string {
  stores += 1;
  return `test-${process.pid}-${stores}:`;
}

/** A window of no interest. */
export const probe: WindowKey = { workspaceId: 'probe', channelId: 'probe', address: 'probe' };
