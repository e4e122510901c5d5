import type { RedisStore } from 'freeform-guard/redis';
import { expect, it, onTestFinished } from 'vitest';
import type { WindowEvidence } from '../../src/core/service-window.js';
import type { WindowKey } from '../../src/ports.js';
import { describeWithRedis, freePort, type RedisServer, startRedis } from '../support/redis-server.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createWorld, PHONE } from '../support/world.js';
import { connectedStore, openStore, SECRET, timeoutMs } from './support.js';

const AT = Date.UTC(2026, 0, 5, 9);
const clock = { now: (): number => AT };
const key: WindowKey = { workspaceId: 'w', channelId: 'c', address: '+31612345678' };
const other: WindowKey = { ...key, address: '+31612345679' };
const open: WindowEvidence = { expiresAt: AT + 1 };

async function newServer(...args: readonly string[]): Promise<RedisServer> {
  const server = await startRedis(...args);
  onTestFinished(() => server.stop());
  return server;
}

async function newProxy(server: RedisServer): Promise<TcpProxy> {
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Whether Redis has stored it, so that other processes may know. */
function isStored(write: void | Promise<void>): Promise<boolean> {
  return Promise.resolve(write).then(
    () => true,
    () => false,
  );
}

/** Writes until Redis has stored it. On a busy machine a reply may be late, and a repeated write changes nothing. */
function write(store: RedisStore, evidence: WindowEvidence): Promise<void> {
  return expect.poll(() => isStored(store.merge(key, evidence)), { interval: 10 }).toBe(true);
}

/** What the store knows; `unavailable` if it rejects. */
function known(store: RedisStore, where: WindowKey = key): Promise<WindowEvidence | undefined | 'unavailable'> {
  return Promise.resolve(store.get(where)).catch(() => 'unavailable' as const);
}

/** The store uses its memory alone, and keeps what it cannot write. */
async function expectMemoryAlone(store: RedisStore): Promise<void> {
  expect(await isStored(store.merge(key, { readAt: AT }))).toBe(false);
  expect(store.get(key)).toMatchObject(open);
  expect(await isStored(store.merge(other, open))).toBe(false);
  expect(store.get(other)).toMatchObject(open);
}

describeWithRedis('redisStore over a faulty Redis', () => {
  it('uses memory alone without Redis, and connects when there is one [L10]', async () => {
    const server = await newServer();
    await server.kill();
    const store = openStore(server.port, { clock });
    expect(await isStored(store.merge(key, open))).toBe(false);
    await expectMemoryAlone(store);
    expect(await known(store, { ...key, address: 'nobody' })).toBe('unavailable');
    await server.start();
    const second = await connectedStore(server.port, { clock });
    await expect.poll(() => known(second), { interval: 10 }).toMatchObject(open);
    await expect.poll(() => known(second, other), { interval: 10 }).toMatchObject(open);
  });

  it('writes again what it knows when Redis was killed and is back empty [L12]', async () => {
    const server = await newServer();
    const [one, two] = [await connectedStore(server.port, { clock }), await connectedStore(server.port, { clock })];
    await write(one, open);
    await expect.poll(() => known(two), { interval: 10 }).toMatchObject(open);
    await server.kill();
    await expect.poll(() => isStored(two.merge(key, {})), { interval: 5 }).toBe(false);
    await expectMemoryAlone(two);
    await server.start();
    await expect.poll(() => isStored(one.merge(key, {})), { interval: 10 }).toBe(true);
    await expect.poll(() => known(one, other), { interval: 10 }).toMatchObject(open);
  });

  it('uses memory alone while Redis is suspended, and writes afterwards', async () => {
    const server = await newServer();
    const store = await connectedStore(server.port, { clock });
    await write(store, open);
    server.pause();
    await expectMemoryAlone(store);
    server.resume();
    await expect.poll(() => isStored(store.merge(key, {})), { interval: 10 }).toBe(true);
    const second = await connectedStore(server.port, { clock });
    await expect.poll(() => known(second, other), { interval: 10 }).toMatchObject(open);
  });

  it('uses memory alone behind a black hole, and reads afterwards what it has missed [L11]', async () => {
    const server = await newServer();
    const proxy = await newProxy(server);
    const [one, two] = [await connectedStore(proxy.port, { clock }), await connectedStore(server.port, { clock })];
    await write(one, open);
    proxy.set('black hole');
    await expectMemoryAlone(one);
    await write(two, { refusedAt: AT });
    proxy.set('pass');
    await expect.poll(() => known(one), { interval: 10 }).toMatchObject({ refusedAt: AT });
    await expect.poll(() => known(two, other), { interval: 10 }).toMatchObject(open);
  });

  it('does not wait for a slow Redis [L11]', async () => {
    const server = await newServer();
    const proxy = await newProxy(server);
    const store = await connectedStore(proxy.port, { clock });
    await write(store, open);
    proxy.set({ delayMs: 200 });
    await expectMemoryAlone(store);
    proxy.set('pass');
    await expect.poll(() => isStored(store.merge(key, {})), { interval: 10 }).toBe(true);
  });

  it('doubts a window that another process has changed if the new value cannot be read', async () => {
    const server = await newServer();
    const proxy = await newProxy(server);
    const [one, two] = [await connectedStore(proxy.port, { clock }), await connectedStore(server.port, { clock })];
    await write(one, open);
    await write(two, { refusedAt: AT });
    await expect.poll(() => one.get(key) instanceof Promise, { interval: 1 }).toBe(true);
    await expect.poll(() => known(one), { interval: 1 }).toMatchObject({ refusedAt: AT });
    await write(two, { refusedAt: AT + 1 });
    await expect.poll(() => one.get(key) instanceof Promise, { interval: 1 }).toBe(true);
    await write(two, { refusedAt: AT + 2 });
    proxy.set('black hole');
    // Either it was notified of the last change and doubts, or it still has the change before.
    const found = await known(one);
    expect(found).toSatisfy(
      (evidence: WindowEvidence) => evidence.doubtedAt !== undefined || (evidence.refusedAt ?? 0) > AT,
    );
  });

  it('keeps what a full Redis refuses, and writes it when there is room', async () => {
    const server = await newServer('--maxmemory-policy', 'noeviction');
    const store = await connectedStore(server.port, { clock, timeoutMs });
    await store.merge(key, open);
    await server.client.configSet('maxmemory', '1');
    expect(await isStored(store.merge(other, open))).toBe(false);
    expect(await known(store, other)).toMatchObject(open);
    await server.client.configSet('maxmemory', '0');
    const second = await connectedStore(server.port, { clock });
    await expect.poll(() => known(second, other), { interval: 10 }).toMatchObject(open);
  });

  it('warns once that Redis is unavailable, decides without it, and reveals no secret [L10]', async () => {
    const port = await freePort();
    const world = await createWorld({ guard: { store: openStore(port, { instances: 1 }) } });
    // A new process does not read yet: it may replace one that the others still count.
    await expect.poll(() => world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    world.customerWrites();
    for (let round = 0; round < 3; round += 1) {
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'send' });
    }
    const inbound = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    await world.guard.observeInbound({ ...inbound, at: world.sandbox.clock.now() });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(world.logs)).not.toContain(SECRET);
  });

  it('warns once while Redis is full, though reads from it succeed', async () => {
    const server = await newServer('--maxmemory-policy', 'noeviction');
    const store = await connectedStore(server.port, { timeoutMs });
    await server.client.configSet('maxmemory', '1');
    const world = await createWorld({ guard: { store } });
    for (let round = 0; round < 3; round += 1) {
      world.customerWrites();
      const inbound = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
      await world.guard.observeInbound({ ...inbound, at: world.sandbox.clock.now() });
      expect(await world.guard.check(world.send({ contact: { id: world.contact.id } }))).toMatchObject({
        action: 'send',
      });
      world.sandbox.clock.advance(1);
    }
    expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('remembers as many contact ids as windows', async () => {
    const store = openStore(await freePort(), { instances: 1, max: 2 });
    const world = await createWorld({ guard: { store } });
    const known = { workspaceId: world.workspace.id, channelId: world.channel.id, at: world.sandbox.clock.now() };
    const { id: contactId } = world.contact;
    // So that the channel is known.
    await expect.poll(() => world.guard.check(world.send())).toMatchObject({ source: 'bird' });
    await world.guard.observeInbound({ ...known, contactId, address: PHONE });
    expect(world.guard.peek(world.send({ contact: { id: contactId } }))).toMatchObject({ action: 'send' });
    for (const address of ['+31612345679', '+31612345680']) {
      await world.guard.observeInbound({ ...known, contactId: crypto.randomUUID(), address });
    }
    await world.guard.observeInbound({ ...known, address: PHONE });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send' });
    expect(world.guard.peek(world.send({ contact: { id: contactId } }))).toBeUndefined();
  });
});
