/** A platform or status as Bird writes them. Anything else is not shown, since it may be sensitive. */
export function toWord(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z][\w-]{0,59}$/i.test(value) ? value : undefined;
}

/** A rate-limit header's value, if it is a count, a date or a structured value. */
export function toHeaderValue(value: string): string | undefined {
  return /^[\w ,;:="-]{1,100}$/.test(value) ? value : undefined;
}

/** A length of time in its largest fitting unit: `300 ms`, `45 s`, `24 h`, `30 days`. */
export function toLength(ms: number): string {
  const [unitMs, unit] = units.find(([size]) => ms >= 2 * size) ?? [1, 'ms'];
  return `${Math.round(ms / unitMs)} ${unit}`;
}

const units: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];
