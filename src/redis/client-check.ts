import { isObject, kindOf } from '../core/option-checks.js';
import type { RedisClient } from './client.js';

const RULE = 'redisStore: client must be a client of the package redis, version 5 or 6, by createClient()';

/** Other clients, each recognised by a member that only it has. */
const others: readonly (readonly [name: string, matches: (client: object) => boolean])[] = [
  ['a client of ioredis or iovalkey', (client) => 'call' in client && 'status' in client],
  ['a client of redis 4', (client) => 'v4' in client],
  ['a client of redis 3 or older', (client) => 'send_command' in client],
  ['a cluster', (client) => 'duplicate' in client && 'sendCommand' in client && !('unref' in client)],
  ['a pool', (client) => !('duplicate' in client) && 'destroy' in client && 'sendCommand' in client],
];

/**
 * Refuses a client that the store cannot use. The error says what it is and what to pass instead.
 *
 * @throws {TypeError}
 */
export function checkRedisClient(client: unknown): asserts client is RedisClient {
  if (!isObject(client)) throw new TypeError(`${RULE}; received ${kindOf(client)}`);
  const [name] = others.find(([, matches]) => matches(client)) ?? [];
  if (name !== undefined) throw new TypeError(`${RULE}; received ${name}`);
  const missing = ['duplicate', 'on'].find((method) => typeof Reflect.get(client, method) !== 'function');
  if (missing !== undefined) throw new TypeError(`${RULE}; the given client has no method ${missing}`);
}
