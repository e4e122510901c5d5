import { MAX_PROMISE_MS, MEMBER_LIFE_MS } from '../../../src/redis/fleet/read-budget-scripts.js';
import type { ScriptCall } from './commands.js';
import type { Server } from './server.js';

const FROM = 'from';

/** A process on which the others count. */
export interface Member {
  readonly endsAt: number;
  /** Until when the skipped heartbeats renew it. */
  readonly renewedUntil?: ((now: number) => number | undefined) | undefined;
}

export function heartbeat(server: Server, call: ScriptCall): unknown {
  return [renewMember(server, call) ? 'member' : 'later', 0, timeFor(call)];
}

/**
 * Renews the membership of the process that sends a command. A late delivery makes nobody a member for longer than it
 * believes itself.
 */
export function renewMember(server: Server, { args, now, skippedMs, renewedUntil }: ScriptCall): boolean {
  const [process = '', endsAtUs = ''] = args;
  const endsAt = endsAtUs === '' ? Number.NEGATIVE_INFINITY : Number(endsAtUs) / 1000 + skippedMs;
  if (endsAt <= now) return false;
  const { members, unknownUntil } = server.tables;
  const endedAt = endOf(members.get(process), now);
  members.set(process, { endsAt: Math.max(endedAt, Math.min(endsAt, now + MEMBER_LIFE_MS)), renewedUntil }, now);
  const from = unknownUntil.get(FROM);
  // Who joins may have read by itself until now.
  if (from === undefined) unknownUntil.set(FROM, now + MAX_PROMISE_MS, now);
  else if (endedAt <= now && from < now) unknownUntil.set(FROM, now, now);
  return true;
}

/** The server's time as a process gets it, in microseconds. */
export function timeFor({ now, skippedMs }: ScriptCall): number {
  return (now - skippedMs) * 1000;
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
