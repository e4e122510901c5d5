import { describe, expect, it } from 'vitest';
import { knownRefusalCodes, readRefusal } from '../../src/bird/refusal-codes.js';

const META = 'This message is sent outside of allowed window.';

describe('a code that says that the window was closed (field A9) [W13]', () => {
  it.each<[string, readonly (string | number)[]]>([
    ['WhatsApp', [131_047, '131047', ' 131047 ', '#131047', '(#131047) Re-engagement message', '131047.0']],
    ['WhatsApp with its subcode', ['131047/2018278', '131047: Re-engagement message', 'error code: 131047']],
    ['WhatsApp in a text of 1000 characters', ['131047'.padEnd(1000), '#131047 Re-engagement message']],
    ['WhatsApp on premises', [470, '470', '470: Re-engagement message', '470 : Re-engagement message']],
    ['Messenger', [2_018_278, '2018278', 2_018_065, '2018065', '10/2018278', '10/2018065', '10:2018065', '10-2018065']],
    [
      'Messenger in words',
      [
        'code 10, subcode 2018278',
        '(#10) 2018065',
        'error_code=10, error_subcode=2018065',
        '#10/2018278',
        '10subcode2018278',
      ],
    ],
    ['Instagram', [2_534_022, '10/2534022', '10 / 2534022', '[10, 2534022]']],
    ['WeChat', [45_015, '45015']],
    ['Twilio', [63_016, '63016', '63016/5', '63016 outside the allowed window']],
    ['Vonage', [1340, '1340']],
    ['Gupshup and 8x8', [1004, '1005', 1006, '1007', '1008', 61]],
    [
      'by name',
      [
        'service_window_expired',
        'SERVICE_WINDOW_EXPIRED',
        'Service Window Expired',
        'noActiveSession',
        'window-closed',
      ],
    ],
  ])('%s', (_name, codes) => {
    for (const code of codes) expect([code, readRefusal(code)]).toEqual([code, 'window_closed']);
  });
});

it.each([45_047, '45047', '(45047) out of response count limit'])(
  '%s says that the quota is spent (field A9)',
  (code) => {
    expect(readRefusal(code)).toBe('quota_spent');
  },
);

describe("Meta's code 10 (field A9)", () => {
  it.each<[code: string | number, words: readonly string[]]>([
    [10, [META]],
    ['10', ['something else', META]],
    ['#10', [META]],
    [`(#10) ${META}`, []],
    [`10: ${META}`, []],
    [`10 ${META}`, []],
    ['(#10)', ['The messaging window has expired']],
    ['10', [META.padEnd(1000)]],
  ])('%s with words about the window is doubtful', (code, words) => {
    expect(readRefusal(code, words)).toBe('doubtful');
  });

  it.each<[code: string | number, words: readonly string[]]>([
    [10, []],
    ['10', ['Application does not have permission for this action']],
    ['10', ['The window of opportunity']],
    ['10', [`${META}${' '.repeat(1000)}`]],
    [100, [META]],
    [200, [META]],
    [551, [META]],
    ['10/551', ["This person isn't available right now"]],
  ])('%s with %j says nothing', (code, words) => {
    expect(readRefusal(code, words)).toBeUndefined();
  });
});

describe('a code that says nothing about the window', () => {
  const others = [131_026, 131_049, 130_472, 131_056, 131_048, 132_000, 132_001, 190, 551, 1_545_041, 63_032];

  it.each(others.flatMap((code) => [code, String(code), `(#${code}) outside of allowed window`]))('%s', (code) => {
    expect(readRefusal(code, [META])).toBeUndefined();
  });

  it.each([
    ['a neighbour', 131_046],
    ['a neighbour of the subcode', '10/2018279'],
    ['551 with its subcode', '551/1545041'],
    ['a short code with something behind it', '61/5'],
    ['a short code in a sentence', '61 messages were sent'],
    ['a code within a sentence', 'it was not 131047'],
    ['a marked code within a sentence', 'it was not #131047'],
    ['a longer number', '1310470'],
    ['a negative number', -61],
    ['a negative text', '-61'],
    ['a fraction', 0.61],
    ['a sentence without a code', META],
    ['nothing', ''],
    ['null', null],
    ['undefined', undefined],
    ['an object', { code: 131_047 }],
    ['a list', [131_047]],
    ['not a number', Number.NaN],
    ['an endless text', `131047${' '.repeat(1000)}`],
  ])('%s', (_name, code) => {
    expect(readRefusal(code)).toBeUndefined();
  });
});

it('each code that a warning lists has a meaning, if Meta says that it is about the window', () => {
  const codes = knownRefusalCodes.split(', ');
  expect(codes).toHaveLength(16);
  for (const code of codes) expect(readRefusal(code, [META]), code).toBeDefined();
});
