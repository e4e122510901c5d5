/**
 * Whether an object has one of the names in another letter case. Bird's decoder is taken not to mind the case, so which
 * of two spellings it would follow cannot be told.
 */
export function hasRival(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).some((key) => {
    if (names.includes(key)) return false;
    const lower = key.toLowerCase();
    return names.some((name) => name.toLowerCase() === lower);
  });
}
