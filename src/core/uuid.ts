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
