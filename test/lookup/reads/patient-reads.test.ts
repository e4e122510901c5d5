import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import type { Breakers } from '../../../src/lookup/reads/circuit-breaking.js';
import { PatientQueue, patientLookup, patientQueues } from '../../../src/lookup/reads/patient-reads.js';
import type { Budget } from '../../../src/lookup/reads/rate-limited.js';
import { FairTokenBucket, type ReadLimit } from '../../../src/lookup/reads/read-budget.js';
import type { Lookup, ReadLimits } from '../../../src/ports.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { deferred, turns } from '../../guard/support.js';

interface Taker {
  readonly kind: 'patient' | 'urgent';
  readonly by: number;
  settledAt?: number;
  reason?: string;
}

/** A bucket and the queue of those who get what it has left, on a virtual clock. */
function trialOf(limit: ReadLimit) {
  const clock = createClock(0);
  const budget = new FairTokenBucket({ clock, ...limit });
  const refused = { ms: 0 };
  const queue = new PatientQueue({ clock, budget, refusedForMs: () => refused.ms });
  const takers: Taker[] = [];
  const take = (kind: Taker['kind'], waitMs: number, lane = 'a'): Taker => {
    const taker: Taker = { kind, by: clock.now() + waitMs };
    const asked = kind === 'patient' ? queue.turn(taker.by, lane) : budget.take(taker.by, lane);
    const settle = (reason: string): void => {
      Object.assign(taker, { reason, settledAt: clock.now() });
    };
    asked.then(
      () => settle('admitted'),
      (error: unknown) => settle(error instanceof LookupError ? error.code : String(error)),
    );
    takers.push(taker);
    return taker;
  };
  const pass = async (ms: number, stepMs = 1): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
      clock.advance(stepMs);
    }
    await turns(1);
  };
  const admitted = (kind?: Taker['kind']): number[] =>
    takers
      .filter((taker) => taker.reason === 'admitted' && (kind === undefined || taker.kind === kind))
      .map(({ settledAt = Number.NaN }) => settledAt)
      .toSorted((a, b) => a - b);
  return { clock, budget, queue, refused, takers, take, pass, admitted };
}

function busiestSecond(instants: readonly number[]): number {
  return Math.max(0, ...instants.map((from) => instants.filter((at) => at >= from && at <= from + 1000).length));
}

it('gives one at once, then the whole rate, and leaves all but one of the burst', async () => {
  const { take, pass, admitted, takers } = trialOf({ perSecond: 40, burst: 10 });
  for (let count = 0; count < 50; count += 1) take('patient', 20_000);
  await pass(1000);
  expect(admitted().slice(0, 4)).toEqual([0, 25, 50, 75]);
  expect(admitted().length).toBeGreaterThanOrEqual(40);
  for (let count = 0; count < 9; count += 1) take('urgent', 800);
  await pass(0);
  const urgent = takers.filter(({ kind }) => kind === 'urgent');
  expect(urgent.map(({ settledAt }) => settledAt)).toEqual(urgent.map(() => 1000));
});

it('gives way for as long as others need the whole rate', async () => {
  const { take, pass, admitted } = trialOf({ perSecond: 40, burst: 2 });
  const patient = take('patient', 3_000);
  for (let count = 0; count < 40; count += 1) take('urgent', 800);
  await pass(2_000);
  expect(admitted('patient').every((at) => at === 0 || at > 700)).toBe(true);
  expect(patient.reason).toBe('admitted');
});

it('lets lanes take turns, and within one those go first that have to start first', async () => {
  const { take, pass } = trialOf({ perSecond: 10, burst: 1 });
  const late = [take('patient', 9_000), take('patient', 9_000), take('patient', 9_000)];
  const soon = take('patient', 5_000);
  const other = take('patient', 9_000, 'b');
  await pass(1000);
  const order = [late[0], soon, other, late[1], late[2]].toSorted((a, b) => (a?.settledAt ?? 0) - (b?.settledAt ?? 0));
  expect(order[0]).toBe(soon);
  expect(order[1]).toBe(other);
});

it('gives the first turns of a lane to those that have to start first, wherever they stand, and else to the oldest', async () => {
  const { take, pass } = trialOf({ perSecond: 10, burst: 1 });
  const waits = [9_000, 9_000, 5_000, 9_000, 6_000];
  const waiting = waits.map((waitMs) => take('patient', waitMs));
  await pass(600);
  expect(waiting.map(({ settledAt }) => settledAt)).toEqual([200, 300, 0, 400, 100]);
});

