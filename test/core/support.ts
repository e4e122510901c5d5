import { decideFreeform } from '../../src/core/freeform.js';
import type { ChannelInput, ContactInput, Decision, FreeformOptions } from '../../src/core/types.js';

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** The instant that every table asks about, unless it says otherwise. */
export const AT: number = Date.UTC(2026, 5, 15, 12);

export const iso = (instant: number): string => new Date(instant).toISOString();

export const whatsapp = { platformId: 'whatsapp', status: 'active' } as const;

/** Asks as of `AT`, with facts of any shape: what arrives from JSON obeys no type. */
export function decide(channel: unknown, contact?: unknown, options?: object): Decision {
  return decideFreeform(
    channel as ChannelInput,
    contact as ContactInput,
    {
      at: AT,
      ...options,
    } as FreeformOptions,
  );
}

export const open = (validUntil: number): Decision => ({ verdict: 'allow', reason: 'service_window_open', validUntil });

export const closed = (closedAt: number | null): Decision => ({
  verdict: 'deny',
  reason: 'service_window_closed',
  closedAt,
});

export const windowUnknown: Decision = { verdict: 'unknown', reason: 'window_unknown' };
export const platformUnknown: Decision = { verdict: 'unknown', reason: 'platform_unknown' };
export const malformed: Decision = { verdict: 'unknown', reason: 'malformed_answer' };
export const noServiceWindow: Decision = { verdict: 'allow', reason: 'no_service_window', validUntil: null };
export const permanentSession: Decision = { verdict: 'allow', reason: 'permanent_session', validUntil: null };

/** Values that are no instant, whoever reads them. */
export const notInstants: Array<[name: string, value: unknown]> = [
  ['an empty string', ''],
  ['a number in a string', '1781524800000'],
  ['seconds in a string', '1781524800'],
  ['seconds', 1_781_524_800],
  ['seconds with a fraction', 1_781_524_800.5],
  ['a Date made from seconds', new Date(1_781_524_800)],
  ['no offset', '2026-06-15T12:00:00'],
  ['a date alone', '2026-06-15'],
  ['30 February', '2026-02-30T12:00:00Z'],
  ['an offset of 25 hours', '2026-06-15T12:00:00+25:00'],
  ['a leap second', '2026-06-30T23:59:60Z'],
  ['words', 'tomorrow'],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['an invalid Date', new Date(Number.NaN)],
  ['an object that only claims to be a Date', Object.create(Date.prototype)],
  ['a proxy around a Date', new Proxy(new Date(Date.UTC(2026, 5, 16)), {})],
  ['true', true],
  ['false', false],
  ['a bigint', 1_781_524_800_000n],
  ['an object', {}],
  ['an array with an instant', ['2026-06-16T12:00:00Z']],
  ['an object that converts to an instant', { valueOf: () => 1_781_611_200_000 }],
  ['a String object', Object('2026-06-16T12:00:00Z')],
  ['a Number object', Object(1_781_611_200_000)],
  ['a symbol', Symbol('2026-06-16T12:00:00Z')],
  ['a function', () => 1_781_611_200_000],
];
