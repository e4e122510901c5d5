const TRIES = 3;

/**
 * How many times as long one thing takes as another, side by side. For what would take thousands of times as long where it
 * is wrong: on a busy machine, a single figure says nothing of less.
 */
export function timesAsLong(act: () => unknown, reference: () => unknown): number {
  let [own, others] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let count = 0; count < TRIES; count += 1) {
    others = Math.min(others, millisecondsOf(reference));
    own = Math.min(own, millisecondsOf(act));
  }
  return own / others;
}

function millisecondsOf(act: () => unknown): number {
  const startedAt = performance.now();
  act();
  return performance.now() - startedAt;
}
