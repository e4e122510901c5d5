import { describe, expect, it } from 'vitest';
import { addressOfId } from '../../../src/core/contact-address.js';
import { WindowWatches } from '../../../src/guard/watches/window-watches.js';
import type { WindowQuery, WindowStatus } from '../../../src/guard/window-query.js';
import type { WindowKey } from '../../../src/ports.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { turns } from '../support.js';

const NOW = Date.UTC(2026, 10, 28, 9);
const place = { workspaceId: 'w', channelId: 'c' };
const keyOf = (address: string): WindowKey => ({ ...place, address });
const queryOf = (address: string, workspaceId = 'w'): WindowQuery =>
  ({ ...place, workspaceId, address }) as WindowQuery;
const closed = { verdict: 'deny', reason: 'service_window_closed', openUntil: null, closedAt: 5 } as WindowStatus;
const open = {
  ...closed,
  verdict: 'allow',
  reason: 'service_window_open',
  openUntil: NOW + 3_600_000,
  source: 'memory',
};

function setUp({ isStoreShared = false, aheadMs = 0 } = {}) {
  const clock = createClock(NOW);
  const [recalled, asked]: [string[], string[]] = [[], []];
  /** By address. */
  const [memory, bird] = [new Map<string, WindowStatus>(), new Map<string, WindowStatus>()];
  const keys = new Map<string, readonly WindowKey[]>();
  const watches = new WindowWatches({
    clock,
    now: (id) => clock.now() + (id === 'w' ? aheadMs : 0),
    recall: ({ address = '' }) => {
      recalled.push(address);
      return { keys: keys.get(address) ?? [keyOf(address)], status: memory.get(address) };
    },
    ask: async ({ address = '' }) => {
      asked.push(address);
      return bird.get(address) ?? closed;
    },
    isStoreShared,
  });
  const told: string[] = [];
  const watcher = (name: string) => ({
    changed: ({ verdict }: WindowStatus) => void told.push(`${name} ${verdict}`),
    closed: () => void told.push(`${name} closed`),
  });
  const watch = (name: string, query = queryOf(name), options = {}) => watches.watch(query, options, watcher(name));
  const observe = (address: string): void => watches.observed({ byAddress: keyOf(address), byId: undefined } as never);
  return { clock, watches, watch, watcher, recalled, asked, memory, bird, keys, told, observe };
}

describe('who watches the same window', () => {
  it('shares what is asked, and each is told', async () => {
    const { watches, watcher, recalled, asked, told } = setUp();
    const first = watches.watch(queryOf('a'), {}, watcher('one'));
    expect(first.status).toBeUndefined();
    await turns(5);
    recalled.length = 0;
    const second = watches.watch(queryOf('a'), {}, watcher('two'));
    expect(second.status).toBe(closed);
    expect([recalled, asked, told, watches.count]).toEqual([[], ['a'], ['one deny'], 2]);
  });

  it('does not share it with who asks for another sender, or another window', async () => {
    const { watch, asked } = setUp();
    watch('a');
    watch('a', queryOf('a'), { sender: 'human' });
    watch('b');
    await turns(5);
    expect(asked).toEqual(['a', 'a', 'b']);
  });

  it('is looked at once for each sender, and goes on for one when the other stops', async () => {
    const { watch, recalled, observe } = setUp();
    watch('a');
    const human = watch('a', queryOf('a'), { sender: 'human' });
    await turns(5);
    recalled.length = 0;
    observe('a');
    expect(recalled).toEqual(['a', 'a']);
    human.stop();
    recalled.length = 0;
    observe('a');
    expect(recalled).toEqual(['a']);
  });

  it('is told of a change until it stops, and the others go on', async () => {
    const { watches, watcher, memory, observe, told } = setUp();
    const first = watches.watch(queryOf('a'), {}, watcher('one'));
    watches.watch(queryOf('a'), {}, watcher('two'));
    await turns(5);
    first.stop();
    first.stop();
    expect(watches.count).toBe(1);
    told.length = 0;
    memory.set('a', open as WindowStatus);
    observe('a');
    expect(told).toEqual(['two allow']);
  });
});

