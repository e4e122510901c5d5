import { createGuard, windowStatus } from 'freeform-guard';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { listen, openStream, queryOf } from '../../http/status/support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { createWorld, PHONE } from '../../support/world.js';
import { connectedStore, newPrefix, timeoutMs } from '../support.js';

describeWithRedis('a stream of windowStatus over Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  it('hears within 2 s, and without a read, of a customer who wrote to another process', async () => {
    const options = { prefix: newPrefix(), timeoutMs };
    const world = await createWorld({ guard: { store: await connectedStore(redis.port, options) } });
    const { workspace, channel, sandbox, workspaceOptions } = world;
    const other = createGuard({
      workspaces: { [workspace.id]: workspaceOptions },
      clock: sandbox.clock,
      store: await connectedStore(redis.port, options),
    });
    onTestFinished(() => void other.close());
    const client = await openStream(await listen(windowStatus(world.guard, { resolve: () => queryOf(world) })));
    const told = (): unknown[] => client.told.map(({ verdict }) => verdict);
    await expect.poll(told).toEqual(['deny']);
    const reads = world.reads();
    const ids = { workspaceId: workspace.id, channelId: channel.id, address: PHONE };
    await other.observeInbound({ ...ids, at: sandbox.clock.now() });
    await expect
      .poll(() => {
        sandbox.clock.advance({ seconds: 2 });
        return told();
      })
      .toEqual(['deny', 'allow']);
    expect(world.reads()).toBe(reads);
  });
});
