import { describe, expect, it } from 'vitest';
import { isDoubted, mergeEvidence, type WindowEvidence } from '../../../src/core/service-window.js';
import type { WindowKey } from '../../../src/ports.js';
import type { RemoteWindow, RemoteWindows, RemoteWindowsListener } from '../../../src/redis/windows/remote-windows.js';
import { TieredStore } from '../../../src/redis/windows/tiered-store.js';
import { type Deferred, deferred, turns } from '../../guard/support.js';

const key: WindowKey = { workspaceId: 'w', channelId: 'c', address: 'a' };
const other: WindowKey = { ...key, address: 'b' };

/** Windows that other processes share with this one; the test says when they answer, and what they tell. */
class Others implements RemoteWindows {
  isReady = true;
  isResponsive = true;
  readonly windows = new Map<string, WindowEvidence>();
  readonly marks = ['', '', '', ''];
  asked = 0;
  /** The most that were asked for at the same time. */
  atOnce = 0;
  #running = 0;
  /** What was computed and has not been answered yet; `undefined`: answers come at once. */
  held: Deferred<void> | undefined;
  readonly listeners: RemoteWindowsListener[] = [];

  idOf({ address }: WindowKey): string {
    return address;
  }

  read(where: WindowKey): Promise<RemoteWindow> {
    return this.#answer(where);
  }

  merge(where: WindowKey, evidence: WindowEvidence): Promise<RemoteWindow> {
    if (!this.isReady) return Promise.reject(new Error('away'));
    this.windows.set(where.address, mergeEvidence(this.windows.get(where.address) ?? {}, evidence));
    return this.#answer(where);
  }

  async forget(): Promise<void> {
    if (!this.isReady) throw new Error('away');
    this.windows.clear();
  }

  listen(listener: RemoteWindowsListener): void {
    this.listeners.push(listener);
  }

  /** Another process learns something. */
  learn(where: WindowKey, evidence: WindowEvidence): void {
    this.windows.set(where.address, mergeEvidence(this.windows.get(where.address) ?? {}, evidence));
    for (const { onChange } of this.listeners) onChange(where.address);
  }

  go(): void {
    this.isReady = false;
  }

  comeBack(): void {
    this.isReady = true;
    for (const { onReady } of this.listeners) onReady();
  }

  beat(): void {
    for (const { onHeartbeat } of this.listeners) onHeartbeat();
  }

  async #answer({ address }: WindowKey): Promise<RemoteWindow> {
    this.asked += 1;
    if (!this.isReady) throw new Error('away');
    const answer = { evidence: this.windows.get(address), marks: [...this.marks] };
    this.#running += 1;
    this.atOnce = Math.max(this.atOnce, this.#running);
    await this.held?.promise;
    this.#running -= 1;
    return answer;
  }
}

function create(max = 100): { store: TieredStore; others: Others } {
  const others = new Others();
  return { store: new TieredStore({ shared: others, max, now: () => 1_000 }), others };
}

