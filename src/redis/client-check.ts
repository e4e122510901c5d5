import { isObject } from '../core/option-checks.js';
import type { RedisClient } from './client.js';

const RULE = 'redisStore: client must be a client of the package redis, version 5 or 6, by createClient()';

/** What else somebody may have at hand, by what only that has. */
const others: readonly (readonly [what: string, isIt: (client: object) => boolean])[] = [
  ['a client of ioredis or iovalkey', (client) => 'call' in client && 'status' in client],
  ['a client of redis 4', (client) => 'v4' in client],
  ['a client of redis 3 or older', (client) => 'send_command' in client],
  ['a cluster', (client) => 'duplicate' in client && 'sendCommand' in client && !('unref' in client)],
  ['a pool', (client) => !('duplicate' in client) && 'destroy' in client && 'sendCommand' in client],
];

/**
 * Refuses what the store could not work with, by what it is and what to pass instead.
 *
 * @throws {TypeError}
 */
export function checkRedisClient(client: unknown): asserts client is RedisClient {
  if (!isObject(client)) throw new TypeError(`${RULE}; received ${client === null ? 'null' : typeof client}`);
  const [what] = others.find(([, isIt]) => isIt(client)) ?? [];
  if (what !== undefined) throw new TypeError(`${RULE}, and not ${what}`);
  const missing = ['duplicate', 'on'].find((name) => typeof Reflect.get(client, name) !== 'function');
  if (missing !== undefined) throw new TypeError(`${RULE}; this has no method ${missing}`);
}
