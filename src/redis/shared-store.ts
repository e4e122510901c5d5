import { randomBytes } from 'node:crypto';
import type { StoreHealth } from '../core/store-health.js';
import type { Clock, Fleet, Store } from '../ports.js';
import type { HeldStore } from '../stores/held-store.js';
import { noteSize } from '../stores/memory-store.js';
import type { RedisClient } from './client.js';
import { RedisConnection } from './connection.js';
import { RedisFleet } from './fleet/redis-fleet.js';
import { RedisHeldStore } from './held/redis-held-store.js';
import { Seal } from './held/seal.js';
import { RedisKeys } from './keys.js';
import type { ResolvedRedisOptions } from './options.js';
import { RedisWindows } from './windows/redis-windows.js';
import { TieredStore } from './windows/tiered-store.js';

/** A store that processes share through Redis. */
export interface RedisStore extends Store {
  /** How processes share Bird's read limit and the reads themselves. */
  readonly fleet: Fleet;
  /**
   * Where held messages wait for any process to release them, once: `holdUntilReply({ store: store.held })`. They are
   * encrypted, and Redis cannot tell whose they are. They are as durable as Redis: use `appendonly yes` and
   * `maxmemory-policy noeviction`. While Redis is unavailable, methods reject, and the next reroute policy is tried. A
   * message that cannot be decrypted or read stays in place and is not listed. With another `secret`, earlier messages
   * are not found.
   */
  readonly held: HeldStore;
  /** Whether Redis answers, and why not: `access_denied` is a wrong password, for instance. Asks nobody. */
  health(): StoreHealth;
  /** Closes the store's connection, as the end of the client does. A guard continues with memory alone. */
  close(): void;
}

export interface SharedStoreOptions extends Omit<ResolvedRedisOptions, 'clock'> {
  /** Its wall time is the guard's. Its timers and its monotonic clock are for Redis: how long it takes, and who is alive. */
  readonly clock: Required<Clock>;
}

/** Puts the store together. Whatever it does takes its time from the clock. */
export function openSharedStore(client: RedisClient, options: SharedStoreOptions): RedisStore {
  const { secret, prefix, max, instances, longestWindowMs, timeoutMs, clock } = options;
  const keys = new RedisKeys(prefix, secret);
  const writer = randomBytes(6).toString('base64url');
  const connection = new RedisConnection({ client, notificationPrefix: keys.notificationPrefix, timeoutMs, clock });
  const parts = { connection, keys, writer, clock, now: () => clock.now() };
  const seal = new Seal(secret, 'freeform-guard held messages');
  const remote = new RedisWindows({ ...parts, longestWindowMs });
  const fleet = new RedisFleet({ ...parts, instances, timeoutMs: timeoutMs / 2 });
  const windows = max === 0 ? withoutMemory(remote) : new TieredStore({ remote, max, now: parts.now });
  const store: RedisStore = {
    get: (key) => windows.get(key),
    merge: (key, evidence) => windows.merge(key, evidence),
    forget: (target) => windows.forget(target),
    health: () => healthOf(connection),
    fleet,
    held: new RedisHeldStore({ ...parts, seal, timeoutMs }),
    close: () => connection.close(),
  };
  noteSize(store, max);
  return store;
}

function healthOf({ problem }: RedisConnection): StoreHealth {
  return problem === undefined ? { reachable: true } : { reachable: false, reason: problem };
}

function withoutMemory(remote: RedisWindows): Store {
  return {
    get: (key) => remote.read(key).then(({ evidence }) => evidence),
    merge: (key, evidence) => remote.merge(key, evidence).then(() => undefined),
    forget: (target) => remote.forget(target),
  };
}
