/**
 * A store that several processes share through Redis or Valkey.
 *
 * @module freeform-guard/redis
 */

import { randomBytes } from 'node:crypto';
import type { Fleet, HeldStore, Store } from '../ports.js';
import type { RedisClient } from './client.js';
import { checkRedisClient } from './client-check.js';
import { RedisLink } from './connection.js';
import { RedisFleet } from './fleet/redis-fleet.js';
import { RedisHeld } from './held/redis-held-store.js';
import { Seal } from './held/seal.js';
import { RedisNames } from './keys.js';
import { type RedisStoreOptions, resolveRedisOptions } from './options.js';
import { RedisWindows } from './windows/redis-windows.js';
import { TieredStore } from './windows/tiered-store.js';

export type { RedisClient } from './client.js';
export type { RedisStoreOptions } from './options.js';

/** A store that processes share through Redis. */
export interface RedisStore extends Store {
  /** How the processes share Bird's limit of reads, and the reads themselves. */
  readonly fleet: Fleet;
  /**
   * Where messages wait that any of the processes releases, once: `holdUntilReply({ store: store.held })`. They are
   * encrypted, and nothing in Redis says whose they are. They are as durable as Redis: it needs `appendonly yes` and
   * `maxmemory-policy noeviction`. While Redis is away methods reject, and messages take the next way out. A message that
   * cannot be decrypted or read stays where it is and is not listed; with another `secret` nothing of before is found.
   */
  readonly held: HeldStore;
  /** Closes the store's own connection, as the end of the client does. A guard goes on with its memory alone. */
  close(): void;
}

/**
 * What all processes know, kept in Redis 6.2 or later, or in Valkey, with this process's memory in front of it. It opens
 * a connection of its own with the settings of `client`, which may stay unconnected, and closes it when the client ends.
 * Redis is never waited for longer than 50 ms, and while it is away the memory goes on alone.
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
  const { secret, prefix, max, instances, longestWindowMs, patienceMs, clock } = resolveRedisOptions(options);
  const names = new RedisNames(prefix, secret);
  const writer = randomBytes(6).toString('base64url');
  const link = new RedisLink({ client, toldPrefix: names.toldPrefix, patienceMs });
  const parts = { link, names, writer, now: () => clock.now() };
  const seal = new Seal(secret, 'freeform-guard held messages');
  const shared = new RedisWindows({ ...parts, longestWindowMs });
  const fleet = new RedisFleet({ ...parts, instances, patienceMs: patienceMs / 2 });
  const windows = max === 0 ? directly(shared) : new TieredStore({ shared, max, now: parts.now });
  return {
    get: (key) => windows.get(key),
    merge: (key, evidence) => windows.merge(key, evidence),
    forget: (target) => windows.forget(target),
    fleet,
    held: new RedisHeld({ ...parts, seal, patienceMs }),
    close: () => link.close(),
  };
}

/** Without a memory in front. */
function directly(shared: RedisWindows): Store {
  return {
    get: (key) => shared.read(key).then(({ evidence }) => evidence),
    merge: (key, evidence) => shared.merge(key, evidence).then(() => undefined),
    forget: (target) => shared.forget(target),
  };
}
