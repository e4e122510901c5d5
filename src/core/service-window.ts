import { toInstant } from './instant.js';
import { own, ownFields } from './own.js';
import { isLost, mergeSent, type SentMessage } from './sent-messages.js';
import type { ServiceWindow } from './types.js';

/**
 * What is known about one window. Every field only grows, so evidence merges in any order and any number of times to
 * the same result.
 */
export interface WindowEvidence {
  /** The latest end of the window that Bird reported, epoch ms. */
  readonly expiresAt?: number | undefined;
  /**
   * How long an end that Bird reported is trusted when it lies further ahead than any customer message explains, epoch
   * ms. Kept apart because any refusal refutes it.
   */
  readonly farUntil?: number | undefined;
  /** When the customer last wrote, epoch ms, by the platform's clock. */
  readonly lastInboundAt?: number | undefined;
  /** When the latest refused message was sent, epoch ms. Nothing older opens the window any more. */
  readonly refusedAt?: number | undefined;
  /** How long Bird's `isPermanentSession: true` is trusted, epoch ms. */
  readonly permanentUntil?: number | undefined;
  /**
   * When the contact wrote although the address or the instant is uncertain, epoch ms. It opens nothing, but it casts
   * doubt on a closed window and restarts the message count.
   */
  readonly contactWroteAt?: number | undefined;
  /** When something unexplained happened, epoch ms. A later read or message has to confirm the rest. */
  readonly doubtedAt?: number | undefined;
  /**
   * The contact id that Bird was asked with for `expiresAt`, `farUntil` and `permanentUntil`, where only the caller
   * connects it to the address. For other ids these fields open nothing.
   */
  readonly readFor?: string | undefined;
  /** When the latest read started that reported a doubted window as open, epoch ms. */
  readonly readAt?: number | undefined;
  /** When the latest message was sent that the provider refused because the window's quota was spent, epoch ms. */
  readonly quotaSpentAt?: number | undefined;
  /** When the contact last opted out, epoch ms; it counts unless the contact opted in again later. */
  readonly optedOutAt?: number | undefined;
  /** When the contact last opted in again, epoch ms. */
  readonly optedInAt?: number | undefined;
  /** The latest messages sent into the window, on platforms that count them. */
  readonly sent?: readonly SentMessage[] | undefined;
}

/**
 * Merges two pieces of evidence about one window. Neither argument is changed, and only own fields are read. The result
 * has every field as its own, so that no absent one can come from a prototype.
 */
export function mergeEvidence(one: WindowEvidence, other: WindowEvidence): WindowEvidence {
  // With objects without a prototype, a merge costs twice as much.
  return mergeFields({ ...noEvidence, ...one }, { ...noEvidence, ...other });
}

function mergeFields(a: WindowEvidence, b: WindowEvidence): WindowEvidence {
  return {
    expiresAt: latest(a.expiresAt, b.expiresAt),
    farUntil: latest(a.farUntil, b.farUntil),
    lastInboundAt: latest(a.lastInboundAt, b.lastInboundAt),
    refusedAt: latest(a.refusedAt, b.refusedAt),
    permanentUntil: latest(a.permanentUntil, b.permanentUntil),
    contactWroteAt: latest(a.contactWroteAt, b.contactWroteAt),
    doubtedAt: latest(a.doubtedAt, b.doubtedAt),
    readFor: readForOf(a, b),
    readAt: latest(a.readAt, b.readAt),
    quotaSpentAt: latest(a.quotaSpentAt, b.quotaSpentAt),
    optedOutAt: latest(a.optedOutAt, b.optedOutAt),
    optedInAt: latest(a.optedInAt, b.optedInAt),
    sent: mergeSent(a.sent, b.sent),
  };
}

/** The later evidence decides for whom it counts; of two equal ends, the one that counts for every contact id. */
function readForOf(a: WindowEvidence, b: WindowEvidence): string | undefined {
  if (a.readFor === b.readFor) return a.readFor;
  const [ofA, ofB] = [trustedEnd(a), trustedEnd(b)];
  if (ofA !== ofB) return ofA > ofB ? a.readFor : b.readFor;
  if (a.readFor === undefined || b.readFor === undefined) return undefined;
  return [a.readFor, b.readFor].sort()[0];
}

function trustedEnd({ expiresAt, farUntil, permanentUntil }: WindowEvidence): number {
  const never = Number.NEGATIVE_INFINITY;
  return Math.max(expiresAt ?? never, farUntil ?? never, permanentUntil ?? never);
}

/** The evidence about a window of which nothing is known. It is not frozen: a merge would cost twice as much. */
export const noEvidence: WindowEvidence = mergeFields(ownFields({}), ownFields({}));

/** Whether Bird has to confirm the evidence before it may open the window. A later customer's message is certain. */
export function isDoubted({ doubtedAt, readAt, lastInboundAt }: WindowEvidence): boolean {
  if (doubtedAt === undefined || (lastInboundAt !== undefined && lastInboundAt > doubtedAt)) return false;
  return readAt === undefined || readAt < doubtedAt;
}

/**
 * How many messages were sent since the customer last wrote; `undefined`: not counted. The end of the window, which
 * lasts `windowMs`, shows a customer's message that was not observed.
 */
