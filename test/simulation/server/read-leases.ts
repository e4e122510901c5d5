import { aliveAt, knownFrom, MAX_PROMISE_MS, type Presence, renewMember } from './members.js';
import type { ReadLease, Server } from './server.js';

/** No read takes longer; after that another process may try. */
export const MAX_READ_MS = 1_000;
const KEPT_MS = 10_000;

/** What the scripts in `src/redis/fleet/` do on the server, each atomically. */
export interface Reservation {
  readonly workspaceId: string;
  readonly intervalMs: number;
  readonly burstMs: number;
  readonly maxWaitMs: number;
  /** For how many processes the limit is. */
  readonly instances: number;
}

export interface Reserved {
  /** `later`: ask again after `waitMs`. */
  readonly role: 'taken' | 'spent' | 'later';
  readonly waitMs: number;
}

/** The rate is the share of those who will still be members then. */
export function reserveRead(server: Server, presence: Presence, reservation: Reservation, now: number): Reserved {
  if (!renewMember(server, presence, now)) return { role: 'later', waitMs: 0 };
  const { workspaceId, intervalMs, burstMs, maxWaitMs, instances } = reservation;
  const { budgets } = server.tables;
  const given = Math.max(budgets.get(workspaceId) ?? 0, now, knownFrom(server) + burstMs);
  let count = aliveAt(server, now, now);
  for (;;) {
    const stepMs = (intervalMs * instances) / Math.min(count, instances);
    const waitMs = Math.max(0, given + stepMs - Math.max(burstMs, stepMs) - now);
    const left = aliveAt(server, now + waitMs, now);
    if (left === 0 || waitMs > maxWaitMs) return { role: 'spent', waitMs: 0 };
    if (left === count) return grant(waitMs, () => budgets.set(workspaceId, given + stepMs, now));
    count = left;
  }
}

function grant(waitMs: number, take: () => void): Reserved {
  if (waitMs > MAX_PROMISE_MS) return { role: 'later', waitMs: Math.ceil(waitMs - MAX_PROMISE_MS) };
  take();
  return { role: 'taken', waitMs: Math.ceil(waitMs) };
}

export type Joined =
  | { readonly role: 'reader' | 'waiter'; readonly number: number }
  | { readonly role: 'answered'; readonly number: number; readonly answer: unknown };

export interface Joining {
  readonly id: string;
  readonly reader: object;
  /** Only the answer of a later read will do. */
  readonly after: number | undefined;
}

export function joinLease(server: Server, { id, reader, after }: Joining, now: number): Joined {
  const lease = leaseOf(server, id, now);
  const { number, answeredNumber = -1, answer } = lease;
  if (after !== undefined && answeredNumber > after) return { role: 'answered', number: answeredNumber, answer };
  if (lease.reader !== undefined && now < (lease.until ?? 0)) return { role: 'waiter', number };
  const next = { ...lease, number: number + 1, reader, until: now + MAX_READ_MS, expiresAt: now + KEPT_MS };
  server.tables.leases.set(id, next, now);
  return { role: 'reader', number: next.number };
}

export interface Finished {
  readonly id: string;
  readonly reader: object;
  readonly number: number;
  /** What was read; `undefined`: it failed. */
  readonly answer: unknown;
}

export function finishLease(server: Server, { id, reader, number, answer }: Finished, now: number): void {
  const { reader: current, until, ...lease } = leaseOf(server, id, now);
  if (current !== reader) return;
  const answered = answer === undefined ? {} : { answeredNumber: number, answer };
  server.tables.leases.set(id, { ...lease, ...answered, expiresAt: now + KEPT_MS }, now);
  server.notify({ what: 'lease', id });
}

function leaseOf(server: Server, id: string, now: number): ReadLease {
  const lease = server.tables.leases.get(id);
  return lease === undefined || lease.expiresAt <= now ? { number: 0, expiresAt: 0 } : lease;
}
