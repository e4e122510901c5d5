/**
 * A store that several processes share through Redis or Valkey.
 *
 * @module freeform-guard/redis
 */

import { systemClock } from '../clock.js';
import type { RedisClient } from './client.js';
import { checkRedisClient } from './client-check.js';
import { type RedisStoreOptions, resolveRedisOptions } from './options.js';
import { openSharedStore, type RedisStore } from './shared-store.js';

export type { RedisClient } from './client.js';
export type { RedisStoreOptions } from './options.js';
export type { RedisStore } from './shared-store.js';

/**
 * Creates a store that shares windows through Redis 6.2 or later, or Valkey, behind this process's memory. It opens its
 * own connection with the settings of `client`, which may stay unconnected, and closes it when the client ends. A
 * decision waits at most 50 ms for Redis; while Redis is unavailable, memory is used alone.
 *
 * @param client of the package `redis`, version 5 or 6
 * @throws {TypeError} for another client, a misspelt option or a wrong type; {RangeError} for a value out of range
 *
 * @example
 * const store = redisStore(createClient({ url }), { secret });
 * const guard = createGuard({ workspaces, store });
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions): RedisStore {
  checkRedisClient(client);
  const { clock, ...resolved } = resolveRedisOptions(options);
  // How long Redis takes is a matter of real time, whatever the guard's clock shows.
  const realTime = { ...systemClock, monotonic: systemClock.monotonic ?? systemClock.now };
  return openSharedStore(client, { ...resolved, clock: { ...realTime, now: () => clock.now() } });
}
