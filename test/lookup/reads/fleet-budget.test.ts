import { describe, expect, it } from 'vitest';
import type { LookupError } from '../../../src/errors.js';
import { FleetBudget } from '../../../src/lookup/reads/fleet-budget.js';
import type { Fleet, Isolation } from '../../../src/ports.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { deferred, turns } from '../../guard/support.js';

const alone: Isolation = { ended: new Promise(() => {}) };

type Taken = Awaited<ReturnType<Fleet['takeRead']>>;

interface Trial {
  readonly clock: SandboxClock;
  readonly budget: FleetBudget;
  /** What the fleet was asked for: the longest wait each. */
  readonly asked: number[];
  /** What became of so many that ask at once. */
  take(count: number, maxWaitMs?: number): Promise<Record<string, number>>;
}

function trial(answer: () => Taken, instances = 4): Trial {
  const clock = createClock(0);
  const asked: number[] = [];
  const fleet: Fleet = {
    instances,
    takeRead: async (_workspaceId, _limit, maxWaitMs) => {
      asked.push(maxWaitMs);
      return answer();
    },
    joinRead: async () => undefined,
  };
  const budget = new FleetBudget({ clock, fleet, workspaceId: 'w', perSecond: 40, burst: 10 });
  const take = async (count: number, maxWaitMs = 800): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    const count1 = (name: string): void => {
      counts[name] = (counts[name] ?? 0) + 1;
    };
    const takers = Array.from({ length: count }, () =>
      budget.take(clock.now() + maxWaitMs).then(
        () => count1('taken'),
        (error: LookupError) => count1(error.code),
      ),
    );
    for (let ms = 0; ms < maxWaitMs; ms += 5) {
      await turns(1);
      clock.advance(5);
    }
    await Promise.all(takers);
    return counts;
  };
  return { clock, budget, asked, take };
}

describe('FleetBudget', () => {
  it('asks the fleet for each read, and leaves it the time that a read needs', async () => {
    const { take, asked } = trial(() => 'taken');
    expect(await take(5)).toEqual({ taken: 5 });
    expect(asked).toEqual([600, 600, 600, 600, 600]);
  });

  it('refuses what the fleet refuses', async () => {
    const { take } = trial(() => 'spent');
    expect(await take(5)).toEqual({ lookup_budget_spent: 5 });
  });

  it('asks the fleet for no more than its own limit allows', async () => {
    const { take, asked } = trial(() => 'taken');
    await take(200, 1000);
    expect(asked.length).toBeLessThanOrEqual(50);
  });

  it('takes its share where the fleet cannot be asked [L4]', async () => {
    const { take } = trial(() => alone);
    const { taken = 0, lookup_budget_spent: spent } = await take(200, 1000);
    // Two at once, and ten a second.
    expect(taken).toBeGreaterThanOrEqual(10);
    expect(taken).toBeLessThanOrEqual(12);
    expect(spent).toBe(200 - taken);
  });

  it('begins without a burst of its share when the fleet goes', async () => {
    let answer: Taken = 'taken';
    const { take } = trial(() => answer);
    await take(10, 50);
    answer = alone;
    expect((await take(10, 90)).taken ?? 0).toBeLessThanOrEqual(1);
  });

  it('asks the fleet again for all that waits for its share, when the others are back', async () => {
    const { promise, resolve } = deferred<void>();
    let answer: Taken = { ended: promise };
    const { take, asked, clock } = trial(() => answer);
    clock.setTimeout(() => {
      answer = 'taken';
      resolve();
    }, 150);
    expect(await take(10)).toEqual({ taken: 10 });
    // Two had a share at once, and one a tenth of a second later.
    expect(asked).toEqual([...Array(10).fill(600), ...Array(7).fill(expect.closeTo(450, -1))]);
  });

  it.each([1, 2, 3, 4, 7, 10, 11, 20, 49, 50])(
    'lets %i processes without the fleet read no more than the limit in any second [L4]',
    async (instances) => {
      const { take } = trial(() => alone, instances);
      const { taken = 0 } = await take(300, 1000);
      expect(taken * instances).toBeLessThanOrEqual(50 + (instances === 50 ? instances : 0));
      expect(taken).toBeGreaterThan(0);
    },
  );

  it('takes its share one read after the other, as long as the fleet cannot be asked', async () => {
    let answer: Taken = 'taken';
    const { take, clock } = trial(() => answer);
    await take(1, 5);
    answer = alone;
    await take(1, 5);
    const taken: unknown[] = [];
    for (let second = 0; second < 3; second += 1) {
      clock.advance(1_000);
      taken.push(await take(1, 50));
    }
    expect(taken).toEqual(Array(3).fill({ taken: 1 }));
  });

  it('says how many reads may start at once: of its own limit, or of its share', async () => {
    const { promise, resolve } = deferred<void>();
    let answer: Taken = 'taken';
    const { take, budget, clock } = trial(() => answer);
    expect(budget.left).toBe(10);
    await take(2, 5);
    expect(budget.left).toBe(8);
    answer = { ended: promise };
    await take(1, 200);
    clock.advance(1_000);
    expect(budget.left).toBe(2);
    resolve();
    await turns(1);
    expect(budget.left).toBe(10);
  });

  it('goes on with its share where an earlier time alone ends late', async () => {
    const ends = [deferred<void>(), deferred<void>()];
    let answer: Taken = { ended: ends[0]?.promise ?? Promise.resolve() };
    const { take, budget, clock } = trial(() => answer);
    await take(1, 5);
    answer = { ended: ends[1]?.promise ?? Promise.resolve() };
    await take(1, 5);
    clock.advance(1_000);
    ends[0]?.resolve();
    await turns(1);
    expect(budget.left).toBe(2);
    ends[1]?.resolve();
    await turns(1);
    expect(budget.left).toBe(10);
  });

  it('refuses a read that would wait in vain in this process', async () => {
    const { take, budget, clock } = trial(() => 'taken');
    expect(budget.refuses(clock.now() + 1)).toBe(false);
    await take(10, 1);
    expect([budget.refuses(clock.now() + 10), budget.refuses(clock.now() + 800)]).toEqual([true, false]);
  });

  it.each([
    ['with the fleet', 'taken' as const],
    ['alone', alone],
  ])('pauses for one second again once a read was answered (%s)', async (_, answer) => {
    const { take, budget, clock } = trial(() => answer);
    await take(1, 5);
    budget.pause();
    clock.advance(1_000);
    budget.succeeded();
    budget.pause();
    clock.advance(1_000);
    expect(budget.left).toBeGreaterThan(0);
  });

  it('pauses as a whole, and takes another limit', async () => {
    const { take, budget, clock } = trial(() => 'taken');
    budget.pause(1000);
    expect(await take(3, 500)).toEqual({ lookup_budget_spent: 3 });
    clock.advance(2000);
    budget.succeeded();
    budget.limit({ perSecond: 1, burst: 1 });
    expect((await take(5, 500)).taken).toBe(1);
  });

  it('shares another limit too', async () => {
    const { take, budget, clock } = trial(() => alone);
    await take(1, 5);
    budget.limit({ perSecond: 40, burst: 40 });
    clock.advance(60_000);
    expect(budget.left).toBe(10);
  });
});

