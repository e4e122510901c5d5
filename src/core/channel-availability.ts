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
 * Whether a channel or capability of this status may send. Bird's list is not published: a word that stands in neither
 * set gives `undefined` and is let through.
 */
export function maySend(status: unknown): boolean | undefined {
  if (sendable.has(status)) return true;
  return unavailable.has(status) ? false : undefined;
}

/** Whether `capabilities.messaging.messaging` or its `outgoing` is there and switched off, or has run out at `at`. */
export function isOutgoingUnavailable(channel: unknown, at: number): boolean {
  const messaging = own(own(own(channel, 'capabilities'), 'messaging'), 'messaging');
  return isOff(messaging, at) || isOff(own(messaging, 'outgoing'), at);
}

function isOff(capability: unknown, at: number): boolean {
  if (capability === undefined) return false;
  const expiresAt = capabilityEnd(own(capability, 'expiresAt'));
  return maySend(own(capability, 'status')) === false || (expiresAt !== undefined && expiresAt <= at);
}

/** The year 2000: no capability has ended before, so what is older is a zero in disguise, such as Go's year 1. */
const MIN_END = 946_684_800_000;

/** The end of a capability, epoch ms; `undefined`: it has none, or what stands there cannot be one. */
export function capabilityEnd(expiresAt: unknown): number | undefined {
  const end = toInstant(expiresAt);
  return end !== undefined && end >= MIN_END ? end : undefined;
}
