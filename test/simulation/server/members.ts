import type { Server } from './server.js';

/** How long the others count on a process after its last answer from the server. */
export const MEMBER_LIFE_MS = 800;
/** No read is granted for later than this. */
export const MAX_PROMISE_MS = 300;
const FROM = 'from';

/** A process on which the others count. */
export interface Member {
  readonly endsAt: number;
  /** Until when the skipped heartbeats renew it. */
  readonly renewedUntil?: ((now: number) => number | undefined) | undefined;
}

/** What a process says of itself with each request. */
export interface Presence {
  readonly process: string;
  /** Until when it is a member, by the server's clock; `undefined`: it does not know that clock. */
  readonly endsAt: number | undefined;
  readonly renewedUntil?: Member['renewedUntil'];
}

/** @returns whether it is a member: a late delivery makes nobody a member for longer than it believes itself */
export function renewMember(server: Server, { process, endsAt, renewedUntil }: Presence, now: number): boolean {
  if (endsAt === undefined || endsAt <= now) return false;
  const { members, unknownUntil } = server.tables;
  const endedAt = endOf(members.get(process), now);
  members.set(process, { endsAt: Math.max(endedAt, Math.min(endsAt, now + MEMBER_LIFE_MS)), renewedUntil }, now);
  const from = unknownUntil.get(FROM);
  // Who joins may have read by itself until now.
  if (from === undefined) unknownUntil.set(FROM, now + MAX_PROMISE_MS, now);
  else if (endedAt <= now && from < now) unknownUntil.set(FROM, now, now);
  return true;
}

/** Before that, nobody knows what was read. */
export function knownFrom(server: Server): number {
  return server.tables.unknownUntil.get(FROM) ?? Number.NEGATIVE_INFINITY;
}

/** How many of those who are members now will be so at an instant. */
export function aliveAt(server: Server, instant: number, now: number): number {
  let count = 0;
  for (const member of server.tables.members.values()) if (endOf(member, now) > instant) count += 1;
  return count;
}

export function endOf(member: Member | undefined, now: number): number {
  if (member === undefined) return Number.NEGATIVE_INFINITY;
  return Math.max(member.endsAt, member.renewedUntil?.(now) ?? Number.NEGATIVE_INFINITY);
}
