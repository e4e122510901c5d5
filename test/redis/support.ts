import { type RedisClient, type RedisStore, type RedisStoreOptions, redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { expect, onTestFinished } from 'vitest';
import type { Clock, WindowKey } from '../../src/ports.js';

export const SECRET = 'a secret of this deployment';

/** For tests without a slow Redis. A busy machine must not make them fail. */
export const timeoutMs = 10_000;

/** Real time, as Redis has it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  monotonic: () => performance.now(),
};

let prefixes = 0;

/** A connected store, as another process would have. It is closed when the test ends, or when `onEnd` says. */
export async function connectedStore(
  port: number,
  options: Partial<RedisStoreOptions> = {},
  onEnd: (close: () => void) => void = onTestFinished,
): Promise<RedisStore> {
  const store = openStore(port, options, onEnd);
  // Writes succeed as soon as the store is connected.
  const isConnected = (): Promise<boolean> =>
    Promise.resolve(store.merge(probe, { readAt: 1 })).then(
      () => true,
      () => false,
    );
  await expect.poll(isConnected, { interval: 2 }).toBe(true);
  return store;
}

/** A store that may not be connected yet, or never. */
export function openStore(
  port: number,
  options: Partial<RedisStoreOptions> = {},
  onEnd: (close: () => void) => void = onTestFinished,
): RedisStore {
  return storeOf(createClient({ socket: { host: '127.0.0.1', port } }), options, onEnd);
}

/** A store with the settings of a client, of any version. */
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

/** A prefix of keys that no other test uses. */
export function newPrefix(): string {
  prefixes += 1;
  return `test-${process.pid}-${prefixes}:`;
}

/** A window that no test looks at. */
export const probe: WindowKey = { workspaceId: 'probe', channelId: 'probe', address: 'probe' };
