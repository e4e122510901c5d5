import { describe, expect, it } from 'vitest';
import { isOptOutWord } from '../../src/bird/opt-out-words.js';

describe('isOptOutWord', () => {
  it.each([
    'stop',
    ' Stop! ',
    'STOP  ALL',
    'stop - all',
    'ARR\u00caT',
    'arre\u0302t',
    'baja \u{1f64f}',
    'stop'.padEnd(100, '!'),
  ])('%j opts out', (text) => {
    expect(isOptOutWord(text)).toBe(true);
  });

  it.each(['stop'.padEnd(101, '!'), 'Stop by at five', 'Cancel #4711', 'st op', '!', '', undefined])(
    '%j does not',
    (text) => {
      expect(isOptOutWord(text)).toBe(false);
    },
  );
});
