/**
 * A key without its letter case, as Go's JSON decoder compares keys: it takes `ſ` (U+017F) for an `s`, and the sign for
 * Kelvin (U+212A), which `toLowerCase` knows, for a `k`. Bird's decoder is taken to be one.
 */
export function foldKey(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes('\u017f') ? lower.replaceAll('\u017f', 's') : lower;
}

/**
 * Whether an object has one of the names in another spelling. Bird's decoder is taken not to mind the letter case, so
 * which of two spellings it would follow cannot be told.
 */
export function hasRival(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const key of Object.keys(value)) {
    if (names.includes(key)) continue;
    // Folding changes no length of what then is one of the names, and nearly all keys have another.
    if (names.some((name) => name.length === key.length && foldKey(name) === foldKey(key))) return true;
  }
  return false;
}
