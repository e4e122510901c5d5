/** A size in bytes, at an instant in seconds. */
export interface Reading {
  readonly at: number;
  readonly bytes: number;
}

export interface Growth {
  /** What the heap has on average. */
  readonly meanBytes: number;
  /** How much it grows over the whole run, at the slope of its last two thirds: by then caches are full and code is hot. */
  readonly bytesPerRun: number;
  /** The second as a share of the first. */
  readonly share: number;
}

/** A line through fewer says nothing. */
export const MIN_READINGS = 6;

export function growthOf(readings: readonly Reading[]): Growth {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined || readings.length < MIN_READINGS)
    throw new RangeError('Too few samples');
  const settled = readings.filter(({ at }) => at >= first.at + (last.at - first.at) / 3);
  const meanBytes = mean(settled.map(({ bytes }) => bytes));
  const bytesPerRun = slopeOf(settled) * (last.at - first.at);
  return { meanBytes, bytesPerRun, share: bytesPerRun / meanBytes };
}

/** Least squares, in bytes a second. */
function slopeOf(readings: readonly Reading[]): number {
  const middle = mean(readings.map(({ at }) => at));
  const level = mean(readings.map(({ bytes }) => bytes));
  const covariance = readings.reduce((sum, { at, bytes }) => sum + (at - middle) * (bytes - level), 0);
  return covariance / readings.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
