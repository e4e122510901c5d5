import { LookupError } from './errors.js';
import type { Clock } from './ports.js';

/** The system's time; its timers do not keep the process alive. */
export const systemClock: Clock = createSystemClock(globalThis.performance);

type Performance = Pick<typeof globalThis.performance, 'now' | 'timeOrigin'>;

export function createSystemClock(performance: Performance | undefined): Clock {
  // Cloudflare Workers count from 1970 here, as the wall clock does, but stand at 0 while a module is loaded: a guard that
  // is created there would see its time double with the first request.
  const isOwnClock = performance !== undefined && performance.timeOrigin > 0;
  return {
    now: () => Date.now(),
    setTimeout: (fn, ms) => {
      const timer: NodeJS.Timeout | number = setTimeout(fn, ms);
      // Outside of Node, such as on Cloudflare Workers, a timer is a number.
      if (typeof timer === 'object') timer.unref();
      return timer;
    },
    clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
    ...(isOwnClock && { monotonic: () => performance.now() }),
  };
}

/** The two clocks count in different units, and the wall is slewed: what they differ by in this is no jump. */
const NOISE_MS = 50;

/**
 * A clock that never goes back. It follows the monotonic clock, and adds the time by which the wall clock gains on it:
 * then the machine has slept. A wall clock set back would keep windows open after their end, and so would a monotonic
 * clock that stands still during sleep. A wall clock that jumps ahead is trusted too, and Bird's answers correct it.
 */
export function steadyClock(clock: Clock): Clock {
  if (clock.monotonic === undefined) return clock;
  const monotonic = (): number => clock.monotonic?.() ?? 0;
  let offsetMs = clock.now() - monotonic();
  // Separate from the offset: a sleep must be noticed even while the wall clock is behind, or was ahead for a while.
  let lastGapMs = offsetMs;
  return {
    now: () => {
      const passed = monotonic();
      const gainedMs = clock.now() - passed - lastGapMs;
      if (Math.abs(gainedMs) > NOISE_MS) {
        lastGapMs += gainedMs;
        offsetMs += Math.max(0, gainedMs);
      }
      return Math.round(passed + offsetMs);
    },
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (handle) => clock.clearTimeout(handle),
    monotonic,
  };
}

/**
 * Settles as `work` does, or rejects with `deadline_exceeded` after `deadlineMs`. A later result is ignored. The work
 * itself goes on, because others may wait for it.
 */
export function withinDeadline<T>(clock: Clock, deadlineMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      reject(deadlineExceeded());
    }, deadlineMs);
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
}

export function deadlineExceeded(): LookupError {
  return new LookupError('deadline_exceeded', 'The answer did not arrive in time');
}
