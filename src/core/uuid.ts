const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a value is a UUID, in either letter case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && UUID.test(value);
}

/**
 * A Bird id in lower case; `undefined` for anything but a UUID. Only a checked id may become part of a path: `..` would
 * make the URL point to another resource, and `encodeURIComponent` leaves it as it is.
 */
export function toId(value: unknown): string | undefined {
  return isUuid(value) ? value.toLowerCase() : undefined;
}

/** More than any process has workspaces and channels at work at a time. */
const MAX_RECURRING = 10_000;

const recurring = new Map<string, string>();

/**
 * The same for ids that come again with each send, those of workspaces and channels. To find one again costs 0.6 of the
 * pattern, and since it is the same string each time, a map that has it as its key needs no comparison: together 0.9 of
 * an allowed send.
 */
export function toRecurringId(value: unknown): string | undefined {
  const known = typeof value === 'string' ? recurring.get(value) : undefined;
  if (known !== undefined) return known;
  const id = toId(value);
  if (id === undefined) return undefined;
  if (recurring.size >= MAX_RECURRING) recurring.clear();
  // A part of a long string keeps all of it in memory; a copy does not.
  const copy = ` ${id}`.slice(1);
  recurring.set(copy, copy);
  return copy;
}
