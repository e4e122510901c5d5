import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClaimedDelivery, digestOf, isSignedByOneOf, signWebhook } from '../../src/bird/webhook-signature.js';

interface Vector {
  readonly signingKey: string;
  readonly headers: { readonly 'messagebird-signature': string; readonly 'messagebird-request-timestamp': string };
  readonly url: string;
  readonly rawBody: string;
}

const vector = JSON.parse(
  readFileSync(new URL('../fixtures/bird/webhook-signature-vector.computed.json', import.meta.url), 'utf8'),
) as Vector;
const key = vector.signingKey;
const signature = vector.headers['messagebird-signature'];
const timestamp = vector.headers['messagebird-request-timestamp'];
const delivery: ClaimedDelivery = { signature, timestamp, url: vector.url, body: Buffer.from(vector.rawBody) };

/** The delivery with the timestamp given, signed for just that. */
function signedAt(text: string): ClaimedDelivery {
  const content = { timestamp: text, url: delivery.url, body: delivery.body };
  return { ...delivery, timestamp: text, signature: signWebhook(content, key) };
}

describe('the vector computed from what Bird publishes', () => {
  it('holds', () => {
    expect(signWebhook({ timestamp, url: vector.url, body: delivery.body }, key)).toBe(signature);
    expect(isSignedByOneOf(delivery, [key])).toBe(true);
  });

  it('uses the key as its own bytes, though it looks like base64', () => {
    const decoded = Buffer.from(key, 'base64').toString('latin1');
    expect(isSignedByOneOf(delivery, [decoded])).toBe(false);
  });
});

describe('several keys', () => {
  it('each will do while they are rotated', () => {
    expect(isSignedByOneOf(delivery, ['the next key', key])).toBe(true);
    expect(isSignedByOneOf(delivery, [key, 'the key before'])).toBe(true);
  });

  it('none fits: refused', () => {
    expect(isSignedByOneOf(delivery, ['the next key', 'the key before'])).toBe(false);
    expect(isSignedByOneOf(delivery, [])).toBe(false);
  });
});

describe('refuses [W5, W9]', () => {
  it.each<[string, Partial<ClaimedDelivery>]>([
    ['no signature', { signature: undefined }],
    ['an empty signature', { signature: '' }],
    ['a list of signatures', { signature: [signature] }],
    ['two signatures in one header', { signature: `${signature}, ${signature}` }],
    ['a signature that is too short', { signature: signature.slice(4) }],
    ['a signature that is too long', { signature: `AAAA${signature}` }],
    ['hex in place of base64', { signature: Buffer.from(signature, 'base64').toString('hex') }],
    ['a signature without its padding', { signature: signature.slice(0, -1) }],
    ['characters that a lenient decoder skips', { signature: `!${signature.slice(0, -1)}` }],
    ['a character of the URL-safe alphabet', { signature: `-${signature.slice(1)}` }],
    ['surrounding white space', { signature: ` ${signature}` }],
    ['no timestamp', { timestamp: undefined }],
    ['a timestamp that is a number', { timestamp: Number(timestamp) }],
    ['a list of timestamps', { timestamp: [timestamp] }],
    ['another URL', { url: 'https://example.com/other' }],
    ['http in place of https', { url: vector.url.replace('https', 'http') }],
    ['a slash more', { url: `${vector.url}/` }],
    ['a query more', { url: `${vector.url}?a=1` }],
    ['a body that was serialised again', { body: Buffer.from(JSON.stringify(JSON.parse(vector.rawBody), null, 1)) }],
    ['an empty body', { body: new Uint8Array() }],
  ])('%s', (_name, change) => {
    expect(isSignedByOneOf({ ...delivery, ...change }, [key])).toBe(false);
  });

  it('a signature whose spare bits are set, which would decode to the same bytes [W9]', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = alphabet.indexOf(signature.at(-2) ?? '');
    const twin = `${signature.slice(0, -2)}${alphabet[last + 1]}=`;
    expect(Buffer.from(twin, 'base64')).toEqual(Buffer.from(signature, 'base64'));
    expect(isSignedByOneOf({ ...delivery, signature: twin }, [key])).toBe(false);
  });

  it.each([
    ['text behind the number', '1719823259abc'],
    ['hexadecimal', '0x66830c1b00'],
    ['an exponent', '1719823e30'],
    ['white space', ' 171982325'],
    ['a sign', '+171982325'],
    ['a fraction', '17198232.5'],
    ['nothing', ''],
    ['nine digits', '171982325'],
    ['milliseconds', '1719823259000'],
    ['other digits than ASCII ones', '١٧١٩٨٢٣٢٥٩'],
    ['a line feed at the end', '1719823259\n'],
  ])('a timestamp with %s, though it is signed [W8]', (_name, text) => {
    expect(isSignedByOneOf(signedAt(text), [key])).toBe(false);
  });
});

describe('any bit that is flipped [W5, S6]', () => {
  const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
    bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
  const flipText = (text: string, bit: number): string =>
    Buffer.from(flip(Buffer.from(text, 'latin1'), bit)).toString('latin1');

  it('of the MAC is refused', () => {
    const mac = Buffer.from(signature, 'base64');
    for (let bit = 0; bit < mac.length * 8; bit += 1) {
      const flipped = Buffer.from(flip(mac, bit)).toString('base64');
      expect(isSignedByOneOf({ ...delivery, signature: flipped }, [key]), `bit ${bit}`).toBe(false);
    }
  });

  it('of the signature header, the timestamp and the URL is refused', () => {
    for (const field of ['signature', 'timestamp', 'url'] as const) {
      const text = String(delivery[field]);
      for (let bit = 0; bit < text.length * 8; bit += 1) {
        const flipped = { ...delivery, [field]: flipText(text, bit) };
        expect(isSignedByOneOf(flipped, [key]), `${field} bit ${bit}`).toBe(false);
      }
    }
  });

  it('of the body is refused', () => {
    for (let bit = 0; bit < delivery.body.length * 8; bit += 1) {
      expect(isSignedByOneOf({ ...delivery, body: flip(delivery.body, bit) }, [key]), `bit ${bit}`).toBe(false);
    }
  });
});

it('holds for every body, URL and key that it was made for, and for no other key', () => {
  const url = fc.string({ unit: 'binary' });
  // HMAC pads keys with zero bytes, so that keys which differ by those alone are the same one.
  const signingKey = fc.string({ minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(fc.uint8Array(), url, signingKey, signingKey, (body, url, ownKey, otherKey) => {
      const content = { timestamp: '1719823259', url, body };
      const claimed = { ...content, signature: signWebhook(content, ownKey) };
      expect(isSignedByOneOf(claimed, [ownKey])).toBe(true);
      if (ownKey === otherKey) return;
      expect(isSignedByOneOf(claimed, [otherKey])).toBe(false);
    }),
  );
});

it('throws for no input', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (claimed, at) => {
      expect(isSignedByOneOf({ ...delivery, signature: claimed, timestamp: at }, [key])).toBe(false);
    }),
  );
});

it('the digest of a body is a text, by which a table finds it again', () => {
  expect(digestOf(Buffer.from('abc'))).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=');
});
