import { describe, expect, test } from 'vitest';
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

  test('a text as long as a request may be is split in little time', () => {
    const text = 'words as people write them '.repeat(8_000);
    const start = performance.now();
    expect(splitText(text.trim(), 1024)?.length).toBeGreaterThan(200);
    // A quarter of a second; in one go it took twenty.
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
