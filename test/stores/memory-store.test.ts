import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { memoryStore } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { addressOfId } from '../../src/core/contact-address.js';
import { mergeEvidence, noEvidence, type WindowEvidence } from '../../src/core/service-window.js';
import type { WindowKey } from '../../src/ports.js';
import { memoryCache } from '../../src/stores/memory-store.js';
import { describeStore } from '../contracts/store.contract.js';
import { createWorld } from '../support/world.js';

describeStore('memoryStore', () => memoryStore());
describeStore('memoryStore with room for a few hundred', () => memoryStore({ max: 300 }));

const keyOf = (index: number): WindowKey => ({
  workspaceId: `w${index % 3}`,
  channelId: `c${index % 5}`,
  address: `a${index}`,
});

describe('memoryStore', () => {
  it('returns no promise', () => {
    const store = memoryStore();
    expect(store.merge(keyOf(1), { expiresAt: 1 })).toBeUndefined();
    expect(store.get(keyOf(1))).toMatchObject({ expiresAt: 1 });
    expect(store.forget(keyOf(1))).toBeUndefined();
  });

  it('evicts none that is used while much is added, but the oldest of the others', () => {
    const max = 2_000;
    const used = [0, 1_000];
    const store = memoryStore({ max });
    for (let index = 0; index < 3 * max; index += 1) {
      if (index >= max) for (const one of used) expect(store.get(keyOf(one))).toBeDefined();
      store.merge(keyOf(index), { expiresAt: 1 });
    }
    const kept = Array.from({ length: 3 * max }, (_, index) => index).filter((index) => store.get(keyOf(index)));
    expect(kept).toEqual([...used, ...Array.from({ length: max - 2 }, (_, index) => 2 * max + 2 + index)]);
  });

  it('keeps at most max windows, and evicts the least recently used first [L6]', () => {
    const store = memoryStore({ max: 3 });
    for (const index of [1, 2, 3]) store.merge(keyOf(index), { expiresAt: index });
    store.get(keyOf(1));
    store.merge(keyOf(2), { expiresAt: 20 });
    store.merge(keyOf(4), { expiresAt: 4 });
    expect([1, 2, 3, 4].map((index) => (store.get(keyOf(index)) as WindowEvidence | undefined)?.expiresAt)).toEqual([
      1,
      20,
      undefined,
      4,
    ]);
  });

  it('has room again after forgetting', () => {
    const store = memoryStore({ max: 2 });
    for (const index of [1, 2]) store.merge(keyOf(index), { expiresAt: index });
    store.forget(keyOf(1));
    store.merge(keyOf(3), { expiresAt: 3 });
    expect([2, 3].map((index) => store.get(keyOf(index)))).toMatchObject([{ expiresAt: 2 }, { expiresAt: 3 }]);
  });

  it('forgets a channel of many windows at once, though it removes them a few at a time (field D3)', () => {
    const max = 2_000;
    const store = memoryStore({ max });
    const key = (channelId: string, index: number): WindowKey => ({
      workspaceId: 'w',
      channelId,
      address: `a${index}`,
    });
    const count = (channelId: string): number =>
      Array.from({ length: max }, (_, index) => store.get(key(channelId, index))).filter(Boolean).length;
    store.merge(key('kept', 0), { expiresAt: 1 });
    for (let index = 1; index < max; index += 1) store.merge(key('big', index), { expiresAt: 1 });
    store.forget({ workspaceId: 'w', channelId: 'big' });
    expect(count('big')).toBe(0);
    store.merge(key('big', 5), { expiresAt: 1 });
    expect(count('big')).toBe(1);
    // Forgotten windows evict no remembered one, not even the oldest.
    for (let index = 0; index < max - 2; index += 1) store.merge(key('new', index), { expiresAt: 1 });
    expect([count('kept'), count('big'), count('new')]).toEqual([1, 1, max - 2]);
    store.forget({ workspaceId: 'w' });
    expect([count('kept'), count('big'), count('new')]).toEqual([0, 0, 0]);
  });

  it('shares nothing with another memoryStore', () => {
    const [one, other] = [memoryStore(), memoryStore()];
    one.merge(keyOf(1), { expiresAt: 1 });
    expect(other.get(keyOf(1))).toBeUndefined();
  });

  it('property: eviction only loses evidence: a window has its merged evidence, that since an eviction, or none [L6]', () => {
    const step = fc.record({
      index: fc.integer({ min: 0, max: 12 }),
      action: fc.constantFrom('merge', 'merge', 'merge', 'get', 'forget', 'forget channel'),
      evidence: fc.record(
        { expiresAt: fc.integer({ min: 1, max: 99 }), refusedAt: fc.integer({ min: 1, max: 99 }) },
        { requiredKeys: [] },
      ),
    });
    const property = fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 80 }), (max, steps) => {
      const store = memoryStore({ max });
      const merged = new Map<number, WindowEvidence[]>();
      for (const { index, action, evidence } of steps) {
        const { address, ...channel } = keyOf(index);
        if (action === 'merge') {
          store.merge(keyOf(index), evidence);
          merged.set(index, [...(merged.get(index) ?? []), evidence]);
          // The latest evidence is there, whatever was evicted for it.
          expect(store.get(keyOf(index))).toBeDefined();
        } else if (action === 'get') store.get(keyOf(index));
        else store.forget(action === 'forget' ? { ...channel, address } : channel);
      }
      const present = [...merged.keys()].filter((index) => store.get(keyOf(index)) !== undefined);
      expect(present.length).toBeLessThanOrEqual(max);
      for (const index of present) {
        const known = store.get(keyOf(index)) as WindowEvidence;
        const all = merged.get(index) ?? [];
        // A window is evicted as a whole: what is known is the merge of the latest evidence.
        const tails = all.map((_, start) => all.slice(start).reduce((sum, one) => mergeEvidence(sum, one), {}));
        expect(tails).toContainEqual({ ...mergeEvidence({}, {}), ...known });
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a max of %d with a RangeError', (max) => {
    expect(() => memoryStore({ max })).toThrow(RangeError);
    expect(() => memoryStore({ max })).toThrow(/max must be/);
  });

  it.each([null, '10', true, {}, []])('refuses a max of %j', (max) => {
    expect(() => memoryStore({ max: max as unknown as number })).toThrow(TypeError);
    expect(() => memoryStore({ max: max as unknown as number })).toThrow(/max must be/);
  });

  it('refuses a misspelt option', () => {
    expect(() => memoryStore({ maximum: 10 } as object)).toThrow(TypeError);
    expect(() => memoryStore({ maximum: 10 } as object)).toThrow(/maximum is not a valid option/);
  });

  it.each([[undefined], [{}], [{ max: undefined }]])('keeps many thousand windows with %j', (options) => {
    const store = memoryStore(options);
    for (let index = 0; index < 5000; index += 1) store.merge(keyOf(index), { expiresAt: index });
    expect(store.get(keyOf(0))).toMatchObject({ expiresAt: 0 });
  });

  it('takes a few hundred bytes for each of 100,000 customers, and keeps no more by default [L7]', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const max = 100_000;
    collect();
    const before = process.memoryUsage().heapUsed;
    const store = memoryStore();
    for (let index = 0; index <= max; index += 1) store.merge(keyOf(index), { expiresAt: index + 1 });
    collect();
    expect((process.memoryUsage().heapUsed - before) / max).toBeLessThan(600);
    expect([0, 1, max].map((index) => store.get(keyOf(index)) !== undefined)).toEqual([false, true, true]);
  });

  it('that is too small costs reads, and no decision [L6]', async () => {
    const world = await createWorld({ guard: { store: memoryStore({ max: 1 }) } });
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000001' }] });
    world.customerWrites();
    for (let round = 0; round < 3; round += 1) {
      expect((await world.guard.check(world.send())).action).toBe('send');
      world.workspace.receiveInbound({ channelId: world.channel.id, contactId: other.id });
      expect((await world.guard.check(world.send({ contact: { id: other.id } }))).action).toBe('send');
    }
    expect(world.sandbox.requests().filter(({ kind }) => kind === 'contact').length).toBe(6);
  });
});

