import fc from 'fast-check';
import { memoryStore } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { mergeEvidence, type WindowEvidence } from '../../src/core/service-window.js';
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
  it('answers at once: nothing that it gives is a promise', () => {
    const store = memoryStore();
    expect(store.merge(keyOf(1), { expiresAt: 1 })).toBeUndefined();
    expect(store.get(keyOf(1))).toMatchObject({ expiresAt: 1 });
    expect(store.forget(keyOf(1))).toBeUndefined();
  });

  it('keeps no more than max windows, and drops the least recently used first', () => {
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

  it('has room again for what was forgotten', () => {
    const store = memoryStore({ max: 2 });
    for (const index of [1, 2]) store.merge(keyOf(index), { expiresAt: index });
    store.forget(keyOf(1));
    store.merge(keyOf(3), { expiresAt: 3 });
    expect([2, 3].map((index) => store.get(keyOf(index)))).toMatchObject([{ expiresAt: 2 }, { expiresAt: 3 }]);
  });

  it('forgets a channel of many windows at once, though it clears them away bit by bit (field D3)', () => {
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
    // What was forgotten takes no room from what is remembered, the oldest window included.
    for (let index = 0; index < max - 2; index += 1) store.merge(key('new', index), { expiresAt: 1 });
    expect([count('kept'), count('big'), count('new')]).toEqual([1, 1, max - 2]);
    store.forget({ workspaceId: 'w' });
    expect([count('kept'), count('big'), count('new')]).toEqual([0, 0, 0]);
  });

  it('is as many stores as are made', () => {
    const [one, other] = [memoryStore(), memoryStore()];
    one.merge(keyOf(1), { expiresAt: 1 });
    expect(other.get(keyOf(1))).toBeUndefined();
  });

  it('property: eviction costs knowledge and never makes it up: each window gives its join, or a part of it, or nothing', () => {
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
      const told = new Map<number, WindowEvidence[]>();
      for (const { index, action, evidence } of steps) {
        const { address, ...channel } = keyOf(index);
        if (action === 'merge') {
          store.merge(keyOf(index), evidence);
          told.set(index, [...(told.get(index) ?? []), evidence]);
          // What was just told is there, whatever had to go for it.
          expect(store.get(keyOf(index))).toBeDefined();
        } else if (action === 'get') store.get(keyOf(index));
        else store.forget(action === 'forget' ? { ...channel, address } : channel);
      }
      const present = [...told.keys()].filter((index) => store.get(keyOf(index)) !== undefined);
      expect(present.length).toBeLessThanOrEqual(max);
      for (const index of present) {
        const known = store.get(keyOf(index)) as WindowEvidence;
        const all = told.get(index) ?? [];
        // A window is forgotten as a whole: what is known is the join of the last few that were told.
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

  it('that is too small for all costs reads and no answer', async () => {
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
  it('keeps no more than max, and drops the least recently used first', () => {
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

  it.each(['constructor', '__proto__', 'toString', ''])('knows nothing of %j that it was not told', (name) => {
    const cache = memoryCache<{ n: number }>({ max: 2 });
    expect(cache.get(name)).toBeUndefined();
    cache.set(name, { n: 1 });
    expect(cache.get(name)).toEqual({ n: 1 });
  });

  it('takes room as it is used: a thousand empty ones cost next to nothing', () => {
    const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = used();
    const caches = Array.from({ length: 1000 }, () => memoryCache<object>({ max: 100_000 }));
    expect(used() - before).toBeLessThan(100_000_000);
    expect(caches.length).toBe(1000);
  });
});
