import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isBlank, splitText, tidyVariable } from '../../../src/core/reroute/template-variable.js';
import { accented, devanagari, family, flag, jamo, thumb } from './support.js';

describe('scenario 34: the white space of a variable', () => {
  test.each<[name: string, text: string, tidy: string]>([
    ['nothing to change', 'as it is', 'as it is'],
    ['a newline', 'one\ntwo', 'one two'],
    ['a newline of Windows', 'one\r\ntwo', 'one two'],
    ['an empty line', 'one\n\ntwo', 'one two'],
    ['a tab', 'one\ttwo', 'one two'],
    ['two spaces', 'one  two', 'one two'],
    ['four spaces', 'one    two', 'one two'],
    ['five spaces', 'one     two', 'one two'],
    ['a space that does not break', 'one\u00a0two', 'one two'],
    ['a line separator', 'one\u2028two', 'one two'],
    ['a paragraph separator', 'one\u2029two', 'one two'],
    ['the next line of old terminals', 'one\u0085two', 'one two'],
    ['a vertical tab and a form feed', 'one\v\ftwo', 'one two'],
    ['an ideographic space', 'one\u3000two', 'one two'],
    ['a byte order mark', '\ufeffone', 'one'],
    ['a control character', 'one\u0000two\u001b', 'one two'],
    ['white space around it', ' \n one \t ', 'one'],
    ['nothing but white space', ' \r\n\t\u00a0', ''],
    ['an empty text', '', ''],
    ['joiners and marks stay', `${family}${accented}\u200b`, `${family}${accented}\u200b`],
  ])('%s', (_name, text, tidy) => {
    expect(tidyVariable(text)).toBe(tidy);
    expect(tidyVariable(tidy)).toBe(tidy);
  });
});

describe('scenario 33: a text of which nothing is seen', () => {
  test.each<[name: string, text: string]>([
    ['empty', ''],
    ['spaces', '    '],
    ['line breaks', '\r\n\n\u2028'],
    ['spaces that do not break', '\u00a0\u202f'],
    ['control characters', '\u0000\u0007'],
    ['zero-width spaces', '\u200b\u200b'],
    ['joiners', '\u200c\u200d'],
    ['marks of direction', '\u200e\u202a\u202c\u2066\u2069'],
    ['word joiners and byte order marks', '\u2060\ufeff'],
    ['soft hyphens', '\u00ad'],
    ['a variation selector', '\ufe0f'],
    ['fillers of Hangul', '\u3164\u115f\u1160\uffa0'],
    ['a joiner of graphemes', '\u034f'],
    ['tags', '\u{e0041}\u{e007f}'],
    ['the empty pattern of Braille', '\u2800'],
    ['all of them', ' \u200b\u3164\u2800\u0000'],
  ])('%s', (_name, text) => {
    expect(isBlank(text)).toBe(true);
    expect(isBlank(`${text}.${text}`)).toBe(false);
  });

  test.each([['a combining mark', '\u0301'] as const, ['an emoji', family] as const, ['a dot', '.'] as const])(
    'not %s',
    (_name, text) => {
      expect(isBlank(text)).toBe(false);
    },
  );
});

