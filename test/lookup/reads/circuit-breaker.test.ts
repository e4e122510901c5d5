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

test('closes at the first success, and what failed before does not open it again', () => {
  const { breaker, clock } = createBreaker();
  times(20, () => breaker.failed());
  clock.nowMs += 1_000;
  expect(breaker.admits()).toBe(true);
  breaker.succeeded();
  breaker.failed();
  expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
});