describe('FleetBudget.takeSurplus', () => {
  it('takes from the fleet what nobody else needs there, and from this process too', async () => {
    const asked: unknown[] = [];
    const clock = createClock(5_000);
    const takeRead: Fleet['takeRead'] = async (...read) => {
      asked.push(read);
      return 'taken';
    };
    const fleet: Fleet = { instances: 4, takeRead, joinRead: async () => undefined };
    const budget = new FleetBudget({ clock, fleet, workspaceId: 'w', perSecond: 40, burst: 10 });
    expect(await budget.takeSurplus(6_000)).toBe(true);
    expect(asked).toEqual([['w', { perSecond: 40, burst: 10 }, 1_000, true]]);
    // The own bucket is not full any more.
    expect(await budget.takeSurplus(5_000)).toBe(false);
    expect(asked.length).toBe(1);
  });

  it('takes what is left of its share where the fleet cannot be asked, and nothing where the fleet has none', async () => {
    const { budget } = trial(() => alone);
    expect(await budget.takeSurplus(0)).toBe(true);
    expect(await budget.takeSurplus(0)).toBe(false);
    expect(await trial(() => 'spent').budget.takeSurplus(1_000)).toBe(false);
  });

  it('leaves no burst of its share where the fleet goes afterwards', async () => {
    let answer: Taken = 'taken';
    const { budget, take } = trial(() => answer);
    expect(await budget.takeSurplus(0)).toBe(true);
    answer = alone;
    expect(await take(3, 90)).toEqual({ lookup_budget_spent: 3 });
  });

  it('asks the fleet again when the others are back', async () => {
    const { promise, resolve } = deferred<void>();
    let answer: Taken = { ended: promise };
    const { budget, clock, asked } = trial(() => answer);
    expect(await budget.takeSurplus(0)).toBe(true);
    clock.advance(50);
    const next = budget.takeSurplus(1_000);
    await turns(1);
    answer = 'taken';
    resolve();
    await turns(1);
    clock.advance(500);
    expect(await next).toBe(true);
    expect(asked.length).toBe(3);
  });
});
