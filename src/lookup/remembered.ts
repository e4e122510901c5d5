import {
  isFarDate,
  latest,
  mergeEvidence,
  messagesSinceInbound,
  noEvidence,
  type WindowEvidence,
} from '../core/service-window.js';
import type { ContactInput } from '../core/types.js';
import type { WindowFacts } from '../ports.js';

/** A date too far ahead for any message counts until a refusal is known, and never after one. */
function rememberedDate({ expiresAt, farUntil, refusedAt }: WindowEvidence): number | undefined {
  return refusedAt === undefined ? latest(expiresAt, farUntil) : expiresAt;
}

/** For which contact and window the evidence is evaluated. */
export interface Reader {
  /** Length of the platform's window, in ms. */
  readonly windowMs: number;
  readonly contactId: string | undefined;
}

function isReadFor({ readFor }: WindowEvidence, { contactId }: Reader): boolean {
  return readFor === undefined || readFor === contactId;
}

/** Whether Bird's answer alone opens the window. */
export function saysOpen({ isPermanentSession, serviceWindowExpireAt }: WindowFacts, at: number): boolean {
  return isPermanentSession || isAhead(serviceWindowExpireAt, at);
}

/** Whether Bird's answer opens the window for certain: any refusal may refute its date. */
export function opensFor(
  { isPermanentSession, serviceWindowExpireAt }: WindowFacts,
  { refusedAt }: WindowEvidence,
  at: number,
  { trustsPermanentSession }: { readonly trustsPermanentSession: boolean },
): boolean {
  if (isPermanentSession && trustsPermanentSession) return true;
  return refusedAt === undefined && isAhead(serviceWindowExpireAt, at);
}

function isAhead(end: WindowFacts['serviceWindowExpireAt'], at: number): boolean {
  return typeof end === 'number' && end > at;
}

/**
 * The later of Bird's new date and the remembered one. A refuted far date must not hide a nearer one that still counts.
 */
export function dateOf(facts: WindowFacts, known: WindowEvidence, askedAt: number, reader: Reader): number | null {
  const said = facts.serviceWindowExpireAt ?? undefined;
  const remembered = isReadFor(known, reader) ? rememberedDate(known) : undefined;
  if (isFarDate(said, reader.windowMs, askedAt) && known.refusedAt !== undefined) return remembered ?? said ?? null;
  return latest(said, remembered) ?? null;
}

/** Whether the contact has opted out. Of two reports of one instant, the opt-out counts. */
export function isOptedOut({ optedOutAt, optedInAt }: WindowEvidence): boolean {
  return optedOutAt !== undefined && (optedInAt === undefined || optedInAt <= optedOutAt);
}

/** The evidence as the core's input at an instant. What is not known is missing, never `null`. */
export function contactOf(evidence: WindowEvidence, at: number, reader: Reader): ContactInput {
  const isOurs = isReadFor(evidence, reader);
  const { windowMs } = reader;
  return {
    serviceWindowExpireAt: isOurs ? rememberedDate(evidence) : undefined,
    isPermanentSession: isOurs && evidence.permanentUntil !== undefined && at < evidence.permanentUntil,
    lastInboundAt: evidence.lastInboundAt,
    refusedAt: evidence.refusedAt,
    messagesSinceInbound: messagesSinceInbound(evidence, windowMs),
    // On a hit nobody has, and nothing more is called.
    optedOut: evidence.optedOutAt !== undefined && isOptedOut(evidence),
  };
}

/** Merges the windows of an id and an address that were observed together: they are one window. */
export function joined([one, other]: readonly (WindowEvidence | undefined)[]): WindowEvidence | undefined {
  return one === undefined || other === undefined ? (one ?? other) : mergeEvidence(one, other);
}

/** When the contact wrote from another identity; `undefined` if a message from this one, or a refusal, is later. */
export function elsewhere(wroteAt: number | undefined, known: WindowEvidence): number | undefined {
  const { lastInboundAt, refusedAt, contactWroteAt } = known;
  const wrote = latest(wroteAt, contactWroteAt);
  const never = Number.NEGATIVE_INFINITY;
  return wrote !== undefined && wrote > Math.max(lastInboundAt ?? never, refusedAt ?? never) ? wrote : undefined;
}

/** The first window's evidence, with what the second has against it: a refusal, a spent quota, an opt-out. */
export function withObjections([known, byId]: readonly (WindowEvidence | undefined)[]): WindowEvidence | undefined {
  if (byId === undefined) return known;
  const { refusedAt, quotaSpentAt, optedOutAt, optedInAt } = byId;
  const isOptOut = optedOutAt !== undefined || optedInAt !== undefined;
  // Without a window there is nothing to refuse, but somebody may have opted out.
  if (known === undefined) return isOptOut ? mergeEvidence(noEvidence, { optedOutAt, optedInAt }) : undefined;
  if (refusedAt === undefined && quotaSpentAt === undefined && !isOptOut) return known;
  return mergeEvidence(known, { refusedAt, quotaSpentAt, optedOutAt, optedInAt });
}

/** Whether any remembered evidence, right or not, would open a window that lasts at most `longestMs`. */
export function mayOpen(known: WindowEvidence, at: number, longestMs: number): boolean {
  const { expiresAt, farUntil, permanentUntil, lastInboundAt = Number.NEGATIVE_INFINITY } = known;
  return [expiresAt, farUntil, permanentUntil, lastInboundAt + longestMs].some((end) => end !== undefined && end > at);
}
