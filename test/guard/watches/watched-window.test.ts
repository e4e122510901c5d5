import { describe, expect, it } from 'vitest';
import { WatchedWindow } from '../../../src/guard/watches/watched-window.js';
import type { WindowStatus } from '../../../src/guard/window-query.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { deferred, turns } from '../support.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NOW = Date.UTC(2026, 10, 28, 9);

const status = (fields: Partial<WindowStatus>): WindowStatus => ({ source: 'bird', ...fields }) as WindowStatus;
const open = (openUntil: number | null, source: WindowStatus['source'] = 'memory'): WindowStatus =>
  status({ verdict: 'allow', reason: 'service_window_open', openUntil, closedAt: null, source });
const closed = status({ verdict: 'deny', reason: 'service_window_closed', openUntil: null, closedAt: 5 });
const unknown = status({ verdict: 'unknown', reason: 'lookup_failed', openUntil: null, closedAt: null });

interface Setup {
  /** What memory says; it may change. */
  readonly memory?: WindowStatus | Promise<WindowStatus | undefined>;
  /** What Bird says; it may change. */
  readonly bird?: WindowStatus | undefined;
  readonly recallAgainMs?: number;
}

function watch({ memory, bird = closed, recallAgainMs = 60 * MINUTE }: Setup) {
  const clock = createClock(NOW);
  const world = { memory, bird: bird as WindowStatus | undefined | Promise<WindowStatus> };
  /** In seconds since the beginning. */
  const [asked, recalled]: [number[], number[]] = [[], []];
  const published: WindowStatus[] = [];
  const seconds = (): number => (clock.now() - NOW) / SECOND;
  const watched = new WatchedWindow({
    clock,
    now: clock.now,
    recall: () => {
      recalled.push(seconds());
      return world.memory;
    },
    ask: async () => {
      asked.push(seconds());
      return world.bird;
    },
    recallAgainMs,
    onChange: (one) => published.push(one),
  });
  /** Time passes, a second at a time, and whoever was asked answers. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= SECOND) {
      clock.advance(Math.min(SECOND, left));
      await turns(3);
    }
  };
  const look = async (): Promise<void> => {
    watched.look();
    await turns(3);
  };
  return { clock, world, watched, asked, recalled, published, pass, look };
}

describe('a window that memory knows to be open', () => {
  it('is told at once, and Bird is asked of it only every ten minutes', async () => {
    const { asked, published, pass, look } = watch({ memory: open(NOW + 60 * MINUTE), recallAgainMs: 20 * SECOND });
    await look();
    expect([published, asked]).toEqual([[open(NOW + 60 * MINUTE)], []]);
    await pass(25 * MINUTE);
    expect(asked).toEqual([600, 1_200]);
    expect(published).toHaveLength(1);
  });

  it('is told as well where memory is across a network', async () => {
    const { published, look } = watch({ memory: Promise.resolve(open(null)) });
    await look();
    expect(published).toEqual([open(null)]);
  });

  it('is asked of when it ends', async () => {
    const { world, asked, published, pass, look } = watch({ memory: open(NOW + 30 * SECOND) });
    await look();
    world.memory = undefined;
    await pass(29 * SECOND);
    expect(asked).toEqual([]);
    await pass(SECOND);
    expect(asked).toEqual([30]);
    expect(published.at(-1)).toBe(closed);
  });

  it('is not asked of when it ends where the customer has written again', async () => {
    const { world, asked, published, pass, look } = watch({ memory: open(NOW + 30 * SECOND) });
    await look();
    world.memory = open(NOW + 60 * MINUTE);
    await pass(40 * SECOND);
    expect([asked, published.at(-1)]).toEqual([[], open(NOW + 60 * MINUTE)]);
  });

  it('is asked of once memory has lost it, but not within five seconds of the last time', async () => {
    const { world, asked, watched, pass, look } = watch({ memory: open(NOW + 60 * MINUTE) });
    await look();
    world.memory = undefined;
    await pass(4 * SECOND);
    await look();
    expect(asked).toEqual([]);
    await pass(SECOND);
    await look();
    expect(asked).toEqual([5]);
    expect(watched.status).toBe(closed);
  });
});

describe('a window of which nothing is remembered', () => {
  it('is asked of at once, and if it is closed again every five minutes', async () => {
    const { asked, published, pass, look } = watch({});
    await look();
    expect([asked, published]).toEqual([[0], [closed]]);
    await pass(11 * MINUTE);
    expect(asked).toEqual([0, 300, 600]);
    expect(published).toHaveLength(1);
  });

  it('is asked of every ten minutes if Bird says open, and when that ends', async () => {
    const bird = open(NOW + 12 * MINUTE, 'bird');
    const { asked, published, pass, look } = watch({ bird, recallAgainMs: 20 * SECOND });
    await look();
    expect(published).toEqual([bird]);
    await pass(10 * MINUTE);
    expect(asked).toEqual([0, 600]);
    await pass(2 * MINUTE);
    expect(asked.slice(0, 3)).toEqual([0, 600, 720]);
  });

  it('is asked of every ten minutes if Bird says open and nobody knows until when', async () => {
    const { asked, pass, look } = watch({ bird: open(null, 'bird'), recallAgainMs: 20 * SECOND });
    await look();
    await pass(11 * MINUTE);
    expect(asked).toEqual([0, 600]);
  });

  it('is asked of less and less often while it is unknown, and soon again after it was known', async () => {
    const { world, asked, pass, look } = watch({ bird: unknown });
    await look();
    await pass(20 * MINUTE);
    const apart = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    expect(apart).toEqual([15, 30, 60, 120, 240, 300, 300]);
    world.bird = closed;
    await pass(5 * MINUTE);
    world.bird = unknown;
    asked.length = 0;
    await pass(6 * MINUTE);
    const [first = 0, second = 0, third = 0] = asked;
    expect([second - first, third - second]).toEqual([15, 30]);
  });

  it('is tried again after a second where Bird must not be asked now', async () => {
    const { world, asked, published, pass, look } = watch({});
    world.bird = undefined;
    await look();
    await pass(2 * SECOND);
    expect([asked, published]).toEqual([[0, 1, 2], []]);
  });

  it('is asked of once at a time', async () => {
    const slow = deferred<WindowStatus>();
    const { world, asked, published, look } = watch({});
    world.bird = slow.promise;
    await look();
    await look();
    expect([asked, published]).toEqual([[0], []]);
    slow.resolve(closed);
    await turns(5);
    expect(published).toEqual([closed]);
  });
});

describe('what is observed', () => {
  it('opens the window at once, without Bird', async () => {
    const { world, asked, watched, published, look } = watch({});
    await look();
    world.memory = open(NOW + 60 * MINUTE);
    watched.changed();
    expect(published).toEqual([closed, open(NOW + 60 * MINUTE)]);
    expect(asked).toEqual([0]);
  });

  it('has Bird asked where memory does not say open, at most every five seconds', async () => {
    const { asked, watched, pass, look } = watch({});
    await look();
    watched.changed();
    await pass(4 * SECOND);
    expect(asked).toEqual([0]);
    await pass(SECOND);
    expect(asked).toEqual([0, 5]);
    await pass(7 * SECOND);
    watched.changed();
    await turns(3);
    expect(asked).toEqual([0, 5, 12]);
  });

  it('while Bird is asked is newer than the answer', async () => {
    const slow = deferred<WindowStatus>();
    const { world, published, look } = watch({});
    world.bird = slow.promise;
    await look();
    world.memory = open(NOW + 60 * MINUTE);
    slow.resolve(closed);
    await turns(5);
    expect(published).toEqual([open(NOW + 60 * MINUTE)]);
  });

  it('by others is found when memory is asked again', async () => {
    const { world, recalled, published, pass, look } = watch({ recallAgainMs: 20 * SECOND });
    await look();
    world.memory = open(NOW + 60 * MINUTE);
    recalled.length = 0;
    await pass(19 * SECOND);
    expect(published).toEqual([closed]);
    await pass(SECOND);
    expect(published).toEqual([closed, open(NOW + 60 * MINUTE)]);
    expect(recalled).toEqual([20]);
  });
});

describe('a state', () => {
  it.each<Partial<WindowStatus>>([
    { verdict: 'unknown' },
    { reason: 'human_agent_window' },
    { openUntil: NOW + 61 * MINUTE },
    { closedAt: 7 },
  ])('that differs in %o is told', async (change) => {
    const first = open(NOW + 60 * MINUTE);
    const { world, published, look } = watch({ memory: first });
    await look();
    world.memory = { ...first } as WindowStatus;
    await look();
    expect(published).toEqual([first]);
    world.memory = { ...first, ...change } as WindowStatus;
    await look();
    expect(published).toEqual([first, { ...first, ...change }]);
  });
});

describe('a watch that has stopped', () => {
  it('asks nobody any more', async () => {
    const { asked, recalled, watched, pass, look } = watch({});
    await look();
    watched.stop();
    recalled.length = 0;
    await look();
    watched.changed();
    await pass(10 * MINUTE);
    expect([asked, recalled]).toEqual([[0], []]);
  });

  it('tells nothing of answers that come later', async () => {
    const [slowBird, slowMemory] = [deferred<WindowStatus>(), deferred<WindowStatus | undefined>()];
    const one = watch({});
    one.world.bird = slowBird.promise;
    await one.look();
    one.watched.stop();
    one.recalled.length = 0;
    slowBird.resolve(closed);
    await turns(5);
    expect([one.published, one.recalled]).toEqual([[], []]);

    const other = watch({ memory: slowMemory.promise });
    await other.look();
    other.watched.stop();
    slowMemory.resolve(open(null));
    await turns(5);
    expect([other.published, other.asked]).toEqual([[], []]);
  });

  it('tells nothing of what is remembered beside an answer of Bird', async () => {
    const slowMemory = deferred<WindowStatus | undefined>();
    const { world, watched, recalled, published, look } = watch({});
    watched.look();
    world.memory = slowMemory.promise;
    await turns(3);
    expect(recalled).toEqual([0, 0]);
    watched.stop();
    slowMemory.resolve(open(null));
    await turns(5);
    expect(published).toEqual([]);
    await look();
    expect(recalled).toEqual([0, 0]);
  });
});
