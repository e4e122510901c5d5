const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 2 });

export function formatCount(count: number): string {
  return whole.format(count);
}

/** A number of things, such as `1 file` or `2 files`. */
export function formatCountOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A part of a whole, such as `2.2 %`. */
export function formatShare(part: number, all: number): string {
  const share = all === 0 ? 0 : (part / all) * 100;
  // Nearly all is not all.
  if (part < all && share >= 99.95) return 'over 99.9 %';
  return `${share < 10 ? short.format(share) : tenth.format(share)} %`;
}

/** A rate, such as `0.83` or `12`. */
export function formatRate(perSecond: number): string {
  return short.format(perSecond);
}

/** An instant to the minute, in UTC. */
export function formatInstant(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}
