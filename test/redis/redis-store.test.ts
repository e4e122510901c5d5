import { afterAll, beforeAll } from 'vitest';
import { describeStore } from '../contracts/store.contract.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { connectedStore, newPrefix, timeoutMs } from './support.js';

let server: RedisServer;

/** The contract's instants are of this time. */
const clock = { now: (): number => Date.UTC(2026, 0, 5, 9) };

describeWithRedis('redisStore', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  describeStore('redisStore without a memory of its own', () =>
    connectedStore(server.port, { clock, timeoutMs, max: 0, prefix: newPrefix() }),
  );
  describeStore('redisStore', () => connectedStore(server.port, { clock, timeoutMs, prefix: newPrefix() }));
});
