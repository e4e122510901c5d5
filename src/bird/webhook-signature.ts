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
export function signWebhook({ timestamp, url, body }: SignedContent, signingKey: string): string {
  // A digest as a string of its bytes needs no buffer, which would make a signature cost 1.25 times as much.
  const digest = createHash('sha256').update(body).digest('binary');
  return createHmac('sha256', signingKey).update(`${timestamp}\n${url}\n`).update(digest, 'binary').digest('base64');
}

/**
 * Whether one of the keys signed the delivery. Every key is tried, so that the time taken does not reveal which one
 * matches. The timestamp's age does not matter here: Bird repeats deliveries for 8 hours under the first one.
 */
export function isSignedByOneOf(delivery: ClaimedDelivery, signingKeys: readonly string[]): boolean {
  const { signature, timestamp, url, body } = delivery;
  if (!isSignature(signature) || !isTimestamp(timestamp)) return false;
  // The texts are compared: Node's decoder skips some characters, so one signature would have many spellings.
  const claimed = Buffer.from(signature);
  const fits = signingKeys.map((key) => {
    return timingSafeEqual(Buffer.from(signWebhook({ timestamp, url, body }, key)), claimed);
  });
  return fits.includes(true);
}

/** Exactly ten digits: `parseInt` and `Number` would accept several forms of the same instant. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && /^\d{10}$/.test(value);
}

/** 32 bytes in base64. */
function isSignature(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z\d+/]{43}=$/.test(value);
}

/** The SHA-256 of bytes, in base64. */
export function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64');
}
