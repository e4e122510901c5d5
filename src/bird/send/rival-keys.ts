import { foldKey } from '../../core/fold-key.js';

/**
 * Whether an object has one of the names in another spelling. Bird's decoder is taken not to mind the letter case, so
 * which of two spellings it would follow cannot be told.
 */
export function hasRival(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).some((key) => {
    if (names.includes(key)) return false;
    const folded = foldKey(key);
    return names.some((name) => foldKey(name) === folded);
  });
}
