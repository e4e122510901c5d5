/** Reduces samples to a figure: the value that is judged, the median, and where the middle half of the rounds lies. */

export function minimum(samples) {
  return Math.min(...samples);
}

export function median(samples) {
  return quantile(samples, 0.5);
}

function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The ratio of the minima, and of the rounds one by one. */
export function ratioOf(samples, base) {
  const rounds = samples.map((sample, round) => sample / base[round]);
  return { value: minimum(samples) / minimum(base), ...spreadOf(rounds) };
}

/** The same for what one costs beyond the other. */
export function differenceOf(samples, base) {
  const rounds = samples.map((sample, round) => sample - base[round]);
  return { value: minimum(samples) - minimum(base), ...spreadOf(rounds) };
}

export function minimumOf(samples) {
  return { value: minimum(samples), ...spreadOf(samples) };
}

export function maximumOf(samples) {
  return { value: Math.max(...samples), ...spreadOf(samples) };
}

function spreadOf(rounds) {
  return { median: median(rounds), low: quantile(rounds, 0.25), high: quantile(rounds, 0.75) };
}
