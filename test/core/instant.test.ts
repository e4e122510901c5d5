import { runInNewContext } from 'node:vm';
import { isExists } from 'date-fns/isExists';
import { parseISO } from 'date-fns/parseISO';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { toInstant } from '../../src/core/instant.js';
import { decide, notInstants, open, whatsapp } from './support.js';

const NOON = Date.UTC(2026, 5, 15, 12);

describe('an RFC 3339 string with offset is an instant', () => {
  test.each<[text: string, instant: number]>([
    ['2026-06-15T12:00:00Z', NOON],
    ['2026-06-15T12:00:00z', NOON],
    ['2026-06-15t12:00:00Z', NOON],
    ['2026-06-15T12:00:00+00:00', NOON],
    ['2026-06-15T12:00:00-00:00', NOON],
    ['2026-06-15T14:00:00+02:00', NOON],
    ['2026-06-15T05:00:00-07:00', NOON],
    ['2026-06-15T17:30:00+05:30', NOON],
    ['2026-06-16T02:00:00+14:00', NOON],
    ['2026-06-15T00:00:00-12:00', NOON],
    ['2026-06-16T11:59:00+23:59', NOON],
    ['2026-06-15T12:00:00.0Z', NOON],
    ['2026-06-15T12:00:00.5Z', NOON + 500],
    ['2026-06-15T12:00:00.25Z', NOON + 250],
    ['2026-06-15T12:00:00.123Z', NOON + 123],
    ['2026-06-15T12:00:00.001+00:00', NOON + 1],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['2025-12-31T23:59:59.999Z', Date.UTC(2026, 0, 1) - 1],
    ['1970-01-01T00:00:00Z', 0],
    ['1969-12-31T23:59:59.999Z', -1],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
  ])('%s', (text, instant) => {
    expect(toInstant(text)).toBe(instant);
  });

  test('the instants that Bird prints in its own examples are read', () => {
    expect(toInstant('2024-09-07T23:25:36.811Z')).toBe(Date.UTC(2024, 8, 7, 23, 25, 36, 811));
    expect(toInstant('2025-07-03T22:39:36.666Z')).toBe(Date.UTC(2025, 6, 3, 22, 39, 36, 666));
  });
});

describe('any number of fraction digits is an instant; what is finer than a millisecond is cut off, never rounded', () => {
  test.each<[digits: string, milliseconds: number]>([
    ['1234', 123],
    ['123456', 123],
    ['999999', 999],
    ['999999999', 999],
    ['0009999', 0],
    ['9'.repeat(100_000), 999],
  ])('.%s', (digits, milliseconds) => {
    expect(toInstant(`2026-06-15T12:00:00.${digits}Z`)).toBe(NOON + milliseconds);
  });

  test('a fraction before 1970 is cut off the written fraction too', () => {
    expect(toInstant('1969-12-31T23:59:59.9999Z')).toBe(-1);
  });
});

describe('scenario 3: a string that leaves the instant open is none [U14, U15]', () => {
  test.each([
    '2026-06-15T12:00:00',
    '2026-06-15T12:00:00.000',
    '2026-06-15',
    '2026-06-15Z',
    '2026-06',
    '2026',
    '2026-06-15T12',
    '2026-06-15T12Z',
    '2026-06-15T12:00',
    '2026-06-15T12:00Z',
    '2026-06-15 12:00:00Z',
    '20260615T120000Z',
    '2026-166T12:00:00Z',
    '2026-W25-1T12:00:00Z',
    '2026-6-15T12:00:00Z',
    '26-06-15T12:00:00Z',
    '+002026-06-15T12:00:00Z',
    '-2026-06-15T12:00:00Z',
    '2026-06-15T12:00:00.Z',
    '2026-06-15T12:00:00,5Z',
    '2026-06-15T12:00:00 Z',
    '2026-06-15T12:00:00ZZ',
    '2026-06-15T12:00:00UTC',
    '2026-06-15T12:00:00+02',
    '2026-06-15T12:00:00+0200',
    '2026-06-15T12:00:00+2:00',
    '2026-06-15T12:00:00+24:00',
    '2026-06-15T12:00:00+25:00',
    '2026-06-15T12:00:00+02:60',
    '2026-06-15T12:00:00+02:00:00',
    '2026-06-15T12:00:00+02:00[Europe/Amsterdam]',
    '2026-06-15T12:00:00\u221202:00',
    '2026-06-15T24:00:00Z',
    '2026-06-15T25:00:00Z',
    '2026-06-15T12:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-02-29T12:00:00Z',
    '2026-02-30T12:00:00Z',
    '2100-02-29T12:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-00-15T12:00:00Z',
    '2026-13-15T12:00:00Z',
    '2026-06-00T12:00:00Z',
    '2026-06-32T12:00:00Z',
    ' 2026-06-15T12:00:00Z',
    '2026-06-15T12:00:00Z ',
    '2026-06-15T12:00:00Z\n',
    '2abc-06-15T12:00:00Z',
    '2026-06-1aT12:00:00Z',
    '2026-06-15T1a:00:00Z',
    '2026-06-15T12:0a:00Z',
    '2026-06-15T12:00:0aZ',
    '2026-06-15T12:00:00.abcZ',
    '\u0662\u0660\u0662\u0666-06-15T12:00:00Z',
    '\uff12026-06-15T12:00:00Z',
    '2026-06-15T12:00:00Z\u0000',
    'Mon, 15 Jun 2026 12:00:00 GMT',
    'Mon Jun 15 2026 12:00:00 GMT+0000',
    '1781524800',
    '1781524800000',
    '1781524800000.0',
    '0',
    'null',
    'Invalid Date',
    'NaN',
  ])('%j', (text) => {
    expect(toInstant(text)).toBeUndefined();
  });

  test('a hostile megabyte is refused like any other text', () => {
    for (const piece of ['2', '2026-06-15T12:00:00.', '2026-06-15T12:00:00Z', '+', '\u0000']) {
      expect(toInstant(piece.repeat(1_000_000 / piece.length))).toBeUndefined();
    }
    expect(toInstant(`2026-06-15T12:00:00.${'1'.repeat(1_000_000)}`)).toBeUndefined();
  });
});

