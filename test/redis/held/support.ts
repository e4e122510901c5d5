import type { HeldStore } from 'freeform-guard';
import type { RedisStore } from 'freeform-guard/redis';
import type { RedisServer } from '../../support/redis-server.js';
import { connectedStore, newPrefix, timeoutMs } from '../support.js';

/** Processes that share held messages, and the prefix of their keys. */
export async function processes(server: RedisServer, count: number): Promise<[HeldStore[], string]> {
  const prefix = newPrefix();
  const connect = (): Promise<RedisStore> => connectedStore(server.port, { timeoutMs, prefix });
  const stores = await Promise.all(Array.from({ length: count }, connect));
  return [stores.map(({ held }) => held), prefix];
}
