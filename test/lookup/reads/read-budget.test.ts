import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { FairTokenBucket, type FairTokenBucketOptions, shareOf } from '../../../src/lookup/reads/read-budget.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';

interface Taker {
  readonly askedAt: number;
  readonly giveUpAt: number;
  settledAt: number | undefined;
  reason: 'admitted' | string | undefined;
}

/** A budget on a clock that moves one millisecond at a time, so that every settlement has its own instant. */
class Trial {
  readonly clock: SandboxClock = createClock(0);
  readonly takers: Taker[] = [];
  readonly budget: FairTokenBucket;

  constructor(options: Partial<Omit<FairTokenBucketOptions, 'clock'>> = {}) {
    this.budget = new FairTokenBucket({ clock: this.clock, perSecond: 40, burst: 10, ...options });
  }

  take(maxWaitMs: number, lane?: string): Taker {
    const askedAt = this.clock.now();
    const taker: Taker = { askedAt, giveUpAt: askedAt + maxWaitMs, settledAt: undefined, reason: undefined };
    const settle = (reason: string): void => {
      taker.settledAt = this.clock.now();
      taker.reason = reason;
    };
    this.budget.take(taker.giveUpAt, lane).then(
      () => settle('admitted'),
      (error: unknown) => settle(error instanceof LookupError ? error.code : String(error)),
    );
    this.takers.push(taker);
    return taker;
  }

  async pass(ms: number): Promise<void> {
    for (let step = 0; step < ms; step += 1) {
      await Promise.resolve();
      this.clock.advance(1);
      await Promise.resolve();
    }
    await Promise.resolve();
  }

  get admittedAt(): number[] {
    const admitted = this.takers.filter(({ reason }) => reason === 'admitted');
    return admitted.map(({ settledAt = Number.NaN }) => settledAt).toSorted((a, b) => a - b);
  }
}

