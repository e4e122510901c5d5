import type { Store } from 'freeform-guard';
import { type RedisClient, type RedisStore, redisStore } from 'freeform-guard/redis';
import { createClient, type RedisClientType } from 'redis';
import { expectTypeOf, it } from 'vitest';

it('takes the clients that node-redis makes, and gives a store', () => {
  const clients = [createClient(), createClient({ RESP: 2 }), createClient({ url: 'redis://localhost', name: 'app' })];
  const anyClient: RedisClientType = createClient() as never;
  const all: readonly RedisClient[] = [...clients, anyClient];
  expectTypeOf(all).items.toEqualTypeOf<RedisClient>();
  expectTypeOf(redisStore).returns.toEqualTypeOf<RedisStore>();
  expectTypeOf<RedisStore>().toExtend<Store>();
});