describe('what is observed', () => {
  it.each(['byAddress', 'byId'])('is looked at where the window is watched: %s', async (name) => {
    const { watches, watch, recalled, keys } = setUp();
    keys.set('a', [keyOf('a'), keyOf(addressOfId('k'))]);
    watch('a');
    watch('b');
    await turns(5);
    recalled.length = 0;
    const key = name === 'byId' ? keyOf(addressOfId('k')) : keyOf('a');
    watches.observed({ [name]: key } as never);
    expect(recalled).toEqual(['a']);
    watches.observed({ [name]: keyOf('nobody') } as never);
    watches.observed({ [name]: { ...key, channelId: 'other' } } as never);
    expect(recalled).toEqual(['a']);
  });

  it('is found under the key that a conversation turns out to have', async () => {
    const { watch, observe, recalled, keys } = setUp();
    keys.set('a', []);
    watch('a');
    // Bird's answer says where the conversation takes place.
    keys.set('a', [keyOf('x')]);
    await turns(5);
    recalled.length = 0;
    observe('a');
    expect(recalled).toEqual([]);
    observe('x');
    expect(recalled).toEqual(['a']);
  });

  it.each([
    ['one of two changes', 'x y', 'x z', 'y'],
    ['both change', 'x y', 'v z', 'x y'],
    ['one is added', 'x', 'x z', ''],
    ['one is gone', 'x y', 'x', 'y'],
    ['the first of two is gone', 'x y', 'y', 'x'],
  ])('is found under new keys only, once they have changed: %s', async (_, before, after, gone) => {
    const { watch, observe, watches, recalled, keys } = setUp();
    const namesOf = (names: string): string[] => names.split(' ').filter((name) => name !== '');
    keys.set('a', namesOf(before).map(keyOf));
    watch('a');
    await turns(5);
    keys.set('a', namesOf(after).map(keyOf));
    for (const name of namesOf(before)) observe(name);
    recalled.length = 0;
    for (const name of namesOf(gone)) {
      observe(name);
      watches.answered(keyOf(name));
    }
    expect(recalled).toEqual([]);
    for (const name of namesOf(after)) {
      observe(name);
      watches.answered(keyOf(name));
    }
    expect(recalled).toEqual(namesOf(after).flatMap(() => ['a', 'a']));
  });

  it('is looked at by nobody after the last has stopped', async () => {
    const { watch, watches, observe, recalled, clock, asked } = setUp();
    const [first, second] = [watch('a'), watch('a')];
    await turns(5);
    first.stop();
    recalled.length = 0;
    observe('a');
    expect(recalled).toEqual(['a']);
    second.stop();
    expect(watches.count).toBe(0);
    recalled.length = 0;
    observe('a');
    watches.answered(keyOf('a'));
    clock.advance(3_600_000);
    await turns(5);
    expect([recalled, asked]).toEqual([[], ['a']]);
  });

  it.each([
    [true, 2_000],
    [false, 60_000],
  ])('by other processes is found by looking again (store shared: %o)', async (isStoreShared, afterMs) => {
    const { watch, recalled, clock } = setUp({ isStoreShared });
    watch('a');
    await turns(5);
    recalled.length = 0;
    clock.advance(afterMs - 1);
    expect(recalled).toEqual([]);
    clock.advance(1);
    expect(recalled).toEqual(['a']);
  });
});

it.each(['w', 'W'])(
  "the end of a window is that of its workspace's time, however its id is spelled: %s",
  async (id) => {
    const { watch, bird, asked, clock } = setUp({ aheadMs: 100_000 });
    bird.set('a', { ...open, openUntil: NOW + 130_000, source: 'bird' } as WindowStatus);
    watch('a', queryOf('a', id));
    await turns(5);
    clock.advance(29_999);
    await turns(5);
    expect(asked).toEqual(['a']);
    clock.advance(1);
    await turns(5);
    expect(asked).toEqual(['a', 'a']);
  },
);

describe('the questions of all watches of a workspace', () => {
  it('are 20 at once and 5 a second, so that sends keep the rest of what Bird allows', async () => {
    const { watch, asked, clock } = setUp();
    for (let index = 0; index < 40; index += 1) watch(`${index}`);
    await turns(10);
    expect(asked).toHaveLength(20);
    for (let count = 21; count <= 25; count += 1) {
      clock.advance(200);
      await turns(10);
      expect(asked).toHaveLength(count);
    }
  });

  it('take nothing from another workspace, however that one spells its id', async () => {
    const { watch, asked } = setUp();
    for (let index = 0; index < 30; index += 1) watch(`${index}`, queryOf(`${index}`, index % 2 === 0 ? 'W' : 'w'));
    watch('x', queryOf('x', 'other'));
    await turns(10);
    expect(asked).toHaveLength(21);
    expect(asked).toContain('x');
  });

  it('wait for no more than five seconds: then they are asked later', async () => {
    const { watch, asked, clock } = setUp();
    for (let index = 0; index < 100; index += 1) watch(`${index}`);
    await turns(10);
    expect(asked).toHaveLength(20);
    for (let second = 1; second <= 20; second += 1) {
      clock.advance(1_000);
      await turns(10);
      expect(asked.length).toBeLessThanOrEqual(20 + 5 * second);
    }
    expect(new Set(asked).size).toBe(100);
  });
});

it('closing tells all who watch, and nobody asks any more', async () => {
  const { watches, watch, told, observe, recalled } = setUp();
  expect(watches.isClosed).toBe(false);
  watch('a');
  watch('b');
  await turns(5);
  told.length = 0;
  watches.close();
  expect(watches.isClosed).toBe(true);
  expect(told).toEqual(['a closed', 'b closed']);
  recalled.length = 0;
  observe('a');
  expect(recalled).toEqual([]);
});
