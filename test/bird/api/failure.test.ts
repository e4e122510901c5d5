import { describe, expect, it } from 'vitest';
import { readFailure } from '../../../src/bird/api/failure.js';

const fields = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, n]));

/** Ends with the code, and is this long. */
const reasonOf = (length: number): string => `details: ${'x'.repeat(length - 23)}; code: 131047`;

describe('a failed message was refused because its window is closed', () => {
  it.each<[name: string, payload: unknown, code: string | number]>([
    ['by a code', { failure: { code: 131_047 } }, 131_047],
    ['by a code inside one', { failure: { code: { code: '131047' } } }, '131047'],
    ['by the hundredth field', { failure: { ...fields(99), code: 131_047 } }, 131_047],
    [
      'by a mark at the start of a text',
      { failure: { description: '#131047 Re-engagement' } },
      '#131047 Re-engagement',
    ],
    ['by a mark in brackets', { details: ' [(#131047)]' }, ' [(#131047)]'],
    ['by its reason, beside a failure that is null', { failure: null, reason: 'code: 131047' }, '131047'],
    ['by an error code', { reason: 'details: x; error_code:131047' }, '131047'],
    ['by an error subcode', { reason: 'Error subcode: 2018278' }, '2018278'],
    ['by the longest reason that is read', { reason: reasonOf(1_000) }, '131047'],
    [
      'by a clear code after a doubtful one',
      { failure: { code: '(#10) Sent outside of allowed window', source: { code: '131047' } } },
      '131047',
    ],
  ])('%s', (_name, payload, code) => {
    expect(readFailure(payload)).toEqual({ code, refusal: 'window_closed' });
  });
});

describe('a failed message says nothing about the window', () => {
  it.each<[name: string, payload: unknown]>([
    ['without a failure', {}],
    ['by nothing', undefined],
    ['by a failure that is null', { failure: null }],
    ['by the field after the hundredth', { failure: { ...fields(100), code: 131_047 } }],
    ['by a field whose name only contains "code"', { failure: { codeOfOrder: '131047' } }],
    ['by a number at the start of a text', { failure: { description: '131047: order was paid' } }],
    ['by a number after a word', { failure: { description: 'Error #61' } }],
    ['by a code of another kind', { reason: 'details: x; promotion code: 131047' }],
    ['by a reason that is too long', { reason: reasonOf(1_001) }],
    ['by a text that is too long', { failure: { description: `#131047 ${'x'.repeat(1_000)}` } }],
    [
      'by code 10 and a text about the window that is too long',
      { failure: { code: 10, description: `outside of allowed window ${'x'.repeat(1_000)}` } },
    ],
  ])('%s', (_name, payload) => {
    expect(readFailure(payload)).toBeUndefined();
  });
});

it('a failed message by code 10, with words about the window, leaves a doubt', () => {
  const description = 'Sent outside of allowed window';
  expect(readFailure({ failure: { code: 10, description } })).toEqual({ code: 10, refusal: 'doubtful' });
});
