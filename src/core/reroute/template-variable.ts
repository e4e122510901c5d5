/**
 * WhatsApp refuses a variable with a newline, a tab or more than four spaces in a row, and one that is empty. So each run
 * of white space and control characters becomes one space, and none is left at the ends. That is all that is changed.
 *
 * Source: developers.facebook.com, error 132012 and the template guidelines, by `docs/rerouting.md`.
 *
 * @returns `undefined` where it would be longer than `maxLength` UTF-16 units, as soon as that is certain
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

/** Whether nothing of a text would be seen: fillers, selectors and the empty Braille pattern show as little as spaces. */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text);
}

/**
 * Splits a tidy text into pieces of at most `maxLength` UTF-16 units, at its spaces, which fall away. A word that is
 * longer is cut, but never inside of what a reader takes for one character, such as an emoji or a letter with its accents.
 *
 * @returns `undefined` where one such character alone is longer than `maxLength`
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
 * Punctuation and letters that are each one character for a reader, whatever of their kind stands beside them: Latin, Greek,
 * Cyrillic, kana and Chinese. To ask the engine about each of them would take most of the time.
 */
const SIMPLE =
  /^[ -~\u00a0-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff]*$/;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const STRETCH = 256;

/**
 * What a reader takes for characters, a stretch at a time: engines need longer for each of them the longer the text is,
 * which for 100 KB made seconds.
 */
function* graphemesOf(text: string): Generator<string> {
  let start = 0;
  let length = STRETCH;
  while (start < text.length) {
    const isLast = start + length >= text.length;
    const segments = segmentsOf(text.slice(start, start + length), isLast);
    yield* segments;
    // None: one character alone is longer than the stretch.
    length = segments.length === 0 ? 2 * length : STRETCH;
    for (const segment of segments) start += segment.length;
  }
}

/** Without the last one of a stretch behind which it may go on. Half of a surrogate pair does not tell whether it does. */
function segmentsOf(stretch: string, isLast: boolean): readonly string[] {
  const whole = isLast ? stretch : stretch.replace(/[\ud800-\udbff]$/, '');
  const segments = SIMPLE.test(whole)
    ? whole.split('')
    : Array.from(segmenter.segment(whole), ({ segment }) => segment);
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
    const fits = this.#line === '' || this.#line.length + 1 + this.#word.length <= this.#maxLength;
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
