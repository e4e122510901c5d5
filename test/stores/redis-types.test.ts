import type { Store } from 'freeform-guard';
import { type RedisClient, type RedisStore, redisStore } from 'freeform-guard/redis';
import { createClient, type RedisClientType } from 'redis';
import { createClient as createClient5, type RedisClientType as RedisClientType5 } from 'redis5';
import { expectTypeOf, it } from 'vitest';

it('takes the clients that node-redis makes, and gives a store', () => {
  const clients = [createClient(), createClient({ RESP: 2 }), createClient({ url: 'redis://localhost', name: 'app' })];
  const anyClient: RedisClientType = createClient() as never;
  const anyClient5: RedisClientType5 = createClient5() as never;
  const all: readonly RedisClient[] = [...clients, anyClient, createClient5(), createClient5({ RESP: 3 }), anyClient5];
  expectTypeOf(all).items.toEqualTypeOf<RedisClient>();
  expectTypeOf(redisStore).returns.toEqualTypeOf<RedisStore>();
  expectTypeOf<RedisStore>().toExtend<Store>();
});
