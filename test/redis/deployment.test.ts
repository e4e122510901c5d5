import { createGuard } from 'freeform-guard';
import { type RedisStore, redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { WindowKey } from '../../src/ports.js';
import { heldMessage } from '../contracts/held-store.contract.js';
import { codeBlocks, readProjectFile } from '../docs/markdown.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { createWorld } from '../support/world.js';
import { connectedStore, newPrefix, openStore, SECRET, timeoutMs } from './support.js';

const DAY = 86_400_000;
const key: WindowKey = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const open = { expiresAt: Date.now() + DAY };

let server: RedisServer;
/** A node takes two seconds to accept writes. So it starts before the first test, and the last one uses it. */
let clusterNode: RedisServer;

async function newServer(...args: readonly string[]): Promise<RedisServer> {
  const own = await startRedis(...args);
  onTestFinished(() => own.stop());
  return own;
}

function isStored(store: RedisStore, where: WindowKey = key): Promise<boolean> {
  return Promise.resolve(store.merge(where, open)).then(
    () => true,
    () => false,
  );
}

/** Uses every command that the store ever sends. */
async function useAll(store: RedisStore): Promise<void> {
  await store.merge(key, open);
  await store.get({ ...key, address: 'b' });
  await store.forget(key);
  await store.forget({ workspaceId: 'w' });
  expect(await store.fleet.takeRead('w', { perSecond: 40, burst: 10 }, 1_000)).toBe('taken');
  const lease = await store.fleet.joinRead({ ...key, contactId: 'k' }, undefined);
  expect(lease?.role).toBe('reader');
  if (lease?.role === 'reader') lease.finish({ serviceWindowExpireAt: null, isPermanentSession: false });
  await holdOne(store.held);
}

async function holdOne(held: RedisStore['held']): Promise<void> {
  const message = heldMessage({ expiresAt: Date.now() + DAY });
  expect(await held.add(message, 20)).toBe('added');
  expect(await held.settle?.(message, true)).toBe(true);
  expect(await held.windows(message.workspaceId)).toHaveLength(1);
  expect(await held.lock(message, 'owner', Date.now() + DAY)).toBe(true);
  expect(await held.list(message)).toEqual([message]);
  await held.remove(message);
  expect(await held.settle?.(message, true)).toBe(true);
  await held.unlock(message, 'owner');
  expect(await held.claimNudge(message)).toBe(true);
  await held.endNudge(message);
}

/** The commands that Redis has run, such as `client|tracking`. */
async function commandsRun(of: RedisServer): Promise<readonly string[]> {
  const stats = await of.client.info('commandstats');
  return [...stats.matchAll(/^cmdstat_([\w|]+):/gm)].map(([, name = '']) => name);
}

describeWithRedis('a Redis as deployments have it', () => {
  beforeAll(async () => {
    server = await startRedis();
    clusterNode = await startRedis('--cluster-enabled', 'yes');
    const slots = Array.from({ length: 16_384 }, (_, slot) => String(slot));
    await clusterNode.client.sendCommand(['CLUSTER', 'ADDSLOTS', ...slots]);
  });
  afterAll(async () => {
    await server?.stop();
    await clusterNode?.stop();
  });

  it('needs exactly the permissions that docs/scaling.md lists', async () => {
    const own = await newServer();
    const [rule = ''] = codeBlocks(readProjectFile('docs/scaling.md'), 'text').filter((text) =>
      text.includes('SETUSER'),
    );
    await own.client.sendCommand(rule.trim().split(/\s+/));
    const client = createClient({
      username: 'guard',
      password: 'password',
      socket: { host: '127.0.0.1', port: own.port },
    });
    const [one, two] = [
      redisStore(client, { secret: SECRET, timeoutMs }),
      redisStore(client, { secret: SECRET, timeoutMs }),
    ];
    for (const store of [one, two]) {
      onTestFinished(() => store.close());
      await expect.poll(() => isStored(store), { interval: 2 }).toBe(true);
    }
    await useAll(one);
    await one.merge(key, open);
    await expect.poll(() => two.get(key), { interval: 2 }).toMatchObject(open);
    const allowed = [...rule.matchAll(/\+([\w|]+)/g)].map(([, name]) => name);
    // Redis 6.2 counts all subcommands of CLIENT as one command.
    const unused = async (): Promise<readonly (string | undefined)[]> => {
      const run = await commandsRun(own);
      return allowed.filter((name = '') => !run.includes(name) && !run.includes(name.split('|')[0] ?? ''));
    };
    await expect.poll(unused, { interval: 20 }).toEqual([]);
    expect(await own.client.sendCommand(['ACL', 'LOG'])).toEqual([]);
  });

  it('is left by the store when it becomes a replica, and gets afterwards what it missed [L13]', async () => {
    const own = await newServer();
    const [one, two] = [await connectedStore(own.port, { timeoutMs }), await connectedStore(own.port, { timeoutMs })];
    await own.client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    expect(await isStored(one)).toBe(false);
    expect(await one.get(key)).toMatchObject(open);
    await own.client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await expect
      .poll(() => Promise.resolve(two.get(key)).catch(() => 'unavailable'), { interval: 10 })
      .toMatchObject(open);
  });

  it('that lost a refusal in a failover has it again when the process that remembers it next needs the window [L12]', async () => {
    const own = await newServer();
    const one = await connectedStore(own.port, { timeoutMs });
    await one.merge(key, open);
    const names = await own.client.keys('ffg:w:*');
    const before = await own.client.mGet(names);
    await one.merge(key, { refusedAt: open.expiresAt - 1 });
    for (const [index, name] of names.entries()) await own.client.set(name, before[index] ?? '');
    await own.client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    const two = await connectedStore(own.port, { timeoutMs });
    expect(await two.get(key)).toEqual(open);
    await expect.poll(() => isStored(one, { ...key, address: 'b' }), { interval: 2 }).toBe(true);
    expect(await one.get(key)).toMatchObject({ refusedAt: open.expiresAt - 1 });
    await expect.poll(() => two.get(key), { interval: 2 }).toMatchObject({ refusedAt: open.expiresAt - 1 });
  });

  it('that loses a tombstone, and not the windows, brings forgotten windows back [L12]', async () => {
    const prefix = newPrefix();
    const store = await connectedStore(server.port, { timeoutMs, prefix, max: 0 });
    await store.merge(key, open);
    await store.forget({ workspaceId: 'w' });
    expect(await store.get(key)).toBeUndefined();
    await server.client.del(await server.client.keys(`${prefix}f:*`));
    expect(await store.get(key)).toMatchObject(open);
  });

  it('is trusted, whoever wrote to it: an end within the longest window, and a refusal [L14, S5]', async () => {
    const prefix = newPrefix();
    const world = await createWorld();
    const now = world.sandbox.clock.now();
    const options = { timeoutMs, prefix, clock: world.sandbox.clock, longestWindowMs: DAY };
    const workspaces = { [world.workspace.id]: world.workspaceOptions };
    const answerAfter = async (record: object): Promise<string | undefined> => {
      const guard = createGuard({
        workspaces,
        clock: world.sandbox.clock,
        store: await connectedStore(server.port, options),
      });
      onTestFinished(() => void guard.close());
      for (const name of await server.client.keys(`${prefix}w:*`)) {
        await server.client.set(name, JSON.stringify({ v: 1, ...record }));
      }
      const { action, source } = await guard.check(world.send());
      return `${action} by ${source}`;
    };
    await world.guard.check(world.send());
    const store = await connectedStore(server.port, options);
    await store.merge(
      { workspaceId: world.workspace.id, channelId: world.channel.id, address: '+31612345678' },
      { readAt: now },
    );
    expect(await answerAfter({})).toBe('block by bird');
    expect(await answerAfter({ e: now + 3 * DAY })).toBe('block by bird');
    expect(await answerAfter({ e: now + 2 * DAY })).toBe('send by memory');
    world.customerWrites();
    expect(await answerAfter({ r: now })).toBe('block by bird');
    expect(await answerAfter({})).toBe('send by bird');
  });

  it('may be a node of a cluster if a hash tag in the prefix keeps all keys on it', async () => {
    const { port, client } = clusterNode;
    await expect.poll(() => client.sendCommand(['CLUSTER', 'INFO'])).toContain('cluster_state:ok');
    await useAll(await connectedStore(port, { timeoutMs, prefix: '{ffg}:' }));
    const untagged = openStore(port, { timeoutMs });
    const failure = (): Promise<string> => Promise.resolve(untagged.merge(key, open)).then(() => 'stored', String);
    await expect.poll(failure, { interval: 10 }).toContain('CROSSSLOT');
  });
});
