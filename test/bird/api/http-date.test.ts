import { expect, it } from 'vitest';
import { readHttpDate } from '../../../src/bird/api/http-date.js';

it.each([
  ['Mon, 05 Jan 2026 12:05:00 GMT', Date.UTC(2026, 0, 5, 12, 5)],
  ['Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
])('%j is an instant', (text, at) => {
  expect(readHttpDate(text)).toBe(at);
});

it.each([
  [null],
  [''],
  ['Invalid Date'],
  ['Tue, 05 Jan 2026 12:05:00 GMT'],
  ['Sun, 30 Feb 2026 12:05:00 GMT'],
  ['Mon, 05 Jan 2026 24:00:00 GMT'],
  ['Mon, 05 Jan 2026 12:05:00 GMT '],
  ['2026-01-05T12:05:00Z'],
])('%j is none', (text) => {
  expect(readHttpDate(text)).toBeUndefined();
});