describe('scenario 34: a text that is longer than its variable', () => {
  test.each<[name: string, text: string, maxLength: number, pieces: readonly string[] | undefined]>([
    ['nothing', '', 5, ['']],
    ['one before the limit', 'abcd', 5, ['abcd']],
    ['at the limit', 'abcde', 5, ['abcde']],
    ['one behind the limit', 'abcdef', 5, ['abcde', 'f']],
    ['at the limit, with a space in it', 'ab de', 5, ['ab de']],
    ['cut at the space before the limit', 'abc def', 5, ['abc', 'def']],
    ['a space just behind the limit', 'abcde fg', 5, ['abcde', 'fg']],
    ['a space just at the limit', 'abcd efg', 5, ['abcd', 'efg']],
    ['as many words as fit', 'a b c d e f', 5, ['a b c', 'd e f']],
    ['a word longer than the limit', 'abcdefghijkl', 5, ['abcde', 'fghij', 'kl']],
    ['a word of twice the limit', 'abcdefghij', 5, ['abcde', 'fghij']],
    ['a long word behind a short one', 'ab cdefghi j', 5, ['ab', 'cdefg', 'hi j']],
    ['one unit at a time', 'ab c', 1, ['a', 'b', 'c']],
    ['a family, which is one character', family.repeat(2), 11, [family, family]],
    ['a family, one unit too long', family, 10, undefined],
    ['a family behind what would just fit', `a${family}`, 11, ['a', family]],
    ['a family that a text needs only at its end', `abc ${family}`, 10, undefined],
    ['flags', flag.repeat(3), 6, [flag, flag, flag]],
    ['half a flag', flag, 3, undefined],
    ['a letter with its accent', accented.repeat(2), 3, [accented, accented]],
    ['a letter without room for its accent', accented, 1, undefined],
    ['a colour of skin', thumb.repeat(2), 5, [thumb, thumb]],
    ['Hangul in parts', jamo.repeat(2), 5, [jamo, jamo]],
    ['a vowel of Devanagari', devanagari.repeat(2), 3, [devanagari, devanagari]],
    ['a letter with more marks than fit', `a${'\u0301'.repeat(9)} b`, 9, undefined],
    ['a mark on a space, which is one character too', 'abc \u0301de', 4, ['abc', ' \u0301de']],
  ])('%s', (_name, text, maxLength, pieces) => {
    expect(splitText(text, maxLength)).toEqual(pieces);
  });

  test.each<[length: number, pieces: readonly number[]]>([
    [1023, [1023]],
    [1024, [1024]],
    [1025, [1024, 1]],
    [2048, [1024, 1024]],
    [2049, [1024, 1024, 1]],
  ])('%d units in variables of 1024', (length, pieces) => {
    expect(splitText('x'.repeat(length), 1024)?.map((piece) => piece.length)).toEqual(pieces);
  });

  // The text is looked at in stretches of 256 units: whatever lies across the end of one must not be cut.
  test.each([
    ['a family', family],
    ['flags', flag],
    ['an accent', accented],
    ['a colour of skin on a letter', 'a\u{1f3fd}'],
    ['a colour of skin', thumb],
    ['Hangul', jamo],
    ['Devanagari', devanagari],
    ['a mark on a space', ' \u0301'],
  ] as const)('%s is whole wherever it stands in a long text', (_name, character) => {
    for (let before = 256 - character.length - 1; before <= 257; before += 1) {
      const text = `${'x'.repeat(before)}${character}${'y'.repeat(300)}`;
      const pieces = splitText(text, before + 1) ?? [];
      expect(pieces.join('')).toBe(text);
      expect(pieces[0]).toBe('x'.repeat(before));
      expect(pieces[1]?.startsWith(character)).toBe(true);
    }
  });

  test('a character of a thousand marks is whole where there is room for it', () => {
    const character = `a${'\u0301'.repeat(1_000)}`;
    expect(splitText(`${character}${character}`, 1_001)).toEqual([character, character]);
    expect(splitText(`${character}${character}`, 1_000)).toBeUndefined();
  });

  test('half a surrogate pair is let through as it came', () => {
    const text = `${'x'.repeat(255)}\ud83d${'y'.repeat(300)}\ud83d`;
    expect(splitText(text, 300)?.join('')).toBe(text);
  });

  test.each([
    ['plain words', 'words as people write them ', 0],
    ['accents', 'na\u00efve caf\u00e9s ', 0],
    ['Cyrillic', '\u0441\u043b\u043e\u0432\u0430 ', 0],
    ['Chinese', '\u4f60\u597d\u3002', 2],
    ['families', family, 2],
    ['Devanagari', `${devanagari} `, 2],
    ['marks', `a${'\u0301'.repeat(300)} `, 5],
  ])('costs the engine no more than a few looks at each unit: %s', (_name, unit, mostLooks) => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment');
    onTestFinished(() => segment.mockRestore());
    for (const length of [20_000, 200_000]) {
      segment.mockClear();
      const text = unit.repeat(length / unit.length).trim();
      expect(splitText(text, 1024)?.length).toBeGreaterThan(length / 1024 - 1);
      const looked = segment.mock.calls.reduce((sum, [stretch]) => sum + stretch.length, 0);
      expect(looked).toBeLessThanOrEqual(mostLooks * length);
    }
  });

  test('no letter that is taken for simple joins its neighbours', () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment');
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((char) => {
      segment.mockClear();
      splitText(`${char}${char}`, 1);
      return segment.mock.calls.length === 0;
    });
    segment.mockRestore();
    expect(all.length).toBeGreaterThan(20_000);
    for (const other of ['a', '\u4f60', ' ']) {
      const text = all.map((char) => `${char}${other}`).join('');
      for (let at = 0; at < text.length; at += 256) {
        const stretch = text.slice(at, at + 256);
        expect(Array.from(segmenter.segment(stretch)).length, stretch).toBe(stretch.length);
      }
    }
  });
});

describe('a text that cannot fit (field D2)', () => {
  test.each([
    ['words', 'word '],
    ['letters on lines of their own', 'a\n'],
    ['words far apart', `word${' '.repeat(50)}`],
  ])('is left as soon as that is certain: %s', (_name, unit) => {
    const exec = vi.spyOn(RegExp.prototype, 'exec');
    onTestFinished(() => exec.mockRestore());
    expect(tidyVariable(unit.repeat(500_000), 1_000)).toBeUndefined();
    expect(exec.mock.calls.length).toBeLessThanOrEqual(502);
  });

  test.each([
    [-1, undefined],
    [0, 'ab cd'],
    [1, 'ab cd'],
  ])('%d units more than its limit', (more, tidy) => {
    expect(tidyVariable('\n ab \t cd ', 5 + more)).toBe(tidy);
  });

  test('an empty one fits everywhere', () => {
    expect(tidyVariable(' \n', 0)).toBe('');
  });
});
