import fc from 'fast-check';

export const WORKSPACE = '52ad151f-f7b4-46f9-a5c6-d3318e650c84';
export const CHANNEL = '614208aa-b153-4d5d-9989-2fddfc0ce4c1';
export const CONTACT = '32cf5eee-f940-422c-ab8c-5f753aad5efd';
export const PHONE = '+31612345678';
/** No error, no log and no answer may contain one of these. */
export const KEY = 'canary-key-0123456789';
export const SECRETS: readonly string[] = [PHONE, PHONE.slice(1), KEY];
/** A Monday, 9 o'clock. */
export const NOW: number = Date.UTC(2026, 0, 5, 9);
export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;

/** An instant around `NOW`, with the edges of a window. */
export const instant: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(NOW, NOW - 1, NOW + 1, NOW - DAY, NOW - DAY + 1, NOW + DAY, NOW + 300_000, NOW + 300_001),
  fc.integer({ min: -40 * DAY, max: 40 * DAY }).map((offset) => NOW + offset),
);

/** Instants as Bird writes them, and nearly so. */
export const isoText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: instant.map((at) => new Date(at).toISOString()) },
  { weight: 1, arbitrary: instant.map((at) => new Date(at).toISOString().replace('Z', '')) },
  { weight: 1, arbitrary: instant.map((at) => new Date(at).toISOString().replace('.000Z', '.000000001+01:30')) },
  { weight: 1, arbitrary: instant.map((at) => String(at)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-02-30T09:00:00Z', '2026-01-05T24:00:00Z'],
      ...['2026-01-05 09:00:00Z', '2026-01-05T09:00:60Z', 'Mon, 05 Jan 2026 09:00:00 GMT', '2026-01-05'],
    ),
  },
);

/** What stands for a Bird id, most of the time one. */
export const idLike: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.uuid() },
  { weight: 2, arbitrary: fc.uuid().map((id) => id.toUpperCase()) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.uuid(), fc.nat(36), fc.constantFrom('/', '.', '%', '?', '#', '\\', '\n', '\u0000', 'g', '\ud800', '０'))
      .map(([id, at, odd]) => id.slice(0, at) + odd + id.slice(at + 1)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('..', '../'.repeat(12), '%2e%2e', 'constructor', '__proto__', '', ' ', 'null'),
  },
);

/** Throws where a text that leaves the guard has a secret in it. */
export function refuseSecrets(what: string, value: unknown): void {
  const text = textOf(value);
  for (const secret of SECRETS) if (text.includes(secret)) throw new Error(`${what} shows ${secret}: ${text}`);
}

function textOf(value: unknown): string {
  if (value instanceof Error) return [value.stack, textOf(value.cause ?? ''), JSON.stringify(value)].join('\n');
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, inner: unknown) => (inner instanceof Error ? textOf(inner) : inner)) ?? '';
}