export function messagesSinceInbound(evidence: WindowEvidence, windowMs: number): number | undefined {
  const { sent, lastInboundAt, contactWroteAt, expiresAt, quotaSpentAt } = evidence;
  if (sent === undefined && quotaSpentAt === undefined) return undefined;
  const never = Number.NEGATIVE_INFINITY;
  const since = Math.max(lastInboundAt ?? never, contactWroteAt ?? never, (expiresAt ?? never) - windowMs);
  // The platform has counted for itself.
  if (quotaSpentAt !== undefined && quotaSpentAt > since) return Number.POSITIVE_INFINITY;
  if (sent === undefined || (lastInboundAt === undefined && expiresAt === undefined)) return undefined;
  return sent.filter((message) => message.at > since && !isLost(message)).length;
}

export interface KnownWindow {
  /** The latest end by evidence that is not refuted, epoch ms, past or future. */
  readonly end: number | undefined;
  /** The state of the window if `end` does not open it. */
  readonly otherwise: 'closed' | 'unreadable' | 'unknown';
}

/** The service window as of `at`: it ends at the later of Bird's date and the customer's message plus the duration. */
export function knownWindow(contact: unknown, window: ServiceWindow, at: number): KnownWindow {
  const expiry = own(contact, 'serviceWindowExpireAt');
  const birdEnd = toInstant(expiry);
  const refusedAt = toInstant(own(contact, 'refusedAt'));
  const isRefuted = isDateRefuted(birdEnd, refusedAt, window.durationMs, at);
  const end = latest(inboundEnd(contact, window, at), isRefuted ? undefined : birdEnd);

  if (birdEnd === undefined && expiry !== undefined && expiry !== null) return { end, otherwise: 'unreadable' };
  const isSaidClosed =
    end !== undefined || refusedAt !== undefined || (expiry === null && own(window, 'nullSaysNothing') !== true);
  return { end, otherwise: isSaidClosed ? 'closed' : 'unknown' };
}

/**
 * Whether a refusal refutes Bird's date: it does, unless the message from which the date is counted came after the
 * refusal. A date that would need a message in the future, such as the 72 h of an advertisement, is refuted too.
 */
function isDateRefuted(
  birdEnd: number | undefined,
  refusedAt: number | undefined,
  durationMs: number,
  at: number,
): boolean {
  if (birdEnd === undefined || refusedAt === undefined) return false;
  return refusedAt >= birdEnd - durationMs || isFarDate(birdEnd, durationMs, at);
}

/** Whether Bird's date lies so far ahead that no customer's message up to `at` explains it. */
export function isFarDate(birdEnd: number | undefined, durationMs: number, at: number): boolean {
  return birdEnd !== undefined && birdEnd - durationMs > at + INBOUND_SKEW_MS;
}

/** The longer window in which only a human may answer. */
export interface HumanWindow {
  /** The window's end, epoch ms. Only a customer's message opens the window, never Bird's date. */
  readonly end: number | undefined;
  /** Whether the window is known to be closed if `end` does not open it. Otherwise it is unknown. */
  readonly isDecided: boolean;
}

/**
 * The human-agent window as of `at`; `undefined` if the platform has none. Bird's null or past date is about the short
 * window, and so is a refusal after its end: neither says that a human may not write.
 */
export function humanAgentWindow(contact: unknown, window: ServiceWindow, at: number): HumanWindow | undefined {
  const humanAgentMs = own(window, 'humanAgentMs');
  if (typeof humanAgentMs !== 'number') return undefined;
  const inboundAt = pastInbound(contact, at);
  const refusedAt = toInstant(own(contact, 'refusedAt'));
  const birdEnd = toInstant(own(contact, 'serviceWindowExpireAt'));
  // A refusal while Bird reports the short window as open is about both windows.
  const isRefusedInside = refusedAt !== undefined && birdEnd !== undefined && at < birdEnd;
  if (inboundAt === undefined) return { end: undefined, isDecided: isRefusedInside };
  const isRefuted = refusedAt !== undefined && inboundAt <= refusedAt && refusedAt < inboundAt + window.durationMs;
  return { end: isRefuted ? undefined : Math.min(inboundAt, at) + humanAgentMs, isDecided: true };
}

/** The later of two instants, either of which may be missing. */
export function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** Clocks differ, so a customer's message may seem to come from the future. Beyond this it does not count. */
export const INBOUND_SKEW_MS: number = 5 * 60_000;

/** The end of the window that the customer's message opened, unless a later refusal refutes it. */
function inboundEnd(contact: unknown, { durationMs }: ServiceWindow, at: number): number | undefined {
  const inboundAt = pastInbound(contact, at);
  const refusedAt = toInstant(own(contact, 'refusedAt'));
  if (inboundAt === undefined || (refusedAt !== undefined && inboundAt <= refusedAt)) return undefined;
  return Math.min(inboundAt, at) + durationMs;
}

/** When the customer last wrote; `undefined` if that is absent, unreadable or in the future. */
function pastInbound(contact: unknown, at: number): number | undefined {
  const inboundAt = toInstant(own(contact, 'lastInboundAt'));
  return inboundAt === undefined || inboundAt > at + INBOUND_SKEW_MS ? undefined : inboundAt;
}
