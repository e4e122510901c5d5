import { isFarDate, latest, mergeEvidence, messagesSinceInbound, type WindowEvidence } from '../core/service-window.js';
import type { ContactInput } from '../core/types.js';
import type { WindowFacts } from '../ports.js';

/** A date that no message explains counts until a refusal is known, and never after one. */
function rememberedDate({ expiresAt, farUntil, refusedAt }: WindowEvidence): number | undefined {
  return refusedAt === undefined ? latest(expiresAt, farUntil) : expiresAt;
}

/** For whom and for which window something remembered is to count. */
export interface Reader {
  /** Length of the platform's window, in ms. */
  readonly windowMs: number;
  readonly contactId: string | undefined;
}

function isReadFor({ readFor }: WindowEvidence, { contactId }: Reader): boolean {
  return readFor === undefined || readFor === contactId;
}

/** Whether Bird's word by itself opens the window. */
export function saysOpen({ isPermanentSession, serviceWindowExpireAt }: WindowFacts, at: number): boolean {
  return isPermanentSession || (serviceWindowExpireAt ?? Number.NEGATIVE_INFINITY) > at;
}

/** Bird's fresh word beside what is remembered. A far date that is refuted must not hide a nearer one that is not. */
export function dateOf(facts: WindowFacts, known: WindowEvidence, askedAt: number, reader: Reader): number | null {
  const said = facts.serviceWindowExpireAt ?? undefined;
  const remembered = isReadFor(known, reader) ? rememberedDate(known) : undefined;
  if (isFarDate(said, reader.windowMs, askedAt) && known.refusedAt !== undefined) return remembered ?? said ?? null;
  return latest(said, remembered) ?? null;
}

/** The remembered window as the core's input at an instant. What is not remembered is missing, never `null`. */
export function contactOf(evidence: WindowEvidence, at: number, reader: Reader): ContactInput {
  const isOurs = isReadFor(evidence, reader);
  const { windowMs } = reader;
  return {
    serviceWindowExpireAt: isOurs ? rememberedDate(evidence) : undefined,
    isPermanentSession: isOurs && evidence.permanentUntil !== undefined && at < evidence.permanentUntil,
    lastInboundAt: evidence.lastInboundAt,
    refusedAt: evidence.refusedAt,
    messagesSinceInbound: messagesSinceInbound(evidence, windowMs),
  };
}

/** An id and an address that were told together name one window. */
export function joined([one, other]: readonly (WindowEvidence | undefined)[]): WindowEvidence | undefined {
  return one === undefined || other === undefined ? (one ?? other) : mergeEvidence(one, other);
}

/** When the contact wrote from another identity: what is known from this one, or is refuted, casts no doubt. */
export function elsewhere(wroteAt: number | undefined, known: WindowEvidence): number | undefined {
  const { lastInboundAt, refusedAt, contactWroteAt } = known;
  const wrote = latest(wroteAt, contactWroteAt);
  const never = Number.NEGATIVE_INFINITY;
  return wrote !== undefined && wrote > Math.max(lastInboundAt ?? never, refusedAt ?? never) ? wrote : undefined;
}

export function withRefusal([known, byId]: readonly (WindowEvidence | undefined)[]): WindowEvidence | undefined {
  if (known === undefined || (byId?.refusedAt === undefined && byId?.quotaSpentAt === undefined)) return known;
  return mergeEvidence(known, { refusedAt: byId.refusedAt, quotaSpentAt: byId.quotaSpentAt });
}

/** Whether something that is remembered, right or not, would open a window that lasts at most so long. */
export function mayOpen(known: WindowEvidence, at: number, longestMs: number): boolean {
  const { expiresAt, farUntil, permanentUntil, lastInboundAt = Number.NEGATIVE_INFINITY } = known;
  return [expiresAt, farUntil, permanentUntil, lastInboundAt + longestMs].some((end) => end !== undefined && end > at);
}
