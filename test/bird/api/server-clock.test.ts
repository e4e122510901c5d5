import { describe, expect, test } from 'vitest';
import { ServerClock } from '../../../src/bird/api/server-clock.js';

const NOON = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;

const httpDate = (at: number): string => new Date(at).toUTCString();
const exchange = { sentAt: NOON, answeredAt: NOON };

interface Scene {
  readonly server: ServerClock;
  readonly skews: number[];
  readonly wall: { at: number };
  /** An answer whose date is `differenceMs` from the local clock. `Date` leaves off up to a second: 500 ms are added. */
  see(differenceMs: number): void;
  /** An answer from which this very difference is read, to the millisecond. */
  seeExactly(differenceMs: number): void;
}

function createServer(maxSkewMs?: number): Scene {
  const wall = { at: NOON };
  const skews: number[] = [];
  const clock = { now: () => wall.at, setTimeout: () => undefined, clearTimeout: () => {} };
  const server = new ServerClock(clock, (skewMs) => skews.push(skewMs), maxSkewMs);
  const see = (differenceMs: number): void => {
    const at = { sentAt: wall.at, answeredAt: wall.at };
    server.observe({ date: httpDate(wall.at + differenceMs) }, at);
  };
  const seeExactly = (differenceMs: number): void => {
    const date = NOON + Math.round(differenceMs / 1000) * 1000;
    const at = date + 500 - differenceMs;
    server.observe({ date: httpDate(date) }, { sentAt: at, answeredAt: at });
  };
  return { server, skews, wall, see, seeExactly };
}

