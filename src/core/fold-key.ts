/**
 * A key without its letter case, as Go's JSON decoder compares keys: it takes `ſ` (U+017F) for an `s`, and the sign for
 * Kelvin (U+212A), which `toLowerCase` knows, for a `k`. Bird's decoder is taken to be one.
 */
export function foldKey(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes('\u017f') ? lower.replaceAll('\u017f', 's') : lower;
}
