/**
 * Prepares a text for a template variable. WhatsApp refuses an empty one, and one with a newline, a tab or more than
 * four spaces in a row. So each run of white space and control characters becomes one space, and the ends are trimmed.
 *
 * Source: developers.facebook.com, error 132012 and the template guidelines, by `docs/rerouting.md`.
 *
 * @returns `undefined` if the result would exceed `maxLength` UTF-16 units, as soon as that is certain
 */
export function tidyVariable(text: string): string;
export function tidyVariable(text: string, maxLength: number): string | undefined;
export function tidyVariable(text: string, maxLength: number = Number.POSITIVE_INFINITY): string | undefined {
  const words: string[] = [];
  let length = -1;
  for (const [word] of text.matchAll(/[^\s\p{Cc}]+/gu)) {
    length += 1 + word.length;
    if (length > maxLength) return undefined;
    words.push(word);
  }
  return words.join(' ');
}

/** Whether a text has nothing visible: fillers, selectors and the empty Braille pattern are as invisible as spaces. */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text);
}

/**
 * Splits a prepared text at its spaces into pieces of at most `maxLength` UTF-16 units; the spaces are dropped. A
 * longer word is cut, but never inside a grapheme, such as an emoji or a letter with its accents.
 *
 * @returns `undefined` if one grapheme alone exceeds `maxLength`
 */
export function splitText(text: string, maxLength: number): readonly string[] | undefined {
  if (text.length <= maxLength) return [text];
  const lines = new Lines(maxLength);
  for (const segment of graphemesOf(text)) {
    if (segment.length > maxLength) return undefined;
    if (segment === ' ') lines.endWord();
    else lines.addToWord(segment);
  }
  return lines.end();
}

/**
 * Punctuation and letters that are one grapheme each next to others of their kind: Latin, Greek, Cyrillic, kana and
 * Chinese. Segmenting them with the engine would take most of the time.
 */
const SIMPLE =
  /^[ -~\u00a0-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff]*$/;

const STRETCH = 256;

/** Made at its first use: that takes as long as a fifth of the whole import. */
let segmenter: Intl.Segmenter | undefined;

function graphemeSegmenter(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter;
}

/**
 * The graphemes of a text, one stretch at a time: engines need longer for each grapheme the longer the text is, which
 * took seconds for 100 KB.
 */
function* graphemesOf(text: string): Generator<string> {
  let start = 0;
  let length = STRETCH;
  while (start < text.length) {
    const isLast = start + length >= text.length;
    const segments = segmentsOf(text.slice(start, start + length), isLast);
    yield* segments;
    // None: one grapheme alone is longer than the stretch.
    length = segments.length === 0 ? 2 * length : STRETCH;
    for (const segment of segments) start += segment.length;
  }
}

/**
 * Without the last grapheme, which may continue after the stretch. Half a surrogate pair does not show whether it does.
 */
function segmentsOf(stretch: string, isLast: boolean): readonly string[] {
  const whole = isLast ? stretch : stretch.replace(/[\ud800-\udbff]$/, '');
  const segments = SIMPLE.test(whole)
    ? whole.split('')
    : Array.from(graphemeSegmenter().segment(whole), ({ segment }) => segment);
  return isLast ? segments : segments.slice(0, -1);
}

class Lines {
  readonly #maxLength: number;
  readonly #lines: string[] = [];
  #line = '';
  #word = '';

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  addToWord(segment: string): void {
    if (this.#word.length + segment.length > this.#maxLength) {
      this.endWord();
      this.#endLine();
    }
    this.#word += segment;
  }

  endWord(): void {
    if (this.#word === '') return;
    const fits = this.#line.length + 1 + this.#word.length <= this.#maxLength;
    if (!fits) this.#endLine();
    this.#line = this.#line === '' ? this.#word : `${this.#line} ${this.#word}`;
    this.#word = '';
  }

  end(): readonly string[] {
    this.endWord();
    this.#endLine();
    return this.#lines;
  }

  #endLine(): void {
    if (this.#line !== '') this.#lines.push(this.#line);
    this.#line = '';
  }
}
