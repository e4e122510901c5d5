import type { Clock } from '../ports.js';

/**
 * The same clock, which never goes back: the wall says how late it is, unless it says less than the time that has
 * passed. A wall that was set back would keep windows open after their end; a monotonic clock that stood still while
 * the machine slept would do the same. A wall that jumps forward is believed, and Bird's answers put it right.
 */
export function steadyClock(clock: Clock): Clock {
  if (clock.monotonic === undefined) return clock;
  const monotonic = (): number => clock.monotonic?.() ?? 0;
  let offsetMs = clock.now() - monotonic();
  return {
    now: () => {
      const passed = monotonic();
      offsetMs = Math.max(offsetMs, clock.now() - passed);
      return Math.round(passed + offsetMs);
    },
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (handle) => clock.clearTimeout(handle),
    monotonic,
  };
}
