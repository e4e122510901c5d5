import { createGuard, type GuardHealth, memoryStore, type Store } from 'freeform-guard';
import { redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { keepSecret, recordLetOut } from '../support/canary.js';
import { describeWithRedis, freePort, type RedisServer, startRedis } from '../support/redis-server.js';
import { createSmallWorld } from '../support/service.js';
import type { World } from '../support/world.js';

function healthOf({ guard }: World): GuardHealth {
  const health = guard.health();
  recordLetOut('health', health);
  return health;
}

const silent = { warn: () => {}, error: () => {} };

describe('health', () => {
  it('of a guard that nobody has used yet asks nobody and finds no fault', async () => {
    const world = await createSmallWorld();
    expect(healthOf(world)).toEqual({
      bird: { reachable: true, lastSuccessAt: null },
      store: { reachable: true },
      workspaces: [
        {
          workspaceId: world.workspace.id,
          mode: 'enforce',
          readsLeft: 10,
          isBreakerOpen: false,
          isAccessDenied: false,
        },
      ],
    });
    expect(world.sandbox.requests()).toEqual([]);
  });

  it('says that Bird is away, since when, and that it is back', async () => {
    const world = await createSmallWorld();
    const { sandbox, guard, workspace } = world;
    await guard.check(world.send());
    const answeredAt = sandbox.clock.now();
    expect(healthOf(world).bird).toEqual({ reachable: true, lastSuccessAt: answeredAt });
    sandbox.clock.advance(3_600_000);
    sandbox.setFault(() => ({ status: 503 }));
    await guard.check(world.send());
    expect(healthOf(world).bird).toEqual({
      reachable: false,
      lastSuccessAt: answeredAt,
      lastFailure: { at: sandbox.clock.now(), cause: 'error_status', workspaceId: workspace.id },
    });
    sandbox.setFault(undefined);
    await guard.check(world.send());
    expect(healthOf(world).bird).toMatchObject({ reachable: true, lastSuccessAt: sandbox.clock.now() });
  });

  it('says that Bird refuses the key, for half a minute', async () => {
    const world = await createSmallWorld();
    world.sandbox.setFault(() => ({ status: 403 }));
    await world.guard.check(world.send());
    const { bird, workspaces } = healthOf(world);
    expect(bird).toMatchObject({ reachable: true, lastFailure: { cause: 'access_denied' } });
    expect(workspaces).toMatchObject([{ isAccessDenied: true }]);
    world.sandbox.clock.advance(30_000);
    expect(healthOf(world).workspaces).toMatchObject([{ isAccessDenied: false }]);
  });

  it('says that the breaker is open, and that reads are paused', async () => {
    const world = await createSmallWorld({ workspace: { lookupsPerSecond: 1000, lookupBurst: 1000 } });
    world.sandbox.setFault(() => ({ status: 503 }));
    for (let times = 0; times < 20; times += 1) await world.guard.check(world.send());
    expect(healthOf(world).workspaces).toMatchObject([{ isBreakerOpen: true }]);
    const throttled = await createSmallWorld();
    throttled.sandbox.setFault(() => ({ status: 429 }));
    await throttled.guard.check(throttled.send());
    expect(healthOf(throttled).workspaces).toMatchObject([{ readsLeft: 0 }]);
  });

  it('knows the workspaces of a function once they were used', async () => {
    const world = await createSmallWorld();
    const { workspaceOptions, workspace, sandbox } = world;
    const workspaces = vi.fn(() => ({ ...workspaceOptions, mode: 'observe' as const }));
    const guard = createGuard({ workspaces, clock: sandbox.clock, logger: silent, store: memoryStore({ max: 10 }) });
    expect(guard.health().workspaces).toEqual([]);
    await guard.check(world.send());
    expect(guard.health().workspaces).toMatchObject([{ workspaceId: workspace.id, mode: 'observe' }]);
    expect(workspaces).toHaveBeenCalledTimes(1);
  });
});

describe('the health of a store', () => {
  const storeWith = (methods: Partial<Store>): Store => ({
    ...{ get: () => undefined, merge: () => undefined, forget: () => undefined },
    ...methods,
  });
  const fails = (): never => {
    throw new Error('away');
  };

  it('that says nothing of itself is that of the latest calls', async () => {
    const set = { get: fails as Store['get'] };
    const world = await createSmallWorld({ guard: { store: storeWith({ get: async (key) => set.get(key) }) } });
    expect(healthOf(world).store).toEqual({ reachable: true });
    await world.guard.check(world.send());
    expect(healthOf(world).store).toEqual({ reachable: false, reason: 'failing' });
    set.get = () => undefined;
    await world.guard.check(world.send());
    expect(healthOf(world).store).toEqual({ reachable: true });
  });

  it.each<[string, NonNullable<Store['health']>, object]>([
    ['a word', () => ({ reachable: false, reason: 'no_connection' }), { reachable: false, reason: 'no_connection' }],
    ['what may be a secret', () => ({ reachable: false, reason: 'redis://user:key@host' }), { reachable: false }],
    ['nothing', () => undefined as never, { reachable: true }],
    ['an error', fails, { reachable: true }],
  ])('that says %s of itself', async (_, health, expected) => {
    const world = await createSmallWorld({ guard: { store: storeWith({ health }) } });
    expect(healthOf(world).store).toEqual(expected);
  });
});

describeWithRedis('the health of Redis', () => {
  let server: RedisServer;
  const [right, wrong] = ['canary-of-the-password', 'canary-of-another-password'];
  beforeAll(async () => {
    server = await startRedis();
    await server.client.sendCommand(['ACL', 'SETUSER', 'guard', 'on', `>${right}`, '~*', '&*', '+@all']);
  });
  afterAll(() => server?.stop());

  async function worldWith(url: string): Promise<World> {
    for (const secret of [right, wrong]) keepSecret(secret);
    const client = createClient({ url }).on('error', () => {});
    const store = redisStore(client, { secret: 'a secret of sixteen characters' });
    onTestFinished(() => store.close());
    return createSmallWorld({ guard: { store } });
  }

  it.each([
    ['a wrong password', (port: number) => `redis://guard:${wrong}@127.0.0.1:${port}`, 'access_denied'],
    ['no connection', async () => `redis://guard:${right}@127.0.0.1:${await freePort()}`, 'no_connection'],
  ])('says why it is away: %s', async (_, urlOf, reason) => {
    const world = await worldWith(await urlOf(server.port));
    await expect.poll(() => healthOf(world).store, { interval: 5 }).toEqual({ reachable: false, reason });
  });

  it('says that it is there, and that the store was closed', async () => {
    const client = createClient({ url: `redis://guard:${right}@127.0.0.1:${server.port}` }).on('error', () => {});
    const store = redisStore(client, { secret: 'a secret of sixteen characters' });
    expect(store.health()).toEqual({ reachable: false, reason: 'connecting' });
    await expect.poll(() => store.health(), { interval: 5 }).toEqual({ reachable: true });
    store.close();
    expect(store.health()).toEqual({ reachable: false, reason: 'closed' });
  });

  it('says that it stands still', async () => {
    const world = await worldWith(`redis://guard:${right}@127.0.0.1:${server.port}`);
    await expect.poll(() => healthOf(world).store, { interval: 5 }).toEqual({ reachable: true });
    server.pause();
    await expect.poll(() => healthOf(world).store, { interval: 5 }).toEqual({ reachable: false, reason: 'no_answer' });
    server.resume();
    await expect.poll(() => healthOf(world).store, { interval: 5 }).toEqual({ reachable: true });
  });
});
