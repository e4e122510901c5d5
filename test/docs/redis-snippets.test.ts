import type { Guard, Store } from 'freeform-guard';
import { type RedisStore, redisStore } from 'freeform-guard/redis';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { expect, it, onTestFinished } from 'vitest';
import { ioredisStore } from '../../examples/ioredis-store.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';
import { createWorld } from '../support/world.js';
import { namesFor } from './local-bird.js';
import { codeBlocks, readProjectFile, section } from './markdown.js';
import { run, withoutImports } from './snippets.js';

/** What the blocks import, closed after the test. */
const imported = {
  createClient,
  redisStore: (...given: Parameters<typeof redisStore>): RedisStore => {
    const store = redisStore(...given);
    onTestFinished(() => store.close());
    return store;
  },
  Redis,
  ioredisStore: (redis: Redis, secret: string): Store => {
    onTestFinished(() => redis.disconnect());
    return ioredisStore(redis, secret);
  },
};

describeWithRedis('a guard over a Redis', () => {
  it.each([
    ['docs/scaling.md', 'Several processes', 0, 'block'],
    ['docs/rerouting.md', 'In Redis', 0, 'hold'],
    ['docs/writing-a-store.md', 'A store of your own', 1, 'block'],
  ])('as %s has it under "%s", block %i, decides', async (page, heading, index, action) => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const world = await createWorld();
    const code = withoutImports(codeBlocks(section(readProjectFile(page), heading), 'ts')[index] ?? '');
    const url = `redis://127.0.0.1:${server.port}`;
    const names = { ...namesFor(world), ...imported, secret: 'a secret of this deployment', url };
    const { guard } = await run<{ guard: Guard }>(code, names, ['guard']);
    const decided = async (): Promise<string> => {
      // The reads of a clock that stands still are soon spent.
      world.sandbox.clock.advance({ seconds: 1 });
      return (await guard.check(world.send())).action;
    };
    // It connects meanwhile.
    await expect.poll(decided).toBe(action);
  });
});
