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
