import type { Clock } from '../ports.js';

/**
 * Calls `onLate` after `ms`, unless the returned function is called first. After a stall of the event loop, timers run
 * before the replies that have arrived meanwhile are read. A second timer lets those replies be read first.
 */
export function startReplyTimer(clock: Clock, ms: number, onLate: () => void): () => void {
  let timer = clock.setTimeout(() => {
    timer = clock.setTimeout(onLate, 0);
  }, ms);
  return () => clock.clearTimeout(timer);
}