describe('epoch milliseconds and Dates are instants', () => {
  test.each<[name: string, value: unknown, instant: number]>([
    ['epoch milliseconds', NOON, NOON],
    ['zero', 0, 0],
    ['before 1970', -1_000, -1_000],
    ['a fraction of a millisecond, cut off', NOON + 0.9, NOON],
    ['the last millisecond of the year 9999', 253_402_300_799_999, 253_402_300_799_999],
    ['as far before 1970', -253_402_300_799_999, -253_402_300_799_999],
    ['a Date', new Date(NOON), NOON],
    ['a Date at zero', new Date(0), 0],
    ['a Date of a subclass', new (class extends Date {})(NOON), NOON],
    ['a frozen Date', Object.freeze(new Date(NOON)), NOON],
    ['a Date of another realm', runInNewContext(`new Date(${NOON})`), NOON],
  ])('%s', (_name, value, instant) => {
    expect(toInstant(value)).toBe(instant);
  });

  test.each<[name: string, value: number]>([
    ['one millisecond past the year 9999', 253_402_300_800_000],
    ['as far before 1970', -253_402_300_800_000],
    ['microseconds in place of milliseconds', 1_767_312_000_000_000],
    ['nanoseconds', NOON * 1e6],
    ['the largest number', Number.MAX_VALUE],
  ])('%s is none', (_name, value) => {
    expect(toInstant(value)).toBeUndefined();
  });

  test('a Date is read with the built-in getTime, whatever was hung on the object', () => {
    const date = Object.assign(new Date(NOON), { getTime: () => '253402300799999' });
    expect(toInstant(date)).toBe(NOON);
  });
});

describe('scenario 3: numbers from 1e9 up to 1e10 are taken for seconds and refused', () => {
  test.each<[value: number, instant: number | undefined]>([
    [1e9 - 1, 1e9 - 1],
    [1e9, undefined],
    [1e9 + 1, undefined],
    [1_781_524_800, undefined],
    [1e10 - 1, undefined],
    [1e10 - 0.001, undefined],
    [1e10, 1e10],
    [-1e9, -1e9],
  ])('%d', (value, instant) => {
    expect(toInstant(value)).toBe(instant);
    expect(toInstant(new Date(value))).toBe(instant);
  });

  test('a string with offset says its unit itself: January 1970 is an instant there', () => {
    expect(toInstant('1970-01-20T00:00:00Z')).toBe(19 * 86_400_000);
  });
});

describe('anything else is no instant, and nothing throws', () => {
  test.each(notInstants)('%s', (_name, value) => {
    expect(toInstant(value)).toBeUndefined();
  });

  test.each<[name: string, value: unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a revoked proxy', revokedProxy()],
    ['a proxy whose traps throw', throwingProxy()],
    ['a Date whose prototype was taken away and given to a plain object', Object.setPrototypeOf({}, Date.prototype)],
  ])('%s', (_name, value) => {
    expect(toInstant(value)).toBeUndefined();
  });
});

