import { toInstant } from './instant.js';
import { own } from './own.js';

const sendable: ReadonlySet<unknown> = new Set(['active', 'preview']);

const unavailable: ReadonlySet<unknown> = new Set([
  'inactive',
  'disabled',
  'paused',
  'suspended',
  'archived',
  'deleted',
  'expired',
  'failed',
  'pending',
  'installing',
]);

/**
 * Whether a channel or capability of this status may send. Bird does not publish its statuses: one in neither set gives
 * `undefined`, and sends pass.
 */
export function maySend(status: unknown): boolean | undefined {
  if (sendable.has(status)) return true;
  return unavailable.has(status) ? false : undefined;
}

/** Whether `capabilities.messaging.messaging` or its `outgoing` is present and switched off, or has expired at `at`. */
export function isOutgoingUnavailable(channel: unknown, at: number): boolean {
  const messaging = own(own(own(channel, 'capabilities'), 'messaging'), 'messaging');
  return isOff(messaging, at) || isOff(own(messaging, 'outgoing'), at);
}

function isOff(capability: unknown, at: number): boolean {
  if (capability === undefined) return false;
  const expiresAt = capabilityEnd(own(capability, 'expiresAt'));
  return maySend(own(capability, 'status')) === false || (expiresAt !== undefined && expiresAt <= at);
}

/** The year 2000. No capability ended earlier, so an older date is a zero in disguise, such as Go's year 1. */
const MIN_END = 946_684_800_000;

/** The end of a capability, epoch ms; `undefined` if it has none, or an impossible one. */
export function capabilityEnd(expiresAt: unknown): number | undefined {
  const end = toInstant(expiresAt);
  return end !== undefined && end >= MIN_END ? end : undefined;
}