it('refuses those whose turn does not come in time, and at once where none can come', async () => {
  const { take, pass, budget, clock } = trialOf({ perSecond: 10, burst: 1 });
  const takers = Array.from({ length: 10 }, () => take('patient', 450));
  await pass(500);
  expect(takers.map(({ reason }) => reason).toSorted()).toEqual([
    ...Array(5).fill('admitted'),
    ...Array(5).fill('lookup_budget_spent'),
  ]);
  budget.pause(60_000);
  const pausedAt = clock.now();
  const hopeless = take('patient', 20_000);
  const hopeful = take('patient', 100_000);
  await pass(61_000, 500);
  expect(hopeless.settledAt).toBeLessThanOrEqual(pausedAt + 20_000);
  expect([hopeless.reason, hopeful.reason]).toEqual(['lookup_budget_spent', 'admitted']);
});

it('waits while the circuit breaker refuses, and says so where that takes too long', async () => {
  const { take, pass, refused, clock } = trialOf({ perSecond: 10, burst: 5 });
  refused.ms = 300;
  clock.setTimeout(() => (refused.ms = 0), 300);
  const [short, long] = [take('patient', 100), take('patient', 1_000)];
  await pass(400);
  // At once, since it is known that the time will be over.
  expect(short).toMatchObject({ reason: 'lookup_failed', settledAt: 0 });
  expect(long).toMatchObject({ reason: 'admitted', settledAt: 300 });
});

it('refuses all when it is closed', async () => {
  const { take, pass, queue } = trialOf({ perSecond: 10, burst: 1 });
  const takers = [take('patient', 1_000), take('patient', 1_000)];
  queue.close();
  takers.push(take('patient', 1_000));
  await pass(0);
  expect(takers.map(({ reason }) => reason)).toEqual(['lookup_failed', 'lookup_failed', 'lookup_failed']);
});

describe('a budget across a network', () => {
  /** A queue whose tokens the test gives one by one. */
  function queueOf() {
    const clock = createClock(0);
    const asked: ReturnType<typeof deferred<boolean>>[] = [];
    const takeSurplus = (): Promise<boolean> => {
      const token = deferred<boolean>();
      asked.push(token);
      return token.promise;
    };
    const queue = new PatientQueue({ clock, budget: { takeSurplus }, refusedForMs: () => 0 });
    const outcomes: string[] = [];
    const turn = (startBy: number): void =>
      void queue.turn(startBy, 'a').then(
        () => outcomes.push('admitted'),
        ({ code }: LookupError) => outcomes.push(code),
      );
    return { clock, asked, turn, outcomes };
  }

  it('is asked for one token at a time, however many wait', async () => {
    const { asked, turn, outcomes } = queueOf();
    for (let count = 0; count < 3; count += 1) turn(1_000);
    await turns(1);
    expect(asked).toHaveLength(1);
    asked[0]?.resolve(true);
    await turns(1);
    expect([outcomes, asked.length]).toEqual([['admitted'], 2]);
  });

  it('may give a token when nobody waits any more, and goes on giving to those that come', async () => {
    const { clock, asked, turn, outcomes } = queueOf();
    turn(100);
    await turns(1);
    clock.advance(100);
    asked[0]?.resolve(true);
    await turns(1);
    turn(1_000);
    await turns(1);
    asked[1]?.resolve(true);
    await turns(1);
    expect(outcomes).toEqual(['lookup_budget_spent', 'admitted']);
  });

  it('lets nobody start where it fails', async () => {
    const { asked, turn, outcomes } = queueOf();
    turn(1_000);
    await turns(1);
    asked[0]?.reject(new Error('away'));
    await turns(1);
    expect(outcomes).toEqual(['lookup_budget_spent']);
  });
});

describe('the queues of a workspace', () => {
  function setUp(refusedMs: { readonly reads: number; readonly searches: number }) {
    const clock = createClock(0);
    const taken: string[] = [];
    const budgetOf = (kind: string) => ({
      takeSurplus: async () => {
        taken.push(kind);
        return true;
      },
    });
    const queues = patientQueues({
      clock,
      budgets: { reads: budgetOf('reads') as unknown as Budget, searches: budgetOf('searches') as unknown as Budget },
      breakers: {
        reads: { refusedForMs: refusedMs.reads },
        searches: { refusedForMs: refusedMs.searches },
      } as unknown as Breakers,
    });
    const outcomeOf = (kind: 'reads' | 'searches'): Promise<string> =>
      queues[kind].turn(100, 'a').then(
        () => 'admitted',
        ({ code }: LookupError) => code,
      );
    return { taken, outcomeOf };
  }

  it('take from budgets of their own', async () => {
    const { taken, outcomeOf } = setUp({ reads: 0, searches: 0 });
    expect([await outcomeOf('reads'), taken]).toEqual(['admitted', ['reads']]);
    expect([await outcomeOf('searches'), taken]).toEqual(['admitted', ['reads', 'searches']]);
  });

  it('wait for breakers of their own, and a search also for that of the read that follows it', async () => {
    const failing = setUp({ reads: 101, searches: 0 });
    expect([await failing.outcomeOf('reads'), await failing.outcomeOf('searches')]).toEqual([
      'lookup_failed',
      'lookup_failed',
    ]);
    const searching = setUp({ reads: 0, searches: 101 });
    expect([await searching.outcomeOf('reads'), await searching.outcomeOf('searches')]).toEqual([
      'admitted',
      'lookup_failed',
    ]);
  });
});

