const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a value is a UUID, in either case, and nothing beside it. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && UUID.test(value);
}

/**
 * Bird's ids are UUIDs, in either case; anything else gives `undefined`. Only what passed here may become part of a
 * path: an id `..` would make the URL collapse to another resource, and `encodeURIComponent` leaves it as it is.
 */
export function toId(value: unknown): string | undefined {
  return isUuid(value) ? value.toLowerCase() : undefined;
}
