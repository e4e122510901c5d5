import { isNumber, isObject, kindOf } from '../core/option-checks.js';

/** A length of time: the sum of its parts. Each is a finite number from 0, default 0. */
export interface Duration {
  /** Days of 24 hours. */
  readonly days?: number | undefined;
  /** Hours of 60 minutes. */
  readonly hours?: number | undefined;
  /** Minutes of 60 seconds. */
  readonly minutes?: number | undefined;
  /** Seconds, with fractions down to the millisecond. */
  readonly seconds?: number | undefined;
  /** Milliseconds; the sum is rounded to a whole one. */
  readonly milliseconds?: number | undefined;
}

const unitMs: Readonly<Record<keyof Duration, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
};

/**
 * The length of a duration in whole ms; a number is in ms already. Throws a `TypeError` for an unknown field or a wrong
 * type, a `RangeError` for a negative or infinite number; each names the field.
 */
export function durationMs(duration: Duration | number): number {
  if (typeof duration === 'number') return Math.round(amount('duration', duration));
  if (!isObject(duration)) {
    throw new TypeError(`duration must be an object or a number of milliseconds; received ${kindOf(duration)}`);
  }
  const parts = Object.entries(duration).map(([field, value]) => {
    if (!isUnit(field)) {
      throw new TypeError(`duration.${field} is not a valid unit; valid units are ${Object.keys(unitMs).join(', ')}`);
    }
    return value === undefined ? 0 : amount(`duration.${field}`, value) * unitMs[field];
  });
  return Math.round(parts.reduce((sum, part) => sum + part, 0));
}

function isUnit(field: string): field is keyof Duration {
  return Object.hasOwn(unitMs, field);
}

function amount(field: string, value: unknown): number {
  const problem = `${field} must be a finite number, 0 or more; received ${kindOf(value)}`;
  if (!isNumber(value)) throw new TypeError(problem);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(problem);
  return value;
}
