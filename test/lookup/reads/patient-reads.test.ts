import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { PatientQueue } from '../../../src/lookup/reads/patient-reads.js';
import { FairTokenBucket, type ReadLimit } from '../../../src/lookup/reads/read-budget.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { turns } from '../../guard/support.js';

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
