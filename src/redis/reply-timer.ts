import type { Clock } from '../ports.js';

/**
 * Calls `onLate` after `ms`, unless the returned function is called first. After a stall of the event loop, timers run
 * before the replies that have arrived meanwhile are read. `setImmediate` lets those replies be read first.
 */
export function startReplyTimer(clock: Clock, ms: number, onLate: () => void): () => void {
  let afterReading: NodeJS.Immediate | undefined;
  const timer = clock.setTimeout(() => {
    afterReading = setImmediate(onLate);
  }, ms);
  return () => {
    clock.clearTimeout(timer);
    clearImmediate(afterReading);
  };
}
