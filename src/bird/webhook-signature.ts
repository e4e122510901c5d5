import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The content that Bird signs: the time of the first delivery, the URL called and the bytes of the body. */
export interface SignedContent {
  /** Unix seconds as Bird writes them. Every repetition carries the first delivery's. */
  readonly timestamp: string;
  /** The subscription's URL, exactly as registered. */
  readonly url: string;
  readonly body: Uint8Array;
}

/** A delivery as received, before any of it is trusted. */
export interface ClaimedDelivery {
  /** The header `messagebird-signature`. */
  readonly signature: unknown;
  /** The header `messagebird-request-timestamp`. */
  readonly timestamp: unknown;
  /** The subscription's URL, never the one that the request claims. */
  readonly url: string;
  readonly body: Uint8Array;
}

/** Bird's signature in base64. The key's own bytes are used, even if it looks like base64. */
export function signWebhook(content: SignedContent, signingKey: string): string {
  return macOf(content, signingKey).toString('base64');
}

/**
 * Whether one of the keys signed the delivery. Every key is tried, so that the time taken does not reveal which one
 * matches. The timestamp's age does not matter here: Bird repeats deliveries for 8 hours under the first one.
 */
export function isSignedByOneOf(delivery: ClaimedDelivery, signingKeys: readonly string[]): boolean {
  const { timestamp, url, body } = delivery;
  const claimed = readMac(delivery.signature);
  if (claimed === undefined || !isTimestamp(timestamp)) return false;
  const fits = signingKeys.map((key) => timingSafeEqual(macOf({ timestamp, url, body }, key), claimed));
  return fits.includes(true);
}

/** Exactly ten digits: `parseInt` and `Number` would accept several forms of the same instant. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && /^\d{10}$/.test(value);
}

function macOf({ timestamp, url, body }: SignedContent, signingKey: string): Buffer {
  return createHmac('sha256', signingKey).update(`${timestamp}\n${url}\n`).update(digestOf(body)).digest();
}

export function digestOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest();
}

const MAC_BYTES = 32;
const MAC_BASE64_LENGTH = 44;

/**
 * Accepts only the canonical form. Node's decoder skips other characters, so one signature would have many spellings.
 */
function readMac(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length !== MAC_BASE64_LENGTH) return undefined;
  const mac = Buffer.from(value, 'base64');
  return mac.length === MAC_BYTES && mac.toString('base64') === value ? mac : undefined;
}
