import { isFunction, isNumber, kindOf } from '../core/option-checks.js';
import type { Duration } from './duration.js';
import { durationMs } from './duration.js';

/**
 * A clock that stands still until `advance` moves it. It fits a guard's `clock` option, so that one clock drives both
 * sides. Its functions work without the object.
 */
export interface SandboxClock {
  /** The current instant, epoch ms. */
  now(): number;
  /**
   * Moves time forward. Timers due on the way fire in the order of their due time, equal ones in the order they were
   * set, each with `now()` at its due instant; timers that they set are included. Throws a `TypeError` or `RangeError`
   * that names the field for anything but a duration. Time cannot go back.
   */
  advance(duration: Duration | number): void;
  /** Calls `callback` once, when `advance` has passed `ms` milliseconds. 0 or less: at the next `advance`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a timer; one that has fired, and anything else, is ignored. */
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
      if (targetAt > LAST_INSTANT)
        throw new RangeError('duration must not lead past the last instant that a Date can represent');
      for (let timer = timers.takeDue(targetAt); timer !== undefined; timer = timers.takeDue(targetAt)) {
        currentAt = Math.max(currentAt, timer.dueAt);
        timer.callback();
      }
      // A callback may itself have advanced further than this call.
      currentAt = Math.max(currentAt, targetAt);
    },
    setTimeout: (callback, ms) => {
      if (!isFunction(callback)) throw new TypeError(`callback must be a function; received ${kindOf(callback)}`);
      if (!isNumber(ms) || Number.isNaN(ms)) throw new TypeError(`ms must be a number; received ${kindOf(ms)}`);
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

/** Timers sorted by due time; equal ones in the order in which they were added. */
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
