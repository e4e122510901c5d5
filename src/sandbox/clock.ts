import type { Duration } from './duration.js';
import { durationMs } from './duration.js';

/**
 * The sandbox's clock. It stands still until `advance` moves it, and has the shape that a guard takes as its `clock`, so
 * that one clock drives both sides. Its functions may be passed around without the object.
 */
export interface SandboxClock {
  /** The sandbox's instant, in epoch ms. */
  now(): number;
  /**
   * Moves time forward. Timers that fall due on the way fire in order of their due time, equal ones in the order in
   * which they were set, each with `now()` at its own due instant; those that they set are included. Throws a
   * `TypeError` or `RangeError` that names the field when the duration is not one; time cannot go back.
   */
  advance(duration: Duration | number): void;
  /** Runs `callback` once, when `advance` passes `ms` from now. 0 or less: at the next `advance`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Takes a timer back; anything else, and a timer that has fired, is ignored. */
  clearTimeout(handle: unknown): void;
}

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

const LAST_INSTANT = 8.64e15;

/** A clock that shows `startAt` (epoch ms) until it is advanced. */
export function createClock(startAt: number): SandboxClock {
  const timers = createTimerQueue();
  let currentAt = startAt;

  return {
    now: () => currentAt,
    advance: (duration) => {
      const targetAt = currentAt + durationMs(duration);
      if (targetAt > LAST_INSTANT) throw new RangeError('duration leads past the last instant that a Date can hold');
      for (let timer = timers.takeDue(targetAt); timer !== undefined; timer = timers.takeDue(targetAt)) {
        currentAt = Math.max(currentAt, timer.dueAt);
        timer.callback();
      }
      // A callback may itself have advanced further than this call was to go.
      currentAt = Math.max(currentAt, targetAt);
    },
    setTimeout: (callback, ms) => {
      if (typeof callback !== 'function') throw new TypeError(`callback must be a function, not ${typeof callback}`);
      if (typeof ms !== 'number' || Number.isNaN(ms)) throw new TypeError(`ms must be a number, not ${String(ms)}`);
      return timers.add({ dueAt: currentAt + Math.max(0, ms), callback });
    },
    clearTimeout: timers.remove,
  };
}

interface TimerQueue {
  add(timer: Timer): Timer;
  remove(handle: unknown): void;
  takeDue(at: number): Timer | undefined;
}

/** Timers sorted by due time; among equals the one that was added first comes first. */
function createTimerQueue(): TimerQueue {
  const sorted: Timer[] = [];
  return {
    add: (timer) => {
      sorted.splice(firstLaterThan(sorted, timer.dueAt), 0, timer);
      return timer;
    },
    remove: (handle) => {
      const index = sorted.indexOf(handle as Timer);
      if (index >= 0) sorted.splice(index, 1);
    },
    takeDue: (at) => {
      const [next] = sorted;
      return next !== undefined && next.dueAt <= at ? sorted.shift() : undefined;
    },
  };
}

function firstLaterThan(sorted: readonly Timer[], dueAt: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.dueAt ?? Number.POSITIVE_INFINITY) <= dueAt) low = middle + 1;
    else high = middle;
  }
  return low;
}
