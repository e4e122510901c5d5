import { aliveAt, knownFrom, LONGEST_PROMISE_MS, type Presence, renewMember } from './members.js';
import type { Server, Turn } from './server.js';

/** No read takes longer; after that another process may try. */
export const LONGEST_READ_MS = 1_000;
const KEPT_MS = 10_000;

/** What the server's scripts do, see `redis-fleet-scripts.ts`; each in one go. */
export interface Reservation {
  readonly workspaceId: string;
  readonly intervalMs: number;
  readonly burstMs: number;
  readonly mostMs: number;
  /** For how many processes the limit is. */
  readonly instances: number;
}

export interface Reserved {
  /** `later`: to be asked for again. */
  readonly role: 'taken' | 'spent' | 'later';
  readonly waitMs: number;
}

/** The rate is the part of the limit that is of those members who will be alive then. */
export function reserveRead(server: Server, presence: Presence, reservation: Reservation, now: number): Reserved {
  if (!renewMember(server, presence, now)) return { role: 'later', waitMs: 0 };
  const { workspaceId, intervalMs, burstMs, mostMs, instances } = reservation;
  const { budgets } = server.tables;
  const given = Math.max(budgets.get(workspaceId) ?? 0, now, knownFrom(server) + burstMs);
  let count = aliveAt(server, now, now);
  for (;;) {
    const stepMs = (intervalMs * instances) / Math.min(count, instances);
    const waitMs = Math.max(0, given + stepMs - Math.max(burstMs, stepMs) - now);
    const left = aliveAt(server, now + waitMs, now);
    if (left === 0 || waitMs > mostMs) return { role: 'spent', waitMs: 0 };
    if (left === count) return grant(waitMs, () => budgets.set(workspaceId, given + stepMs, now));
    count = left;
  }
}

function grant(waitMs: number, take: () => void): Reserved {
  if (waitMs > LONGEST_PROMISE_MS) return { role: 'later', waitMs: Math.ceil(waitMs - LONGEST_PROMISE_MS) };
  take();
  return { role: 'taken', waitMs: Math.ceil(waitMs) };
}

export type Joined =
  | { readonly role: 'reader' | 'waiter'; readonly number: number }
  | { readonly role: 'told'; readonly number: number; readonly answer: unknown };

export interface Joining {
  readonly id: string;
  readonly reader: object;
  /** Only the answer of a later read will do. */
  readonly after: number | undefined;
}

export function joinTurn(server: Server, { id, reader, after }: Joining, now: number): Joined {
  const turn = turnOf(server, id, now);
  const { number, told, answer } = turn;
  if (after !== undefined && told !== undefined && told > after) return { role: 'told', number: told, answer };
  if (turn.reader !== undefined && now < (turn.until ?? 0)) return { role: 'waiter', number };
  const next = { ...turn, number: number + 1, reader, until: now + LONGEST_READ_MS, expiresAt: now + KEPT_MS };
  server.tables.turns.set(id, next, now);
  return { role: 'reader', number: next.number };
}

export interface Finished {
  readonly id: string;
  readonly reader: object;
  readonly number: number;
  /** What was read; `undefined`: it failed. */
  readonly answer: unknown;
}

export function finishTurn(server: Server, { id, reader, number, answer }: Finished, now: number): void {
  const { reader: current, until, ...turn } = turnOf(server, id, now);
  if (current !== reader) return;
  const told = answer === undefined ? {} : { told: number, answer };
  server.tables.turns.set(id, { ...turn, ...told, expiresAt: now + KEPT_MS }, now);
  server.tell({ what: 'turn', id });
}

function turnOf(server: Server, id: string, now: number): Turn {
  const turn = server.tables.turns.get(id);
  return turn === undefined || turn.expiresAt <= now ? { number: 0, expiresAt: 0 } : turn;
}