/** The most instants within any span of 1000 ms, both ends included. */
function busiestSecond(instants: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, at] of instants.entries()) {
    while ((instants[first] ?? at) < at - 1000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

describe('FairTokenBucket', () => {
  it('lets at most 50 reads into any second by default, under whatever pressure, and 40 a second in the long run [L2]', async () => {
    const trial = new Trial();
    for (let ms = 0; ms < 5000; ms += 1) {
      trial.take(800);
      await trial.pass(1);
    }
    expect(busiestSecond(trial.admittedAt)).toBeLessThanOrEqual(50);
    expect(trial.admittedAt.length).toBeGreaterThanOrEqual(5 * 40);
    expect(trial.admittedAt.length).toBeLessThanOrEqual(10 + 5 * 40);
  });

  it('gives the burst at once and then one read each 25 ms', async () => {
    const trial = new Trial();
    for (let count = 0; count < 13; count += 1) trial.take(800);
    await trial.pass(100);
    expect(trial.admittedAt).toEqual([...Array(10).fill(0), 25, 50, 75]);
  });

  it('saves no more than the burst, however long it was quiet', async () => {
    const trial = new Trial();
    trial.clock.advance(3_600_000);
    for (let count = 0; count < 100; count += 1) trial.take(1);
    await trial.pass(2);
    expect(trial.admittedAt.length).toBe(10);
  });

  it('serves the newest first [L2]', async () => {
    const trial = new Trial({ burst: 1 });
    trial.take(800);
    const [older, newer] = [trial.take(800), trial.take(800)];
    await trial.pass(60);
    expect([newer.settledAt, older.settledAt]).toEqual([25, 50]);
  });

  it('lets the channels take turns, the newest of each first [S15]', async () => {
    const trial = new Trial({ burst: 1 });
    trial.take(800, 'campaign');
    const campaign = Array.from({ length: 5 }, () => trial.take(800, 'campaign'));
    const reply = trial.take(800, 'replies');
    await trial.pass(50);
    expect(reply).toMatchObject({ reason: 'admitted', settledAt: 50 });
    expect(campaign.map(({ settledAt }) => settledAt)).toEqual([undefined, undefined, undefined, undefined, 25]);
  });

  it('leaves the other channels what they need, when one asks for many times what there is [S15]', async () => {
    const trial = new Trial();
    const others: Taker[] = [];
    for (let ms = 0; ms < 10_000; ms += 1) {
      if (ms % 2 === 0) trial.take(800, 'attacked');
      if (ms % 200 === 0) for (const lane of ['b', 'c', 'd']) others.push(trial.take(800, lane));
      await trial.pass(1);
    }
    await trial.pass(800);
    expect(others.length).toBe(150);
    expect(others.filter(({ reason }) => reason !== 'admitted')).toEqual([]);
    expect(trial.takers.filter(({ reason }) => reason !== 'admitted').length).toBeGreaterThan(4_000);
  });

  describe.each([false, true])('(reads go on waiting for which there will be no token: %o)', (keepsSurplus) => {
    it.each([
      ['refuses at once who cannot be served in time', 24, 0],
      ['refuses at once whose read would start at the very end of its time', 25, 0],
    ])('%s', async (_, maxWaitMs, settledAt) => {
      const trial = new Trial({ burst: 1, keepsSurplus });
      trial.take(800);
      const late = trial.take(maxWaitMs);
      await trial.pass(1);
      expect(late).toMatchObject({ reason: 'lookup_budget_spent', settledAt });
    });
  });

  it('sets no timer when nobody waits any more', async () => {
    const trial = new Trial({ burst: 1 });
    let timers = 0;
    const { setTimeout } = trial.clock;
    trial.clock.setTimeout = (...timer) => {
      timers += 1;
      return setTimeout(...timer);
    };
    for (let count = 0; count < 3; count += 1) trial.take(800);
    await trial.pass(1_000);
    expect([trial.admittedAt, timers]).toEqual([[0, 25, 50], 2]);
  });

  it('rejects waiting reads before their deadline', async () => {
    const trial = new Trial({ perSecond: 1, burst: 1 });
    trial.take(10_000);
    const waiting = Array.from({ length: 4 }, () => trial.take(2500));
    await trial.pass(2500);
    expect(waiting.map(({ reason }) => reason)).toEqual([
      'lookup_budget_spent',
      'lookup_budget_spent',
      'admitted',
      'admitted',
    ]);
    for (const { settledAt, giveUpAt } of waiting) expect(settledAt).toBeLessThan(giveUpAt);
  });

  it('refuses at once whom the newer ones leave no token [L3]', async () => {
    const trial = new Trial({ burst: 1 });
    trial.take(800);
    const waiting = Array.from({ length: 40 }, () => trial.take(800));
    await trial.pass(1);
    // One each 25 ms, and none at the very end.
    expect(waiting.map(({ reason }) => reason)).toEqual([
      ...Array(9).fill('lookup_budget_spent'),
      ...Array(31).fill(undefined),
    ]);
    await trial.pass(800);
    expect(waiting.slice(9).map(({ reason }) => reason)).toEqual(Array(31).fill('admitted'));
  });

  it('property: admits as many, and as early, as if all went on waiting', async () => {
    const wave = fc.record({
      gapMs: fc.integer({ min: 0, max: 300 }),
      count: fc.integer({ min: 1, max: 60 }),
      lane: fc.constantFrom('a', 'b', 'c'),
    });
    const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 60 }), burst: fc.integer({ min: 1, max: 20 }) });
    await fc.assert(
      fc.asyncProperty(rates, fc.array(wave, { minLength: 1, maxLength: 6 }), async (options, waves) => {
        const [trial, patient] = [new Trial(options), new Trial({ ...options, keepsSurplus: true })];
        for (const { gapMs, count, lane } of waves) {
          await Promise.all([trial.pass(gapMs), patient.pass(gapMs)]);
          for (let taker = 0; taker < count; taker += 1) for (const one of [trial, patient]) one.take(800, lane);
        }
        await Promise.all([trial.pass(801), patient.pass(801)]);
        expect(trial.admittedAt).toEqual(patient.admittedAt);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['a token is there', 0, 800, false],
    ['a token is there, and no more time than for that', 0, 1, false],
    ['there will be one in time', 1, 26, false],
    ['there will be none in time', 1, 25, true],
    ['there will be one for each', 31, 800, false],
    ['it would take the token of one that has as much time left', 32, 800, true],
    ['it would take the token of one that has hardly less time left', 32, 899, true],
    ['it would take the token of one that has less time left', 32, 900, false],
  ])('says of a read whether it would be refused: %s', (_, taken, maxWaitMs, isRefused) => {
    const trial = new Trial({ burst: 1 });
    for (let count = 0; count < taken; count += 1) trial.take(800);
    expect(trial.budget.refuses(maxWaitMs)).toBe(isRefused);
    expect(trial.budget.refuses(maxWaitMs, '')).toBe(isRefused);
    // Another channel has turns of its own.
    expect(trial.budget.refuses(800, 'other')).toBe(false);
  });

  it('refuses, after a stall, those whose time has passed, and serves the others [L9]', async () => {
    let now = 0;
    let wake: () => void = () => {};
    const setTimeout = (fn: () => void): void => {
      wake = fn;
    };
    const budget = new FairTokenBucket({
      clock: { now: () => now, setTimeout, clearTimeout: () => {} },
      perSecond: 40,
      burst: 1,
    });
    await budget.take(800);
    const [late, inTime] = [budget.take(100).catch((error: LookupError) => error.code), budget.take(2000)];
    now = 1000;
    wake();
    expect(await late).toBe('lookup_budget_spent');
    await inTime;
  });

  it('gives nothing for a clock that is set back, and takes nothing', async () => {
    let now = 100_000;
    const clock = { now: () => now, setTimeout: () => undefined, clearTimeout: () => undefined };
    const budget = new FairTokenBucket({ clock, perSecond: 40, burst: 2 });
    await budget.take(now + 800);
    now -= 50_000;
    await budget.take(now + 800);
    now += 25;
    await budget.take(now + 800);
    await expect(budget.take(now + 1)).rejects.toMatchObject({ code: 'lookup_budget_spent' });
  });

  it('gives nothing for a wall clock that is set forward, where there is a clock that only counts', async () => {
    const wall = { offsetMs: 0 };
    const passed = createClock(0);
    const clock = { ...passed, now: () => passed.now() + wall.offsetMs, monotonic: passed.now };
    const budget = new FairTokenBucket({ clock, perSecond: 40, burst: 10 });
    const admitted = async (): Promise<number> => {
      let count = 0;
      for (let read = 0; read < 20; read += 1)
        budget
          .take(clock.now() + 1)
          .then(() => (count += 1))
          .catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      return count;
    };
    expect(await admitted()).toBe(10);
    wall.offsetMs = 3_600_000;
    expect(await admitted()).toBe(0);
    passed.advance(100);
    expect(await admitted()).toBe(4);
  });

  it('property: no second sees more than rate and burst, and everybody is answered in time [L2]', async () => {
    const wave = fc.record({
      gapMs: fc.integer({ min: 0, max: 400 }),
      count: fc.integer({ min: 1, max: 60 }),
      maxWaitMs: fc.integer({ min: 1, max: 1200 }),
      lane: fc.constantFrom('a', 'b', 'c'),
      isThrottled: fc.boolean(),
    });
    const rates = fc.record({
      perSecond: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.1, max: 60, noNaN: true })),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(rates, fc.array(wave, { minLength: 1, maxLength: 8 }), async (options, waves) => {
        const trial = new Trial(options);
        for (const { gapMs, count, maxWaitMs, lane, isThrottled } of waves) {
          await trial.pass(gapMs);
          for (let taker = 0; taker < count; taker += 1) trial.take(maxWaitMs, lane);
          if (isThrottled && gapMs > 300) trial.budget.pause();
        }
        await trial.pass(1201);
        expect(busiestSecond(trial.admittedAt)).toBeLessThanOrEqual(options.perSecond + options.burst);
        for (const { reason, settledAt, giveUpAt } of trial.takers) {
          expect(['admitted', 'lookup_budget_spent']).toContain(reason);
          expect(settledAt).toBeLessThanOrEqual(giveUpAt);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('FairTokenBucket.takeSurplus', () => {
  it.each([
    [24, false],
    [25, true],
  ])('takes a token if the bucket is full within %i ms: %o', async (waitMs, isTaken) => {
    const { budget, clock } = new Trial({ burst: 2 });
    await budget.take(800);
    const taken = budget.takeSurplus(waitMs);
    await Promise.resolve();
    clock.advance(25);
    expect(await taken).toBe(isTaken);
  });
});

describe('FairTokenBucket.limit', () => {
  it('leaves what was spent spent, under a higher limit too, and fills up to that', () => {
    const { budget, clock } = new Trial({ burst: 1 });
    void budget.take(800);
    budget.limit({ perSecond: 80, burst: 20 });
    expect(budget.left).toBe(0);
    clock.advance(60_000);
    expect(budget.left).toBe(20);
  });

  it('leaves no more reads at once than a lower limit allows', () => {
    const { budget } = new Trial();
    budget.limit({ perSecond: 40, burst: 3 });
    expect(budget.left).toBe(3);
  });

  it('leaves the rate halved that was halved because Bird had too many requests', () => {
    const { budget, clock } = new Trial({ perSecond: 40, burst: 40 });
    budget.pause(1);
    budget.limit({ perSecond: 40, burst: 40 });
    clock.advance(1_000);
    // Not 40: half of the rate, and a tenth that has come back.
    expect(budget.left).toBe(24);
  });
});

describe('FairTokenBucket.pause', () => {
  it('refuses those who wait and all who come until it is over', async () => {
    const trial = new Trial({ burst: 1 });
    trial.take(800);
    const waiting = trial.take(800);
    trial.budget.pause(5000);
    const later = trial.take(10_000);
    await trial.pass(1);
    expect([waiting.reason, later.reason]).toEqual(['lookup_budget_spent', 'lookup_budget_spent']);
    expect([trial.budget.refuses(10_000), trial.budget.left]).toEqual([true, 0]);
    trial.clock.advance(4998);
    expect([trial.budget.refuses(10_000), trial.budget.left]).toEqual([true, 0]);
    const last = trial.take(10_000);
    await trial.pass(1);
    expect(last.reason).toBe('lookup_budget_spent');
    expect([trial.budget.refuses(10_000), trial.budget.left]).toEqual([false, 1]);
    const first = trial.take(10_000);
    await trial.pass(1000);
    expect(first.reason).toBe('admitted');
  });

  it('without a duration is 1 s, then 2, 4 and 8 s, and 1 s again after a success [U5]', async () => {
    const trial = new Trial();
    const pauses: number[] = [];
    const measure = async (): Promise<void> => {
      const startedAt = trial.clock.now();
      trial.budget.pause();
      for (;;) {
        const probe = trial.take(60_000);
        await trial.pass(0);
        await Promise.resolve();
        if (probe.reason !== 'lookup_budget_spent') break;
        trial.clock.advance(100);
      }
      pauses.push(trial.clock.now() - startedAt);
    };
    for (let round = 0; round < 5; round += 1) await measure();
    trial.budget.succeeded();
    await measure();
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 8000, 1000]);
  });

  it('is heeded once where many reads are refused together', async () => {
    const trial = new Trial();
    for (let refused = 0; refused < 10; refused += 1) trial.budget.pause();
    trial.clock.advance(1000);
    for (let count = 0; count < 20; count += 1) trial.take(800);
    await trial.pass(800);
    // The burst at half the rate, and well over a second's tenth of what is left of the rate.
    expect(trial.admittedAt.length).toBe(20);
  });

  it('is waited for by nobody, and ends with no more reads at once than the burst [U5]', async () => {
    const trial = new Trial();
    trial.budget.pause();
    const early = trial.take(10_000);
    await trial.pass(1000);
    expect(early).toMatchObject({ reason: 'lookup_budget_spent', settledAt: 0 });
    for (let count = 0; count < 40; count += 1) trial.take(800);
    await trial.pass(0);
    expect(trial.admittedAt).toEqual(Array(10).fill(1000));
  });

  it('is made longer by a longer one, and never shorter by a shorter one', async () => {
    const trial = new Trial();
    trial.budget.pause(5000);
    trial.budget.pause(10_000);
    trial.budget.pause(1000);
    trial.clock.advance(9999);
    const early = trial.take(10);
    await trial.pass(1);
    const inTime = trial.take(800);
    await trial.pass(1);
    expect([early.reason, inTime.reason]).toEqual(['lookup_budget_spent', 'admitted']);
  });

  it('halves the rate, which then recovers by a tenth a second [U4]', async () => {
    const trial = new Trial({ perSecond: 40, burst: 1 });
    trial.budget.pause(1000);
    trial.clock.advance(1000);
    const admittedPerSecond: number[] = [];
    for (let second = 0; second < 7; second += 1) {
      const before = trial.admittedAt.length;
      for (let ms = 0; ms < 1000; ms += 1) {
        trial.take(5);
        await trial.pass(1);
      }
      admittedPerSecond.push(trial.admittedAt.length - before);
    }
    expect(admittedPerSecond[0]).toBeLessThan(32);
    expect(admittedPerSecond.at(-1)).toBeGreaterThanOrEqual(39);
  });
});

it.each([
  [1, { perSecond: 40, burst: 10 }],
  [4, { perSecond: 10, burst: 2 }],
  // A burst of one each is more than its part: the rate makes up for that.
  [20, { perSecond: 1.5, burst: 1 }],
  [25, { perSecond: 1, burst: 1 }],
  // At 49 hardly anything would be left for the rate.
  [49, { perSecond: 0.1, burst: 1 }],
  [100, { perSecond: 0.1, burst: 1 }],
])('a share of 40 reads a second and 10 at once is, for one of %i processes, %o', (instances, share) => {
  expect(shareOf({ perSecond: 40, burst: 10 }, instances)).toEqual(share);
});
