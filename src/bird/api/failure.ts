import { own } from '../../core/own.js';
import { type Refusal, readRefusal } from '../refusal-codes.js';

/** What a failed message says about the window, and by which code. */
export interface FailedBy {
  readonly code: string | number;
  readonly refusal: Refusal;
}

/**
 * The platform's word on a failed message, from the failure, or from Bird's `details: ...; reason: ...; code: N`.
 * `undefined`: it says nothing about the window.
 */
export function readFailure(payload: unknown): FailedBy | undefined {
  const said: Said = { codes: [], words: [], left: MAX_FIELDS };
  gather(own(payload, 'failure'), said, MAX_DEPTH);
  for (const name of ['reason', 'details']) addText(own(payload, name), said);
  const codes = [...said.codes, ...codesIn(own(payload, 'reason')), ...said.words.filter(hasMark)];
  const found = codes.map((code) => ({ code, refusal: readRefusal(code, said.words) }));
  const refusals = found.filter((one): one is FailedBy => one.refusal !== undefined);
  return refusals.find(({ refusal }) => refusal !== 'doubtful') ?? refusals[0];
}

interface Said {
  readonly codes: (string | number)[];
  readonly words: string[];
  /** How many fields may still be looked at. */
  left: number;
}

const MAX_DEPTH = 4;
const MAX_FIELDS = 100;
const MAX_TEXT_LENGTH = 1000;

/** Where the subcode stands is not documented: `failure.source.subcode`, `failure.source.error.error_subcode`, ... */
function gather(value: unknown, said: Said, depth: number): void {
  if (typeof value !== 'object' || value === null || depth === 0) return;
  for (const key of Object.keys(value)) {
    said.left -= 1;
    if (said.left < 0) return;
    const field = own(value, key);
    const isText = typeof field === 'string';
    if (/code$/i.test(key) && (isText || typeof field === 'number')) said.codes.push(field);
    else if (isText) addText(field, said);
    else gather(field, said, depth - 1);
  }
}

function addText(text: unknown, { words }: Said): void {
  if (typeof text === 'string' && text.length <= MAX_TEXT_LENGTH) words.push(text);
}

/** Meta writes the code at the start of its sentence: `(#10) This message is sent outside of allowed window.` */
function hasMark(words: string): boolean {
  return /^\W{0,4}#\d/.test(words);
}

function codesIn(reason: unknown): readonly string[] {
  if (typeof reason !== 'string' || reason.length > MAX_TEXT_LENGTH) return [];
  const parts = reason.split(';').map((part) => part.trim());
  return parts.flatMap((part) =>
    /^(?:reason|(?:error[ _])?(?:sub)?code):/i.test(part) ? [part.slice(part.indexOf(':') + 1).trim()] : [],
  );
}
