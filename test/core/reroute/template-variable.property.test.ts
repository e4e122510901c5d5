import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBlank, splitText, tidyVariable } from '../../../src/core/reroute/template-variable.js';
import { accented, devanagari, family, flag, jamo, thumb } from './support.js';

const spaces = [' ', '     ', '\n', '\r\n', '\t', '\u00a0', '\u2028', '\u3000', '\ufeff', '\u0000', '\u0085'];
/** What sticks to its neighbours, and what shows nothing. */
const sticky = [
  '\u0301',
  '\u200d',
  '\ufe0f',
  '\u{1f3fd}',
  '\u0600',
  '\u0d4e',
  '\u200b',
  '\u{e0061}',
  '\ud83d',
  '\ude00',
];
const seen = [
  'a',
  '\u00e9',
  '\u4f60',
  family,
  flag,
  flag.slice(0, 2),
  accented,
  thumb,
  jamo,
  devanagari,
  '\u0e01\u0e33',
];

const written = (units: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...units), { maxLength }).map((parts) => parts.join(''));
const anyText = fc.oneof(
  written([...seen, ...spaces, ...sticky], 60),
  written([...seen, ...seen, ...sticky], 900),
  written([...seen, ' '], 900),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const anyLength = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 1_100 }));

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const graphemesOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
const withoutSpace = (text: string): string => text.replace(/[\s\p{Cc}]/gu, '');

/** Where the pieces begin and end in the text, the spaces between them left out. */
function edgesOf(pieces: readonly string[], text: string): readonly number[] {
  const edges: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (text[at] === ' ' && !text.startsWith(piece, at)) at += 1;
    expect(text.startsWith(piece, at)).toBe(true);
    edges.push(at, at + piece.length);
    at += piece.length;
  }
  expect(at).toBe(text.length);
  return edges;
}

describe('scenario 34: for any text and any limit', () => {
  test('a tidy variable has only single spaces, none at its ends, no control characters, and all the rest', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const tidy = tidyVariable(text);
        expect(tidy).not.toMatch(/[^\S ]|\p{Cc}| {2}|^ | $/u);
        expect(withoutSpace(tidy)).toBe(withoutSpace(text));
        expect(tidyVariable(tidy)).toBe(tidy);
      }),
      { numRuns: 1_000 },
    );
  });

  test('each piece fits and has something in it, and together they are the text', () => {
    fc.assert(
      fc.property(anyText, anyLength, (text, maxLength) => {
        const tidy = tidyVariable(text);
        const pieces = splitText(tidy, maxLength);
        fc.pre(tidy !== '' && pieces !== undefined);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(maxLength);
          expect(piece).not.toBe('');
        }
        expect(withoutSpace(pieces.join(' '))).toBe(withoutSpace(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('no piece is blank where each word shows something', () => {
    fc.assert(
      fc.property(written([...seen, ' '], 200), anyLength, (text, maxLength) => {
        const tidy = tidyVariable(text);
        fc.pre(tidy !== '');
        expect(splitText(tidy, maxLength)?.filter(isBlank) ?? []).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('no character is cut: each piece begins and ends where one does', () => {
    fc.assert(
      fc.property(anyText, anyLength, (text, maxLength) => {
        const tidy = tidyVariable(text);
        const pieces = splitText(tidy, maxLength);
        fc.pre(tidy !== '' && pieces !== undefined);
        const boundaries = new Set([tidy.length, ...Array.from(segmenter.segment(tidy), ({ index }) => index)]);
        expect(edgesOf(pieces, tidy).filter((edge) => !boundaries.has(edge))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('it is refused only where one character alone is too long', () => {
    fc.assert(
      fc.property(anyText, anyLength, (text, maxLength) => {
        const tidy = tidyVariable(text);
        const longest = Math.max(0, ...graphemesOf(tidy).map(({ length }) => length));
        expect(splitText(tidy, maxLength) === undefined).toBe(longest > maxLength);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a word that fits is never cut', () => {
    fc.assert(
      fc.property(written([...seen, ' '], 200), fc.integer({ min: 1, max: 1_100 }), (text, maxLength) => {
        const tidy = tidyVariable(text);
        const words = tidy.split(' ');
        fc.pre(tidy !== '' && words.every((word) => word.length <= maxLength));
        expect(splitText(tidy, maxLength)?.flatMap((piece) => piece.split(' '))).toEqual(words);
      }),
      { numRuns: 1_000 },
    );
  });
});