describe('scenario 2: the zone of the machine changes nothing [C5]', () => {
  const zoneBefore = process.env.TZ;

  afterEach(() => {
    if (zoneBefore === undefined) delete process.env.TZ;
    else process.env.TZ = zoneBefore;
  });

  const zones = [
    ['UTC', 0],
    ['America/Los_Angeles', 480],
    ['America/St_Johns', 210],
    ['Europe/Amsterdam', -60],
    ['Asia/Kolkata', -330],
    ['Australia/Lord_Howe', -660],
    ['Pacific/Kiritimati', -840],
  ] as const;

  // The first and the last second of the hours that the clocks skip and repeat in Los Angeles and Amsterdam.
  const texts = [
    '2026-01-01T00:00:00Z',
    '2026-03-08T02:30:00-08:00',
    '2026-03-08T10:00:00Z',
    '2026-03-29T02:30:00+01:00',
    '2026-03-29T01:00:00Z',
    '2026-10-25T02:30:00+02:00',
    '2026-10-25T02:30:00+01:00',
    '2026-11-01T01:30:00-07:00',
    '2026-11-01T01:30:00-08:00',
    '2026-06-15T12:00:00.123456Z',
  ];
  const instants = [
    Date.UTC(2026, 0, 1),
    Date.UTC(2026, 2, 8, 10, 30),
    Date.UTC(2026, 2, 8, 10),
    Date.UTC(2026, 2, 29, 1, 30),
    Date.UTC(2026, 2, 29, 1),
    Date.UTC(2026, 9, 25, 0, 30),
    Date.UTC(2026, 9, 25, 1, 30),
    Date.UTC(2026, 10, 1, 8, 30),
    Date.UTC(2026, 10, 1, 9, 30),
    NOON + 123,
  ];

  test.each(zones)('%s reads the same instants', (zone, minutesBehindUtc) => {
    process.env.TZ = zone;
    expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(minutesBehindUtc);
    expect(texts.map(toInstant)).toEqual(instants);
  });

  test.each(zones)('%s refuses a time without offset [U15]', (zone) => {
    process.env.TZ = zone;
    for (const text of ['2026-06-15T12:00:00', '2026-06-15T12:00:00.000', '2026-06-15', '2026-03-29T02:30:00']) {
      expect(toInstant(text)).toBeUndefined();
    }
  });

  test('the trap that this avoids: date-fns asks the calendar of the machine, and zones have skipped days', () => {
    process.env.TZ = 'Pacific/Apia';
    expect(isExists(2011, 11, 30)).toBe(false);
    const texts = ['2011-12-30T12:00:00Z', '2011-12-30T12:00:00+00:00', '2011-12-31T02:00:00.0000+14:00'];
    expect(texts.map(toInstant)).toEqual(Array(3).fill(Date.UTC(2011, 11, 30, 12)));
    // The calendar that is asked instead is that of 2789, which has the day, and not that of 2011.
    expect(toInstant('1989-12-30T12:00:00+00:00')).toBe(Date.UTC(1989, 11, 30, 12));
  });

  test('24 hours stay 24 hours over the night in which the clocks change', () => {
    for (const [zone] of zones) {
      process.env.TZ = zone;
      const contact = { lastInboundAt: '2026-03-28T12:00:00+01:00' };
      const end = Date.UTC(2026, 2, 29, 11);
      expect(decide(whatsapp, contact, { at: end - 1 })).toEqual(open(end));
      expect(decide(whatsapp, contact, { at: end }).verdict).toBe('deny');
    }
  });

  test('the same end written in any offset gives the same decision', () => {
    const ends = ['2026-06-15T12:00:01Z', '2026-06-15T14:00:01+02:00', '2026-06-15T05:00:01.000-07:00'];
    for (const [zone] of zones) {
      process.env.TZ = zone;
      for (const serviceWindowExpireAt of ends) {
        expect(decide(whatsapp, { serviceWindowExpireAt })).toEqual(open(NOON + 1_000));
      }
    }
  });
});

describe('the form that Bird sends is read by a way of its own', () => {
  const digits = (most: number, length: number): fc.Arbitrary<string> =>
    fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(length, '0'));
  const parts = fc.tuple(
    fc.oneof(digits(9999, 4), fc.constantFrom('1900', '2000', '2024', '2026')),
    digits(13, 2),
    digits(32, 2),
    digits(24, 2),
    digits(60, 2),
    digits(60, 2),
    fc.oneof(
      fc.constant(''),
      digits(999, 3).map((fraction) => `.${fraction}`),
    ),
  );

  test('and gives what date-fns makes of the same text, as does any other form', () => {
    const property = fc.property(parts, ([year, month, day, hour, minute, second, fraction]) => {
      const text = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}`;
      const expected = (offset: string): number | undefined => {
        const instant = parseISO(text + offset).getTime();
        // The hour 24 and leap seconds are refused on purpose.
        return Number.isNaN(instant) || hour === '24' || second === '60' ? undefined : instant;
      };
      for (const offset of ['Z', '+00:00', '-05:30']) expect(toInstant(text + offset)).toBe(expected(offset));
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  test('on each day of four years, and on those that there are not', () => {
    for (const year of [1900, 2000, 2024, 2026]) {
      for (let month = 1; month <= 12; month += 1) {
        for (let day = 1; day <= 31; day += 1) {
          const text = [year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
          const date = new Date(Date.UTC(year, month - 1, day));
          const expected = date.getUTCMonth() === month - 1 ? date.getTime() : undefined;
          expect(toInstant(`${text}T00:00:00Z`), text).toBe(expected);
        }
      }
    }
  });
});

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Date(), {});
  revoke();
  return proxy;
}

function throwingProxy(): unknown {
  const refuse = (): never => {
    throw new Error('trap');
  };
  return new Proxy(new Date(), { get: refuse, getPrototypeOf: refuse, has: refuse });
}
