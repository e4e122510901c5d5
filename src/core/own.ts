/**
 * Reads one own property and nothing from the prototype chain. A flag that arrives through `__proto__` in a JSON body,
 * or through a polluted `Object.prototype`, must never open a window.
 */
export function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/**
 * A copy of the own fields without a prototype: an absent field is `undefined`, even if `Object.prototype` is polluted.
 */
export function ownFields<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value);
}

/** Whether a field is set: in JSON `null` means the same as an absent field. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * A key without its letter case, as Go's JSON decoder compares keys: `ſ` (U+017F) equals `s`, and the Kelvin sign
 * (U+212A), which `toLowerCase` knows, equals `k`. Bird's decoder is assumed to be Go's.
 */
export function foldKey(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes('\u017f') ? lower.replaceAll('\u017f', 's') : lower;
}

/**
 * Whether an object has one of the names in another spelling. Bird's decoder is assumed to ignore the letter case, so
 * it is unknown which of two spellings it would read.
 */
export function hasRival(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const key of Object.keys(value)) {
    if (names.includes(key)) continue;
    // Folding keeps the length of anything that becomes one of the names, and nearly all keys have another length.
    if (names.some((name) => name.length === key.length && foldKey(name) === foldKey(key))) return true;
  }
  return false;
}