describe("Bird's clock", () => {
  test.each([
    ['the same second', 0, 0],
    ['2 s ahead of here, which the seconds of Date cannot tell from less', 2_000, 0],
    ['3 s ahead', 3_000, 3_500],
    ['2 s behind', -3_000, 0],
    ['3 s behind', -4_000, -3_500],
    ['30 s ahead', 30_000, 30_500],
    ['a minute behind', -59_000, -58_500],
  ])('%s: one answer is enough [C1]', (_name, differenceMs, correctionMs) => {
    const { server, see } = createServer();
    see(differenceMs);
    expect([server.now(), server.at(7)]).toEqual([NOON + correctionMs, 7 + correctionMs]);
  });

  test.each([
    ['a minute ahead', 60_000, false],
    ['a little more than a minute ahead', 60_001, true],
    ['a minute behind', -60_000, false],
    ['a little more than a minute behind', -60_001, true],
  ])('%s is sudden or not', (_name, differenceMs, isSudden) => {
    const { server, seeExactly } = createServer();
    seeExactly(differenceMs);
    expect([server.at(0), server.suddenNow()]).toEqual(isSudden ? [0, NOON + differenceMs] : [differenceMs, undefined]);
  });

  test.each([
    ['5 min ahead of here', 300_000],
    ['5 min behind', -300_000],
    ['a day ahead', 24 * HOUR],
    ['a year behind', -365 * 24 * HOUR],
  ])('%s: two answers have to agree (field A14) [C1]', (_name, differenceMs) => {
    const { server, skews, see } = createServer();
    see(differenceMs);
    expect([server.now(), server.suddenNow(), skews]).toEqual([NOON, NOON + differenceMs + 500, []]);
    see(differenceMs);
    expect([server.now(), server.suddenNow()]).toEqual([NOON + differenceMs + 500, undefined]);
    expect(skews).toEqual([differenceMs + 500]);
  });

  test.each([
    ['agree', 5_000, NOON + HOUR + 5_500],
    ['do not agree', 6_000, NOON],
  ])('two answers %s that are %i ms apart', (_name, apartMs, expected) => {
    const { server, see } = createServer();
    see(HOUR);
    see(HOUR + apartMs);
    expect(server.now()).toBe(expected);
  });

  test('two answers that do not agree change nothing, nor does one that takes the first back (field A14)', () => {
    const { server, see } = createServer();
    for (const hours of [1, 2, 3]) see(hours * HOUR);
    expect(server.now()).toBe(NOON);
    see(0);
    see(3 * HOUR);
    expect(server.now()).toBe(NOON);
  });

  test('a difference that grows step by step needs no second answer', () => {
    const { server, see } = createServer();
    see(50_000);
    see(90_000);
    expect([server.now(), server.suddenNow()]).toEqual([NOON + 90_500, undefined]);
  });

  test('a correction stays as it is while answers differ from it by 2 s at most', () => {
    const { server, see } = createServer();
    see(30_000);
    for (const differenceMs of [31_000, 32_000, 28_000]) {
      see(differenceMs);
      expect(server.now()).toBe(NOON + 30_500);
    }
    see(33_000);
    expect(server.now()).toBe(NOON + 33_500);
  });

  test.each([
    ['more than a year ahead', 367 * 24 * HOUR],
    ['years behind', -NOON],
  ])('%s is never believed (field A14)', (_name, differenceMs) => {
    const { server, see } = createServer();
    for (const _ of [1, 2, 3]) see(differenceMs);
    expect([server.now(), server.suddenNow()]).toEqual([NOON, undefined]);
  });

  test('the largest difference that is believed can be given', () => {
    const { server, see } = createServer(30_500);
    see(31_000);
    expect(server.now()).toBe(NOON);
    see(30_000);
    expect(server.now()).toBe(NOON + 30_500);
  });

  test.each([
    null,
    '',
    'yesterday',
    'NaN',
    '0',
    '2025',
    '2026-01-05T12:05:00Z',
    'Mon, 05 Jan 2026 12:05:00',
    'Mon, 5 Jan 2026 12:05:00 GMT',
    'Tue, 05 Jan 2026 12:05:00 GMT',
    'Mon, 05 Jan 2026 12:05:00 +0100',
    'mon, 05 jan 2026 12:05:00 gmt',
    'Mon, 30 Feb 2026 12:05:00 GMT',
    'Monday, 05-Jan-26 12:05:00 GMT',
  ])('a Date header %j changes nothing (field A14) [C1]', (date) => {
    const { server } = createServer();
    for (const _ of [1, 2]) server.observe({ date }, exchange);
    expect([server.now(), server.suddenNow()]).toEqual([NOON, undefined]);
  });

  test.each([
    ['1200', NOON],
    ['1170', NOON - 29_500],
    ['1230', NOON + 30_500],
    ['0', NOON - 1_199_500],
    [null, NOON - 1_199_500],
    [undefined, NOON - 1_199_500],
    ['-5', NOON],
    ['1.5', NOON],
    ['twenty minutes', NOON],
  ])('an answer of 20 minutes ago with Age %j (field A14)', (age, expected) => {
    const { server } = createServer();
    for (const _ of [1, 2]) server.observe({ date: httpDate(NOON - 1_200_000), age }, exchange);
    expect(server.now()).toBe(expected);
  });

  test.each([
    ['4 s', 4_000, NOON + 28_500],
    ['more than 4 s', 4_001, NOON],
  ])('an answer that took %s is read or not', (_name, tookMs, expected) => {
    const { server } = createServer();
    server.observe({ date: httpDate(NOON + 30_000) }, { sentAt: NOON, answeredAt: NOON + tookMs });
    expect(server.now()).toBe(expected);
  });

  test('an answer during which the local clock jumped, or the machine slept, changes nothing', () => {
    const { server, see } = createServer();
    for (const _ of [1, 2]) see(-300_000);
    const corrected = server.now();
    server.observe({ date: httpDate(NOON - 300_000) }, { sentAt: NOON, answeredAt: NOON + 360_000 });
    server.observe({ date: httpDate(NOON) }, { sentAt: NOON - 300_000, answeredAt: NOON });
    expect(server.now()).toBe(corrected);
  });

  test.each([
    ['6 s', 6_000],
    ['a minute', 60_000],
    ['an hour', HOUR],
  ])('an answer during which the local clock was set back %s changes nothing', (_name, backMs) => {
    const { server } = createServer();
    for (const _ of [1, 2]) server.observe({ date: httpDate(NOON) }, { sentAt: NOON + backMs, answeredAt: NOON });
    expect([server.now(), server.suddenNow()]).toEqual([NOON, undefined]);
  });

  test('a correction ends when the clocks agree again, and is told once while it lasts', () => {
    const { server, skews, see } = createServer();
    for (let answers = 0; answers < 5; answers += 1) see(HOUR);
    expect(skews).toHaveLength(1);
    for (const _ of [1, 2]) see(0);
    expect(server.now()).toBe(NOON);
  });

  test('a small correction ends with the first answer by which the clocks agree', () => {
    const { server, see } = createServer();
    see(3_000);
    see(1_000);
    expect(server.now()).toBe(NOON);
  });

  test.each([
    ['10 s', 10_000, []],
    ['a little more than 10 s', 10_001, [10_001]],
    ['a little more than 10 s back', -10_001, [-10_001]],
  ])('a change by %s is told or not (field D4)', (_name, differenceMs, expected) => {
    const { skews, seeExactly } = createServer();
    seeExactly(differenceMs);
    expect(skews).toEqual(expected);
  });

  test('it is told of changes by more than 10 s, and once a minute at most (field D4) [C1]', () => {
    const { skews, wall, see } = createServer();
    see(9_000);
    expect(skews).toEqual([]);
    for (const differenceMs of [30_000, 50_000, 30_000]) see(differenceMs);
    wall.at += 59_000;
    see(50_000);
    expect(skews).toEqual([30_500]);
    wall.at += 1_000;
    see(35_000);
    expect(skews).toEqual([30_500]);
    see(50_000);
    expect(skews).toEqual([30_500, 50_500]);
  });

  test('a local clock that was set back since the last warning silences no further one', () => {
    const { skews, wall, see } = createServer();
    see(30_000);
    wall.at -= HOUR;
    see(50_000);
    expect(skews).toEqual([30_500, 50_500]);
  });
});
