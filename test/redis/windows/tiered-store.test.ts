import { describe, expect, it } from 'vitest';
import { isDoubted } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import { TieredStore } from '../../../src/redis/windows/tiered-store.js';
import { deferred, turns } from '../../guard/support.js';
import { FakeRemote } from './fake-remote.js';

const key: WindowKey = { workspaceId: 'w', channelId: 'c', address: 'a' };
const other: WindowKey = { ...key, address: 'b' };

function create(max = 100): { store: TieredStore; remote: FakeRemote } {
  const remote = new FakeRemote();
  return { store: new TieredStore({ remote, max, now: () => 1_000 }), remote };
}

describe('TieredStore', () => {
  it('reads a window again that changed during a read, though the reply comes later', async () => {
    const { store, remote } = create();
    remote.delay = deferred();
    const first = store.get(key);
    remote.changeElsewhere(key, { refusedAt: 5 });
    remote.delay.resolve();
    expect(await first).toBeUndefined();
    expect(await store.get(key)).toMatchObject({ refusedAt: 5 });
    expect(remote.requests).toBe(2);
  });

  it('does not share a read that began before a change', async () => {
    const { store, remote } = create();
    remote.delay = deferred();
    const early = store.get(key);
    remote.changeElsewhere(key, { refusedAt: 5 });
    const late = store.get(key);
    remote.delay.resolve();
    expect([await early, await late]).toMatchObject([{ refusedAt: 5 }, { refusedAt: 5 }]);
    expect(remote.requests).toBe(2);
  });

  it('returns what it remembers without Redis, and reads what it may have missed when Redis is back', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10 });
    remote.disconnect();
    remote.windows.set(key.address, { expiresAt: 10, refusedAt: 5 });
    expect(store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: undefined });
    await expect(store.get(other)).rejects.toThrow();
    remote.reconnect();
    expect(await store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: 5 });
  });

  it('doubts a window that another process has changed if Redis is gone before the new value is read', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10 });
    remote.changeElsewhere(key, { refusedAt: 5 });
    remote.disconnect();
    expect(store.get(key)).toMatchObject({ expiresAt: 10, doubtedAt: 1_000 });
    remote.reconnect();
    expect(await store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: 5, doubtedAt: undefined });
  });

  it('lifts that doubt by a later read even if its own clock is behind the one that dates the reads', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10_000, doubtedAt: 4_000, readAt: 5_000 });
    remote.changeElsewhere(key, { refusedAt: 5 });
    remote.disconnect();
    expect(isDoubted((await store.get(key)) ?? {})).toBe(true);
    await store.merge(key, { readAt: 5_001 }).catch(() => {});
    expect(isDoubted((await store.get(key)) ?? {})).toBe(false);
  });

  it('lifts that doubt by no message that came before it, even if its own clock is behind', async () => {
    const { store, remote } = create();
    await store.merge(key, { lastInboundAt: 5_000 });
    remote.changeElsewhere(key, { refusedAt: 6_000 });
    remote.disconnect();
    expect(isDoubted((await store.get(key)) ?? {})).toBe(true);
    await store.merge(key, { lastInboundAt: 7_000 }).catch(() => {});
    expect(isDoubted((await store.get(key)) ?? {})).toBe(false);
  });

  it('writes afterwards what it was given while Redis was unavailable', async () => {
    const { store, remote } = create();
    remote.disconnect();
    await expect(store.merge(key, { expiresAt: 10 })).rejects.toThrow();
    await expect(store.merge(other, { refusedAt: 10 })).rejects.toThrow();
    expect(remote.windows.size).toBe(0);
    remote.reconnect();
    await turns();
    expect(remote.windows.get('a')).toMatchObject({ expiresAt: 10 });
    expect(remote.windows.get('b')).toMatchObject({ refusedAt: 10 });
  });

  it('writes few windows at a time, so that all processes together do not overload Redis', async () => {
    const { store, remote } = create();
    remote.disconnect();
    for (let index = 0; index < 100; index += 1) {
      store.merge({ ...key, address: `${index}` }, { expiresAt: index }).catch(() => {});
    }
    await turns();
    remote.reconnect();
    await expect.poll(() => remote.windows.size, { interval: 1 }).toBe(100);
    expect(remote.maxConcurrent).toBeLessThanOrEqual(32);
  });

  it('writes at the next heartbeat what Redis refused', async () => {
    const { store, remote } = create();
    const merge = remote.merge.bind(remote);
    remote.merge = () => Promise.reject(new Error('full'));
    await expect(store.merge(key, { expiresAt: 10 })).rejects.toThrow('full');
    remote.merge = merge;
    remote.heartbeat();
    await turns();
    expect(remote.windows.get('a')).toMatchObject({ expiresAt: 10 });
  });

  it('forgets in Redis afterwards what was to be forgotten while Redis was unavailable', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10 });
    remote.disconnect();
    await expect(store.forget(key)).rejects.toThrow();
    remote.reconnect();
    await turns();
    expect(await store.get(key)).toBeUndefined();
  });

  it('writes again what Redis has lost', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10, refusedAt: 3 });
    remote.windows.set('a', { expiresAt: 10 });
    for (const { onChange } of remote.listeners) onChange(undefined);
    expect(await store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: 3 });
    expect(remote.windows.get('a')).toMatchObject({ refusedAt: 3 });
  });

  it('waits for a slow Redis only if it remembers nothing, or another process has changed the window', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10 });
    remote.disconnect();
    remote.reconnect();
    remote.isResponsive = false;
    remote.delay = deferred();
    expect(store.get(key)).toMatchObject({ expiresAt: 10 });
    expect(store.get(other)).toBeInstanceOf(Promise);
    remote.changeElsewhere(key, { refusedAt: 5 });
    const waiting = store.get(key);
    expect(waiting).toBeInstanceOf(Promise);
    remote.delay.resolve();
    expect(await waiting).toMatchObject({ refusedAt: 5 });
  });

  it('lets unknown windows evict no known one', async () => {
    const { store } = create(2);
    await store.merge(key, { expiresAt: 10 });
    for (let index = 0; index < 10; index += 1) await store.get({ ...key, address: `x${index}` });
    expect(store.get(key)).toMatchObject({ expiresAt: 10 });
  });

  it('forgets what another process has forgotten, and only that', async () => {
    const { store, remote } = create();
    await store.merge(key, { expiresAt: 10 });
    remote.windows.clear();
    remote.tombstones[1] = 'channel';
    for (const { onChange } of remote.listeners) onChange(undefined);
    expect(await store.get(key)).toBeUndefined();
    // A missing tombstone was lost, and says nothing.
    await store.merge(key, { expiresAt: 11 });
    remote.tombstones[1] = '';
    for (const { onChange } of remote.listeners) onChange(undefined);
    expect(await store.get(key)).toMatchObject({ expiresAt: 11 });
  });
});