describe('a read', () => {
  const ref = { workspaceId: 'w', channelId: 'c', contactId: 'k' };

  /** Turns that come `waitMs` later. */
  function setUp(waitMs = 0) {
    const clock = createClock(5_000);
    const turnsOf: [string, number, string][] = [];
    const asked: ReadLimits[] = [];
    const queueOf = (kind: string): PatientQueue =>
      ({
        turn: async (startBy: number, lane: string) => {
          turnsOf.push([kind, startBy, lane]);
          clock.advance(waitMs);
        },
      }) as unknown as PatientQueue;
    const ask = async (_ref: unknown, limits: ReadLimits): Promise<string> => {
      asked.push(limits);
      return 'facts';
    };
    const lookup = patientLookup(
      { window: ask, contactId: ask } as unknown as Lookup,
      { reads: queueOf('reads'), searches: queueOf('searches') },
      clock,
    );
    return { lookup, turnsOf, asked };
  }

  it('that somebody waits for needs no turn, and is asked as it is', async () => {
    const { lookup, turnsOf, asked } = setUp();
    const limits = { giveUpAt: 5_800 };
    expect(await lookup.window(ref, limits)).toBe('facts');
    expect([turnsOf, asked]).toEqual([[], [limits]]);
  });

  it('that nobody waits for has its own time from its turn on, and its token', async () => {
    const { lookup, turnsOf, asked } = setUp(7_000);
    expect(await lookup.window(ref, { giveUpAt: 25_000, patientMs: 800 })).toBe('facts');
    expect(turnsOf).toEqual([['reads', 24_600, 'c']]);
    expect(asked).toEqual([{ giveUpAt: 12_800, hasToken: true }]);
  });

  it('goes on no longer than its decision waits', async () => {
    const { lookup, asked } = setUp(19_500);
    await lookup.window(ref, { giveUpAt: 25_000, patientMs: 800 });
    expect(asked).toEqual([{ giveUpAt: 25_000, hasToken: true }]);
  });

  it.each([
    [800, 24_600],
    [600, 24_700],
    [20_000, 24_600],
  ])('of %i ms has to start with half of its time left, 400 ms at most', async (patientMs, startBy) => {
    const { lookup, turnsOf } = setUp();
    await lookup.window(ref, { giveUpAt: 25_000, patientMs });
    expect(turnsOf).toEqual([['reads', startBy, 'c']]);
  });

  it('that is a search has the turns of searches', async () => {
    const { lookup, turnsOf } = setUp();
    await lookup.contactId({ workspaceId: 'w', key: 'k', value: 'v' }, { giveUpAt: 25_000, patientMs: 800 });
    expect(turnsOf).toEqual([['searches', 24_600, '']]);
  });

  it('serves all who joined before its turn', async () => {
    const { lookup } = setUp();
    const served: number[] = [];
    const waiters = { joined: 3, serves: (joined: number) => void served.push(joined), grown: async () => {} };
    await lookup.window(ref, { giveUpAt: 25_000, patientMs: 800, waiters });
    expect(served).toEqual([3]);
  });
});

it('property: no second has more than rate and burst, and everybody is answered in time', async () => {
  const wave = fc.record({
    gapMs: fc.integer({ min: 0, max: 300 }),
    count: fc.integer({ min: 1, max: 30 }),
    waitMs: fc.integer({ min: 1, max: 900 }),
    kind: fc.constantFrom('patient' as const, 'urgent' as const),
    lane: fc.constantFrom('a', 'b'),
  });
  const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 60 }), burst: fc.integer({ min: 1, max: 20 }) });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(wave, { minLength: 1, maxLength: 6 }), async (limit, waves) => {
      const { take, pass, admitted, takers } = trialOf(limit);
      for (const { gapMs, count, waitMs, kind, lane } of waves) {
        await pass(gapMs);
        for (let taker = 0; taker < count; taker += 1) take(kind, waitMs, lane);
      }
      await pass(901);
      expect(busiestSecond(admitted())).toBeLessThanOrEqual(limit.perSecond + limit.burst);
      for (const { reason, settledAt, by } of takers) {
        expect(['admitted', 'lookup_budget_spent']).toContain(reason);
        expect(settledAt).toBeLessThanOrEqual(by);
      }
    }),
    { numRuns: 30 },
  );
});
