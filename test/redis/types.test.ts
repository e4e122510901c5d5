import type { Store } from 'freeform-guard';
import { type RedisClient, type RedisStore, redisStore } from 'freeform-guard/redis';
import { createClient, type RedisClientType } from 'redis';
import { createClient as createClient5, type RedisClientType as RedisClientType5 } from 'redis5';
import { expectTypeOf, it } from 'vitest';

it('accepts the clients of node-redis, and returns a store', () => {
  const anyClient: RedisClientType = createClient() as never;
  const anyClient5: RedisClientType5 = createClient5() as never;
  // One by one: the type of a list of them would cost the compiler two seconds.
  expectTypeOf(createClient()).toExtend<RedisClient>();
  expectTypeOf(createClient({ RESP: 2 })).toExtend<RedisClient>();
  expectTypeOf(createClient({ url: 'redis://localhost', name: 'app' })).toExtend<RedisClient>();
  expectTypeOf(anyClient).toExtend<RedisClient>();
  expectTypeOf(createClient5()).toExtend<RedisClient>();
  expectTypeOf(createClient5({ RESP: 3 })).toExtend<RedisClient>();
  expectTypeOf(anyClient5).toExtend<RedisClient>();
  expectTypeOf(redisStore).returns.toEqualTypeOf<RedisStore>();
  expectTypeOf<RedisStore>().toExtend<Store>();
});
