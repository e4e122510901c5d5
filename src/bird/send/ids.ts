import { isUuid } from '../../core/uuid.js';

/**
 * Bird's ids are UUIDs, in either case; anything else gives `undefined`. Only what passed here may become part of a
 * path: an id `..` would make the URL collapse to another resource, and `encodeURIComponent` leaves it as it is.
 */
export function toId(value: unknown): string | undefined {
  return isUuid(value) ? value.toLowerCase() : undefined;
}
