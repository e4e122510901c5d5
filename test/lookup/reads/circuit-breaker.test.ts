import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { CircuitBreaker } from '../../../src/lookup/reads/circuit-breaker.js';

function createBreaker(): { breaker: CircuitBreaker; clock: { nowMs: number } } {
  const clock = { nowMs: 1_000_000 };
  const breaker = new CircuitBreaker({ now: () => clock.nowMs, setTimeout: () => undefined, clearTimeout: () => {} });
  return { breaker, clock };
}

function times(count: number, act: () => void): void {
  for (let done = 0; done < count; done += 1) act();
}

test('stays closed while fewer than 20 reads have been made, whatever they gave', () => {
  const { breaker } = createBreaker();
  times(19, () => breaker.failed());
  expect(breaker.admits()).toBe(true);
});

test('opens at the twentieth read when half of them failed, and not when fewer did [U6]', () => {
  const half = createBreaker().breaker;
  times(10, () => half.succeeded());
  times(10, () => half.failed());
  expect(half.admits()).toBe(false);

  const fewer = createBreaker().breaker;
  times(11, () => fewer.succeeded());
  times(9, () => fewer.failed());
  expect(fewer.admits()).toBe(true);
});

test('counts the last ten seconds only', () => {
  const { breaker, clock } = createBreaker();
  times(19, () => breaker.failed());
  clock.nowMs += 10_000;
  breaker.failed();
  expect(breaker.admits()).toBe(true);
});

test.each([
  ['failed', 10, false],
  ['failed', 9, true],
  ['succeeded', 10, false],
  ['succeeded', 9, true],
] as const)(
  'counts no read that %s more than ten seconds ago: %i failures of 20 later',
  (before, failures, isClosed) => {
    const { breaker, clock } = createBreaker();
    // Too few of these to open it by themselves.
    times(19, () => breaker[before]());
    clock.nowMs += 10_000;
    times(20 - failures, () => breaker.succeeded());
    times(failures, () => breaker.failed());
    expect(breaker.admits()).toBe(isClosed);
  },
);

test('counts, of reads that go on all the time, those of the last ten seconds', () => {
  const { breaker, clock } = createBreaker();
  times(4, () => breaker.failed());
  clock.nowMs += 5_000;
  times(11, () => breaker.failed());
  clock.nowMs += 5_000;
  times(8, () => breaker.failed());
  // 19 of the 23.
  expect(breaker.admits()).toBe(true);
  breaker.failed();
  expect(breaker.admits()).toBe(false);
});

test('keeps nothing of the reads that count no more, however many there have been', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { breaker, clock } = createBreaker();
  const reads = 300_000;
  // Many at once, then few at a time.
  times(100, () => breaker.succeeded());
  clock.nowMs += 10_000;
  collect();
  const before = process.memoryUsage().heapUsed;
  times(reads, () => {
    clock.nowMs += 1_000;
    breaker.succeeded();
  });
  collect();
  // Bytes; one that is kept takes 40.
  expect((process.memoryUsage().heapUsed - before) / reads).toBeLessThan(10);
  expect(breaker.isOpen).toBe(false);
});

test('while open, lets one probe through a second [U6]', () => {
  const { breaker, clock } = createBreaker();
  times(20, () => breaker.failed());
  clock.nowMs += 999;
  expect(breaker.admits()).toBe(false);
  clock.nowMs += 1;
  expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
  breaker.failed();
  clock.nowMs += 1_000;
  expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
});

test('while open, is not kept from its next probe by reads that began before and fail late', () => {
  const { breaker, clock } = createBreaker();
  times(20, () => breaker.failed());
  times(9, () => {
    clock.nowMs += 100;
    breaker.failed();
  });
  clock.nowMs += 100;
  expect([breaker.refusedForMs, breaker.admits()]).toEqual([0, true]);
});

test('closes at the first success, and what failed before does not open it again', () => {
  const { breaker, clock } = createBreaker();
  times(20, () => breaker.failed());
  clock.nowMs += 1_000;
  expect(breaker.admits()).toBe(true);
  breaker.succeeded();
  breaker.failed();
  expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
});
