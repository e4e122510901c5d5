import { own } from '../../core/own.js';
import { type Refusal, readRefusal } from '../refusal-codes.js';

/** The meaning of a failed message for the window, and the code that says so. */
export interface FailedBy {
  readonly code: string | number;
  readonly refusal: Refusal;
}

/**
 * Reads why the platform failed a message, from the failure object or from Bird's `details: ...; reason: ...; code: N`.
 * `undefined`: the failure says nothing about the window.
 */
export function readFailure(payload: unknown): FailedBy | undefined {
  const found: Findings = { codes: [], texts: [], left: MAX_FIELDS };
  gather(own(payload, 'failure'), found, MAX_DEPTH);
  for (const name of ['reason', 'details']) addText(own(payload, name), found);
  const codes = [...found.codes, ...codesIn(own(payload, 'reason')), ...found.texts.filter(hasMark)];
  const refusals = codes.map((code) => ({ code, refusal: readRefusal(code, found.texts) }));
  const known = refusals.filter((one): one is FailedBy => one.refusal !== undefined);
  return known.find(({ refusal }) => refusal !== 'doubtful') ?? known[0];
}

interface Findings {
  readonly codes: (string | number)[];
  readonly texts: string[];
  /** How many fields may still be read. */
  left: number;
}

const MAX_DEPTH = 4;
const MAX_FIELDS = 100;
const MAX_TEXT_LENGTH = 1000;

/** The place of the subcode is not documented: `failure.source.subcode`, `failure.source.error.error_subcode`, ... */
function gather(value: unknown, found: Findings, depth: number): void {
  if (typeof value !== 'object' || value === null || depth === 0) return;
  for (const key of Object.keys(value)) {
    found.left -= 1;
    if (found.left < 0) return;
    const field = own(value, key);
    const isText = typeof field === 'string';
    if (/code$/i.test(key) && (isText || typeof field === 'number')) found.codes.push(field);
    else if (isText) addText(field, found);
    else gather(field, found, depth - 1);
  }
}

function addText(text: unknown, { texts }: Findings): void {
  if (typeof text === 'string') texts.push(text);
}

/** Meta writes the code at the start of its sentence: `(#10) This message is sent outside of allowed window.` */
function hasMark(text: string): boolean {
  return /^\W{0,4}#\d/.test(text);
}

function codesIn(reason: unknown): readonly string[] {
  if (typeof reason !== 'string' || reason.length > MAX_TEXT_LENGTH) return [];
  const parts = reason.split(';').map((part) => part.trim());
  return parts.flatMap((part) =>
    /^(?:reason|(?:error[ _])?(?:sub)?code):/i.test(part) ? [part.slice(part.indexOf(':') + 1).trim()] : [],
  );
}
