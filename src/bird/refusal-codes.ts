/** What a provider's code says of a message that failed. */
export type Refusal =
  /** The window was closed when the message came. */
  | 'window_closed'
  /** The window has taken as many messages as it may until the customer writes again. */
  | 'quota_spent'
  /** The window may have been closed: the code has other meanings too. */
  | 'doubtful';

/**
 * Codes by which providers say that a message came too late for the window. Sources: `docs/platforms.md`. Codes that
 * only look like it (131026 undeliverable, 131049 and 130472 experiments, 131056, 131048, 132000, 132001, 190, 551,
 * 1545041, 63032) stand in no list: they say nothing about the window.
 */
const windowCodes: ReadonlySet<string | undefined> = new Set([
  // WhatsApp Cloud API and on-premises
  '131047',
  '470',
  // WeChat
  '45015',
  // Twilio, Vonage, Gupshup, 8x8
  '63016',
  '1340',
  '1004',
  '1005',
  '1006',
  '1007',
  '1008',
  '61',
]);

/** Meta's subcodes under Messenger and Instagram, alone or after Meta's code 10: `10/2018278`. */
const windowSubcodes: ReadonlySet<string | undefined> = new Set(['2018278', '2018065', '2534022']);

/** WeChat: more replies than one message of the customer allows. */
const quotaCodes: ReadonlySet<string | undefined> = new Set(['45047']);

/** Meta: "permission denied" of many kinds, the allowed window being one of them. Its words tell. */
const AMBIGUOUS_CODE = '10';

/** By name, without what stands between its words. */
const windowNames: ReadonlySet<string> = new Set([
  'servicewindowexpired',
  'windowexpired',
  'windowclosed',
  'noactivesession',
]);

/** All that is heard, for those who give something else. */
export const knownRefusalCodes: string = [...windowCodes, ...windowSubcodes, ...quotaCodes, AMBIGUOUS_CODE].join(', ');

const MAX_TEXT_LENGTH = 1000;

/**
 * Reads a provider's code, as a number or a text, alone or with its subcode: `131047`, `10/2018278`, `(#10) Outside of
 * allowed window`. `undefined`: it says nothing about the window.
 *
 * @param words what the provider says about the failure beside the code
 */
export function readRefusal(code: unknown, words: readonly string[] = []): Refusal | undefined {
  const text = typeof code === 'number' ? String(code) : code;
  if (typeof text !== 'string' || text.length > MAX_TEXT_LENGTH) return undefined;
  if (windowNames.has(text.toLowerCase().replace(/[\s_-]/g, ''))) return 'window_closed';
  const [first, second] = numbersOf(text);
  if (quotaCodes.has(first)) return 'quota_spent';
  if (isWindowCode(first, second)) return 'window_closed';
  return first === AMBIGUOUS_CODE && [text, ...words].some(speaksOfWindow) ? 'doubtful' : undefined;
}

/** A short code with something behind it may be anything; one of five digits is itself in any company. */
function isWindowCode(first: string | undefined, second: string | undefined): boolean {
  if (windowSubcodes.has(second) || windowSubcodes.has(first)) return true;
  return windowCodes.has(first) && (second === undefined || isLong(first));
}

function isLong(code: string | undefined): boolean {
  return code !== undefined && code.length >= 5;
}

/** The code and the subcode in a text that holds nothing else, or the code at the start of a sentence. */
function numbersOf(text: string): readonly (string | undefined)[] {
  const bare = text.toLowerCase().replace(/error|err|sub|code|meta/g, ' ');
  if (!/[^\d\s#()[\]/:.,;|=_-]/.test(bare)) return /^\s*-/.test(bare) ? [] : (bare.match(/\d+/g) ?? []);
  // A short number may be a count of anything, so it has to look like a code; a doubt costs a read at most.
  return /^\W{0,4}#(\d+)\b|^\s*\(?(?:(\d+)\s*[:)]|(\d{5,}|10)\b)/.exec(bare)?.slice(1).filter(isText) ?? [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function speaksOfWindow(words: string): boolean {
  return (
    words.length <= MAX_TEXT_LENGTH &&
    /\bwindow\b/i.test(words) &&
    /\b(?:outside|allowed|expired|closed)\b/i.test(words)
  );
}