describe('memoryCache', () => {
  it('keeps at most max entries, and evicts the least recently used first', () => {
    const cache = memoryCache<{ n: number }>({ max: 2 });
    cache.set('a', { n: 1 });
    cache.set('b', { n: 2 });
    cache.get('a');
    cache.set('c', { n: 3 });
    expect(['a', 'b', 'c'].map((name) => cache.get(name)?.n)).toEqual([1, undefined, 3]);
    cache.set('a', { n: 10 });
    cache.delete('c');
    expect(['a', 'b', 'c'].map((name) => cache.get(name)?.n)).toEqual([10, undefined, undefined]);
  });

  it.each(['constructor', '__proto__', 'toString', ''])('has no entry %j until it is set [R4]', (name) => {
    const cache = memoryCache<{ n: number }>({ max: 2 });
    expect(cache.get(name)).toBeUndefined();
    cache.set(name, { n: 1 });
    expect(cache.get(name)).toEqual({ n: 1 });
  });

  it('allocates as it fills: a thousand empty caches cost next to nothing', () => {
    const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = used();
    const caches = Array.from({ length: 1000 }, () => memoryCache<object>({ max: 100_000 }));
    expect(used() - before).toBeLessThan(100_000_000);
    expect(caches.length).toBe(1000);
  });
});

it('keeps an opt-out when others evict its window, and forgets it with its window alone', () => {
  const store = memoryStore({ max: 2 });
  const ref = { workspaceId: 'w', channelId: 'c' };
  const keys = ['a', addressOfId('x')].map((address) => ({ ...ref, address }));
  for (const key of keys) store.merge(key, { optedOutAt: 5, lastInboundAt: 1 });
  for (let other = 0; other < 10; other += 1) store.merge({ ...ref, address: `other ${other}` }, { lastInboundAt: 1 });
  for (const key of keys) {
    expect(store.get(key)).toEqual({ ...noEvidence, optedOutAt: 5 });
    store.merge(key, { lastInboundAt: 2 });
    expect(store.get(key)).toEqual({ ...noEvidence, optedOutAt: 5, lastInboundAt: 2 });
  }
  store.forget(ref);
  store.forget({ workspaceId: 'w' });
  for (const key of keys) {
    expect(store.get(key)).toMatchObject({ optedOutAt: 5, lastInboundAt: undefined });
    store.merge(key, { optedInAt: 6 });
    store.forget(key);
    expect(store.get(key)).toBeUndefined();
  }
});
