import { redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeStore } from '../contracts/store.contract.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { connectedStore, newPrefix, SECRET, timeoutMs } from './support.js';

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
  it('leaves no listener on the client when it is closed', () => {
    const client = createClient({ socket: { host: '127.0.0.1', port: server.port } });
    for (let count = 0; count < 3; count += 1) redisStore(client, { secret: SECRET, prefix: newPrefix() }).close();
    expect(client.listenerCount('end')).toBe(0);
  });

  describeStore('redisStore', () => connectedStore(server.port, { clock, timeoutMs, prefix: newPrefix() }));
});
