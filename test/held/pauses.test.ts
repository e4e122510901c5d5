import { memoryHeldStore } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import type { DispatchHost } from '../../src/held/dispatch-host.js';
import { Dispatcher } from '../../src/held/dispatcher.js';
import type { ResolvedHold } from '../../src/held/options.js';
import { Pauses } from '../../src/held/pauses.js';
import type { WindowKey } from '../../src/ports.js';
import type { HeldMessage, HeldStore } from '../../src/stores/held-store.js';

const key = { workspaceId: crypto.randomUUID(), channelId: crypto.randomUUID(), address: '+31612345678' };
const host = { workspaceId: key.workspaceId, hooks: { worked: () => {} } } as unknown as DispatchHost;
const stop = { ...key, text: 'STOP' } as unknown as Parameters<Pauses['onReply']>[1];

it('a store that keeps no pauses: an opt-out word pauses what waits, and nothing is kept where nothing does', async () => {
  const { pause: _, resume: __, isPaused: ___, ...store } = memoryHeldStore();
  const pauses = new Pauses({ store, releaseOn: undefined });
  await pauses.onReply(key, stop, host);
  expect(await pauses.isPaused(key)).toBe(false);
  await store.add({ ...key, id: crypto.randomUUID(), reference: 'one', message: {} } as unknown as HeldMessage, 1);
  await pauses.onReply(key, { ...stop }, host);
  expect(await pauses.isPaused(key)).toBe(true);
});

