/** The meaning of a provider's code for a failed message. */
export type Refusal =
  /** The window was closed when the message arrived. */
  | 'window_closed'
  /** The window's quota is spent until the customer writes again. */
  | 'quota_spent'
  /** The window may have been closed: the code has other meanings too. */
  | 'doubtful';

/**
 * Codes by which providers refuse a message because the window is closed. Sources: `docs/platforms.md`. Similar codes
 * (131026 undeliverable, 131049 and 130472 experiments, 131056, 131048, 132000, 132001, 190, 551, 1545041, 63032) are
 * in no list, because they say nothing about the window.
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

/** WeChat: more replies than one customer message permits. */
const quotaCodes: ReadonlySet<string | undefined> = new Set(['45047']);

/** Meta: "permission denied" of many kinds, one of which is the window. The description says which. */
const AMBIGUOUS_CODE = '10';

/** Codes in words, without separators. */
const windowNames: ReadonlySet<string> = new Set([
  'servicewindowexpired',
  'windowexpired',
  'windowclosed',
  'noactivesession',
]);

/** All known codes, for the warning about an unknown one. */
export const knownRefusalCodes: string = [...windowCodes, ...windowSubcodes, ...quotaCodes, AMBIGUOUS_CODE].join(', ');

const MAX_TEXT_LENGTH = 1000;

/**
 * Reads a provider's code, as a number or a string, alone or with its subcode: `131047`, `10/2018278`, `(#10) Outside
 * of allowed window`. `undefined`: the code says nothing about the window.
 *
 * @param descriptions the provider's other texts about the failure
 */
export function readRefusal(code: unknown, descriptions: readonly string[] = []): Refusal | undefined {
  const text = typeof code === 'number' ? String(code) : code;
  if (typeof text !== 'string' || text.length > MAX_TEXT_LENGTH) return undefined;
  if (windowNames.has(text.toLowerCase().replace(/[\s_-]/g, ''))) return 'window_closed';
  const [first, second] = numbersOf(text);
  if (quotaCodes.has(first)) return 'quota_spent';
  if (isWindowCode(first, second)) return 'window_closed';
  return first === AMBIGUOUS_CODE && [text, ...descriptions].some(mentionsWindow) ? 'doubtful' : undefined;
}

/**
 * A short code counts only alone, since another number beside it changes its meaning; one of five digits always counts.
 */
function isWindowCode(first: string | undefined, second: string | undefined): boolean {
  if (windowSubcodes.has(second) || windowSubcodes.has(first)) return true;
  return windowCodes.has(first) && (second === undefined || isLong(first));
}

function isLong(code: string | undefined): boolean {
  return code !== undefined && code.length >= 5;
}

/** The code and the subcode in a text that contains nothing else, or the code at the start of a sentence. */
function numbersOf(text: string): readonly (string | undefined)[] {
  const bare = text.toLowerCase().replace(/error|err|sub|code|meta/g, ' ');
  if (!/[^\d\s#()[\]/:.,;|=_-]/.test(bare)) return /^\s*-/.test(bare) ? [] : (bare.match(/\d+/g) ?? []);
  // A short number may count anything, so it has to look like a code. A false doubt costs one read at most.
  return /^\W{0,4}#(\d+)\b|^\s*\(?(?:(\d+)\s*[:)]|(\d{5,}|10)\b)/.exec(bare)?.slice(1).filter(isText) ?? [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function mentionsWindow(text: string): boolean {
  return (
    text.length <= MAX_TEXT_LENGTH && /\bwindow\b/i.test(text) && /\b(?:outside|allowed|expired|closed)\b/i.test(text)
  );
}
