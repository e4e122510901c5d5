import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What Bird signs: the time of the first delivery, the URL it calls and the bytes that it sends. */
export interface SignedContent {
  /** Unix seconds as Bird writes them; every repetition carries the first one. */
  readonly timestamp: string;
  /** The subscribed URL, to the letter. */
  readonly url: string;
  readonly body: Uint8Array;
}

/** A delivery as it came: nothing of it is to be believed yet. */
export interface ClaimedDelivery {
  /** The header `messagebird-signature`. */
  readonly signature: unknown;
  /** The header `messagebird-request-timestamp`. */
  readonly timestamp: unknown;
  /** The URL that the subscription was made for. Never the one that the request claims to have been sent to. */
  readonly url: string;
  readonly body: Uint8Array;
}

/** Bird's signature in base64. The key is used as its own bytes, even where it looks like base64. */
export function signWebhook(content: SignedContent, signingKey: string): string {
  return macOf(content, signingKey).toString('base64');
}

/**
 * Whether one of the keys signed the delivery. Every key is tried, so that the time taken does not tell which one
 * fits. How old the timestamp is does not matter here: Bird repeats for 8 hours under the first one.
 */
export function isSignedByOneOf(delivery: ClaimedDelivery, signingKeys: readonly string[]): boolean {
  const { timestamp, url, body } = delivery;
  const claimed = readMac(delivery.signature);
  if (claimed === undefined || !isTimestamp(timestamp)) return false;
  const fits = signingKeys.map((key) => timingSafeEqual(macOf({ timestamp, url, body }, key), claimed));
  return fits.includes(true);
}

/** Ten digits and nothing else: `parseInt` and `Number` would take more forms than one for the same instant. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && /^\d{10}$/.test(value);
}

function macOf({ timestamp, url, body }: SignedContent, signingKey: string): Buffer {
  const digest = createHash('sha256').update(body).digest();
  return createHmac('sha256', signingKey).update(`${timestamp}\n${url}\n`).update(digest).digest();
}

const MAC_BYTES = 32;
const MAC_BASE64_LENGTH = 44;

/** Only the canonical form: Node's decoder skips what is no base64, so that one signature would have many spellings. */
function readMac(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length !== MAC_BASE64_LENGTH) return undefined;
  const mac = Buffer.from(value, 'base64');
  return mac.length === MAC_BYTES && mac.toString('base64') === value ? mac : undefined;
}