describe('a store that fails for a while', () => {
  /** A store, whether it works, and the queues that it has recorded as paused. */
  function failingStore(): { store: HeldStore; isDown: boolean; paused: Set<string> } {
    const paused = new Set<string>();
    const recording = (act: (address: string) => unknown) => async (of: WindowKey) => {
      if (world.isDown) throw new Error('down');
      act(of.address);
    };
    const world = {
      isDown: true,
      paused,
      store: {
        ...memoryHeldStore(),
        pause: recording((address) => paused.add(address)),
        resume: recording((address) => paused.delete(address)),
        isPaused: async ({ address }: WindowKey) => paused.has(address),
      },
    };
    return world;
  }

  const failing = { ...host, reportError: () => {}, logger: { error: () => {} } } as unknown as DispatchHost;
  const answer = { ...stop, text: 'Yes please' };

  it('gets each opt-out word once it works again, but for those whose customer has written since', async () => {
    const world = failingStore();
    const pauses = new Pauses({ store: world.store, releaseOn: undefined });
    const other = { ...key, address: '+31612345679' };
    for (const of of [key, other]) await pauses.onReply(of, { ...stop }, failing);
    await pauses.onReply(other, { ...answer }, failing);
    expect(await pauses.isPaused(key)).toBe(true);
    await expect(pauses.isPaused(other)).rejects.toThrow('down');
    await expect(pauses.recordAgain(key.workspaceId)).rejects.toThrow('down');
    world.isDown = false;
    await pauses.recordAgain(crypto.randomUUID());
    expect([...world.paused]).toEqual([]);
    await pauses.recordAgain(key.workspaceId);
    expect([...world.paused]).toEqual([key.address]);
    expect(await pauses.isPaused(other)).toBe(false);
    // From here on it is the store that says so.
    world.paused.clear();
    expect(await pauses.isPaused(key)).toBe(false);
  });

  it('does not keep what waits from a customer who has written since an opt-out word', async () => {
    const world = failingStore();
    const pauses = new Pauses({ store: world.store, releaseOn: undefined });
    world.isDown = false;
    await pauses.onReply(key, { ...stop }, failing);
    world.isDown = true;
    await pauses.onReply(key, { ...answer }, failing);
    await expect(pauses.isPaused(key)).rejects.toThrow('down');
    world.isDown = false;
    expect([...world.paused]).toEqual([key.address]);
    expect(await pauses.isPaused(key)).toBe(false);
    expect([...world.paused]).toEqual([]);
  });

  it('hears with the next sweep that a customer has written since an opt-out word', async () => {
    const world = failingStore();
    const pauses = new Pauses({ store: world.store, releaseOn: undefined });
    world.paused.add(key.address);
    await pauses.onReply(key, { ...answer }, failing);
    await expect(pauses.recordAgain(key.workspaceId)).rejects.toThrow('down');
    world.isDown = false;
    await pauses.recordAgain(crypto.randomUUID());
    expect([...world.paused]).toEqual([key.address]);
    await pauses.recordAgain(key.workspaceId);
    expect([...world.paused]).toEqual([]);
    // Nothing is left to tell.
    world.paused.add(key.address);
    await pauses.recordAgain(key.workspaceId);
    expect(await pauses.isPaused(key)).toBe(true);
  });

  it('keeps what waits from a customer whose last message was an opt-out word', async () => {
    const world = failingStore();
    const pauses = new Pauses({ store: world.store, releaseOn: undefined });
    await pauses.onReply(key, { ...answer }, failing);
    world.isDown = false;
    await pauses.onReply(key, { ...stop }, failing);
    expect(await pauses.isPaused(key)).toBe(true);
    expect([...world.paused]).toEqual([key.address]);
  });

  it('keeps no pause whose customer writes again during the write', async () => {
    const world = failingStore();
    world.isDown = false;
    const pauses = new Pauses({ store: world.store, releaseOn: undefined });
    await Promise.all([pauses.onReply(key, { ...stop }, failing), pauses.onReply(key, { ...answer }, failing)]);
    expect([...world.paused]).toEqual([]);
  });

  it('does not keep what waits where it fails after a pause that the customer has overtaken', async () => {
    const world = failingStore();
    world.isDown = false;
    const pauses = new Pauses({ store: world.store, releaseOn: undefined });
    const { pause } = world.store;
    world.store.pause = async (of) => {
      await pauses.onReply(of, { ...answer }, failing);
      await pause?.(of);
      world.isDown = true;
    };
    await pauses.onReply(key, { ...stop }, failing);
    expect([...world.paused]).toEqual([key.address]);
    world.isDown = false;
    expect(await pauses.isPaused(key)).toBe(false);
    expect([...world.paused]).toEqual([]);
  });

  it('leaves 10,000 opt-out words in memory, of which the oldest are forgotten first', async () => {
    const pauses = new Pauses({ store: failingStore().store, releaseOn: undefined });
    const keyOf = (index: number): WindowKey => ({ ...key, address: `+3161${1_000_000 + index}` });
    for (let index = 0; index <= 10_000; index += 1) await pauses.onReply(keyOf(index), { ...stop }, failing);
    expect([await pauses.isPaused(keyOf(0)), await pauses.isPaused(keyOf(1))]).toEqual([false, true]);
    expect(await pauses.isPaused(keyOf(10_000))).toBe(true);
  });

  it('is given them by the dispatcher, with its next sweep', async () => {
    const world = failingStore();
    const timers: (() => void)[] = [];
    const clock = { setTimeout: (fn: () => void) => timers.push(fn), clearTimeout: () => {} };
    const dispatcher = new Dispatcher({ store: world.store, releaseOn: undefined } as unknown as ResolvedHold);
    const attached = { ...failing, clock } as unknown as DispatchHost;
    dispatcher.attach(attached);
    dispatcher.wake(key, { reply: { ...stop } });
    await expect.poll(() => timers.length).toBe(1);
    world.isDown = false;
    for (const fire of timers) fire();
    await expect.poll(() => [...world.paused]).toEqual([key.address]);
  });

  it('is given them also while a queue cannot be read, and is said to fail once for each sweep', async () => {
    const world = failingStore();
    const reported: unknown[] = [];
    const logged: string[] = [];
    const timers: (() => void)[] = [];
    const store = { ...world.store, windows: () => Promise.reject(new Error('cannot be read')) };
    const dispatcher = new Dispatcher({ store, releaseOn: undefined } as unknown as ResolvedHold);
    dispatcher.attach({
      ...failing,
      clock: { setTimeout: (fn: () => void) => timers.push(fn), clearTimeout: () => {} },
      reportError: ({ error }: { error: Error }) => reported.push(error.message),
      logger: { error: (_: unknown, text: string) => logged.push(text) },
    } as unknown as DispatchHost);
    dispatcher.wake(key, { reply: { ...stop } });
    await expect.poll(() => timers.length).toBe(1);
    reported.length = 0;
    logged.length = 0;
    timers[0]?.();
    await expect.poll(() => timers.length).toBe(2);
    expect(reported).toEqual(['down', 'cannot be read']);
    expect(logged).toEqual(['The store of held messages failed; retrying in a minute']);
    world.isDown = false;
    timers[1]?.();
    await expect.poll(() => timers.length).toBe(3);
    expect([...world.paused]).toEqual([key.address]);
  });
});
