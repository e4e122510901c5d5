import fc from 'fast-check';

/** Keys that mean something to the language or to a parser. */
export const oddKeys: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length', ''],
];

/** Texts that parsers trip over. */
export const oddTexts: readonly string[] = [
  ...['', ' ', '0', 'null', 'true', '..', '.', '/', '\\', '%', '%2e%2e', '?', '#', '\u0000', '\r\n', '\t'],
  ...['\ud800', '\udfff', '\ufeff', '\u202e', '\u017f', '\u212a', 'ﷺ', '\u{1f4e6}', '[object Object]', 'NaN'],
  ...['\u001b[2J', '<script>alert(1)</script>', '{{7*7}}', '__proto__', 'constructor'],
];

export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 4, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 2, arbitrary: fc.string({ maxLength: 40 }) },
);

export const key: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...oddKeys), text);

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, 1_767_603_600, 1_767_603_600_000, {}, []),
  text,
);

/** Small JSON of any shape. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.tuple(key, leaf), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  },
);

/** An object with some of the fields, of which some are junk: near enough to the right shape to get far. */
export function near<T extends Record<string, unknown>>(
  fields: {
    readonly [K in keyof T]: fc.Arbitrary<unknown>;
  },
): fc.Arbitrary<Record<string, unknown>> {
  const mixed = Object.fromEntries(
    Object.entries<fc.Arbitrary<unknown>>(fields).map(([name, right]) => [
      name,
      fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: junk }),
    ]),
  );
  return fc.record(mixed, { requiredKeys: [] });
}

/** The same most of the time with all of its fields. */
export function nearlyWhole(
  fields: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  spoiltOneIn = 12,
): fc.Arbitrary<Record<string, unknown>> {
  const right = fc.record(fields);
  return fc.oneof({ weight: spoiltOneIn, arbitrary: right }, { weight: spoiltOneIn, arbitrary: near(fields) });
}

/** `Object.fromEntries` keeps `__proto__` as a field, as `JSON.parse` does. */
export function withEntries(value: object, entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries([...Object.entries(value), ...entries]);
}
