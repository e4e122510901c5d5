/**
 * Calls `onLate` after `ms`, unless the returned function is called first. After a stall of the event loop, timers run
 * before the replies that have arrived meanwhile are read. `setImmediate` lets those replies be read first.
 */
export function startReplyTimer(ms: number, onLate: () => void): () => void {
  let afterReading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    afterReading = setImmediate(onLate);
  }, ms).unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(afterReading);
  };
}