describe('TieredStore', () => {
  it('asks again for what was changed while it asked, though the answer comes later', async () => {
    const { store, others } = create();
    others.held = deferred();
    const asked = store.get(key);
    others.learn(key, { refusedAt: 5 });
    others.held.resolve();
    expect(await asked).toBeUndefined();
    expect(await store.get(key)).toMatchObject({ refusedAt: 5 });
    expect(others.asked).toBe(2);
  });

  it('does not join what was asked before a change', async () => {
    const { store, others } = create();
    others.held = deferred();
    const early = store.get(key);
    others.learn(key, { refusedAt: 5 });
    const late = store.get(key);
    others.held.resolve();
    expect([await early, await late]).toMatchObject([{ refusedAt: 5 }, { refusedAt: 5 }]);
    expect(others.asked).toBe(2);
  });

  it('gives what it remembers while the others are away, and asks for what it may have missed when they are back', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10 });
    others.go();
    others.windows.set(key.address, { expiresAt: 10, refusedAt: 5 });
    expect(store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: undefined });
    await expect(store.get(other)).rejects.toThrow();
    others.comeBack();
    expect(await store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: 5 });
  });

  it('has confirmed what others have changed, where they went away before they could say to what', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10 });
    others.learn(key, { refusedAt: 5 });
    others.go();
    expect(store.get(key)).toMatchObject({ expiresAt: 10, doubtedAt: 1_000 });
    others.comeBack();
    expect(await store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: 5, doubtedAt: undefined });
  });

  it('has it confirmed by a later read also where its own clock is behind the one that dates the reads', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10_000, doubtedAt: 4_000, readAt: 5_000 });
    others.learn(key, { refusedAt: 5 });
    others.go();
    expect(isDoubted((await store.get(key)) ?? {})).toBe(true);
    await store.merge(key, { readAt: 5_001 }).catch(() => {});
    expect(isDoubted((await store.get(key)) ?? {})).toBe(false);
  });

  it('tells the others, when they are back, what it was told meanwhile', async () => {
    const { store, others } = create();
    others.go();
    await expect(store.merge(key, { expiresAt: 10 })).rejects.toThrow();
    await expect(store.merge(other, { refusedAt: 10 })).rejects.toThrow();
    expect(others.windows.size).toBe(0);
    others.comeBack();
    await turns();
    expect(others.windows.get('a')).toMatchObject({ expiresAt: 10 });
    expect(others.windows.get('b')).toMatchObject({ refusedAt: 10 });
  });

  it('tells them few at a time, lest all processes together be too slow for the others', async () => {
    const { store, others } = create();
    others.go();
    for (let index = 0; index < 100; index += 1) {
      store.merge({ ...key, address: `${index}` }, { expiresAt: index }).catch(() => {});
    }
    await turns();
    others.comeBack();
    await expect.poll(() => others.windows.size, { interval: 1 }).toBe(100);
    expect(others.atOnce).toBeLessThanOrEqual(32);
  });

  it('tells at the next beat what the others would not take', async () => {
    const { store, others } = create();
    const merge = others.merge.bind(others);
    others.merge = () => Promise.reject(new Error('full'));
    await expect(store.merge(key, { expiresAt: 10 })).rejects.toThrow('full');
    others.merge = merge;
    others.beat();
    await turns();
    expect(others.windows.get('a')).toMatchObject({ expiresAt: 10 });
  });

  it('has them forget afterwards what was to be forgotten while they were away', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10 });
    others.go();
    await expect(store.forget(key)).rejects.toThrow();
    others.comeBack();
    await turns();
    expect(await store.get(key)).toBeUndefined();
  });

  it('tells the others again what they have lost', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10, refusedAt: 3 });
    others.windows.set('a', { expiresAt: 10 });
    for (const { onChange } of others.listeners) onChange(undefined);
    expect(await store.get(key)).toMatchObject({ expiresAt: 10, refusedAt: 3 });
    expect(others.windows.get('a')).toMatchObject({ refusedAt: 3 });
  });

  it('waits for others that are slow only where it remembers nothing, or they have news', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10 });
    others.go();
    others.comeBack();
    others.isResponsive = false;
    others.held = deferred();
    expect(store.get(key)).toMatchObject({ expiresAt: 10 });
    expect(store.get(other)).toBeInstanceOf(Promise);
    others.learn(key, { refusedAt: 5 });
    const waiting = store.get(key);
    expect(waiting).toBeInstanceOf(Promise);
    others.held.resolve();
    expect(await waiting).toMatchObject({ refusedAt: 5 });
  });

  it('lets windows that nobody knows push out none that is known', async () => {
    const { store } = create(2);
    await store.merge(key, { expiresAt: 10 });
    for (let index = 0; index < 10; index += 1) await store.get({ ...key, address: `x${index}` });
    expect(store.get(key)).toMatchObject({ expiresAt: 10 });
  });

  it('forgets what another process has had forgotten, and only that', async () => {
    const { store, others } = create();
    await store.merge(key, { expiresAt: 10 });
    others.windows.clear();
    others.marks[1] = 'channel';
    for (const { onChange } of others.listeners) onChange(undefined);
    expect(await store.get(key)).toBeUndefined();
    // A mark that is gone was lost, and says nothing.
    await store.merge(key, { expiresAt: 11 });
    others.marks[1] = '';
    for (const { onChange } of others.listeners) onChange(undefined);
    expect(await store.get(key)).toMatchObject({ expiresAt: 11 });
  });
});
