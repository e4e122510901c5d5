import { randomBytes } from 'node:crypto';
import type { Clock, Fleet, ReadLease, WindowFacts, WindowRef } from '../../ports.js';
import type { RedisKeys } from '../keys.js';
import { runScript } from '../script.js';
import type { FleetConnection } from './membership.js';
import { finishScript, joinScript } from './read-lease-scripts.js';
import { RedisReadBudget } from './redis-read-budget.js';

/** The longest time for a read; after it another process may take the lease. */
const MAX_READ_MS = 1_000;
/** An answer that is older than this, by the clocks of the two processes, is not accepted. */
const MAX_ANSWER_AGE_MS = 10_000;
/** More than the number of reads that one server counts for a window. */
const READS_PER_CONNECTION = 2 ** 32;

export interface RedisFleetParts {
  readonly connection: FleetConnection;
  readonly keys: RedisKeys;
  readonly writer: string;
  readonly instances: number;
  /** Shorter than for windows: a decision has already waited for Redis when it gets here. */
  readonly timeoutMs: number;
  /** By the guard's clock, epoch ms. */
  readonly now: () => number;
  /** In real time, which is the time of Redis. */
  readonly clock: Required<Clock>;
}

/** The processes that share a Redis. */
export class RedisFleet implements Fleet {
  readonly #parts: RedisFleetParts;
  readonly #budget: RedisReadBudget;
  /** The callers in this process that wait for a read to end, by the id of its lease. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Counts connections. After a failover, the numbers of reads are not comparable with earlier ones. */
  #connections = 0;

  constructor(parts: RedisFleetParts) {
    this.#parts = parts;
    this.#budget = new RedisReadBudget(parts);
    parts.connection.listen({
      onReady: () => {
        this.#connections += 1;
        this.#wakeAll();
      },
      onHeartbeat: () => {},
      onNotification: (key) => {
        if (key === undefined) return this.#wakeAll();
        const notification = parts.keys.parseNotification(key);
        if (notification?.subject === 'readLease') this.#wake(notification.id);
      },
    });
  }

  get instances(): number {
    return this.#parts.instances;
  }

  takeRead(...read: Parameters<Fleet['takeRead']>): ReturnType<Fleet['takeRead']> {
    return this.#budget.take(...read);
  }

  async joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined> {
    const { connection, keys, timeoutMs } = this.#parts;
    if (!connection.isResponsive) return undefined;
    const id = keys.readLeaseId(ref);
    const reader = randomBytes(9).toString('base64url');
    // Listening starts before the request: the notification may arrive right after the reply.
    const wait = this.#listen(id);
    const first = this.#connections * READS_PER_CONNECTION;
    const args = [reader, after !== undefined && after >= first ? after - first : '', MAX_READ_MS];
    const run = { keys: [keys.readLease(id)], args, timeoutMs };
    const reply = await runScript(connection, joinScript, run).catch(() => []);
    const [role, number, answer] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
    if (role === 'waiter' && typeof number === 'number') return { role, running: first + number, ...wait };
    wait.leave();
    if (role === 'answered') {
      const facts = this.#decode(id, number, answer);
      return typeof number === 'number' && facts ? { role, facts, read: first + number } : undefined;
    }
    if (role !== 'reader' || typeof number !== 'number') return undefined;
    return { role, finish: (facts) => this.#finish({ id, reader, number, facts }) };
  }

  #finish(read: { id: string; reader: string; number: number; facts: WindowFacts | undefined }): void {
    const { connection, keys, writer } = this.#parts;
    const { id, reader, number, facts } = read;
    const args = [reader, number, facts === undefined ? '' : this.#encode(id, number, facts)];
    const run = { keys: [keys.readLease(id), keys.notification({ writer, subject: 'readLease', id })], args };
    // If this fails, the waiting processes read by themselves.
    runScript(connection, finishScript, run).catch(() => {});
  }

  /** The signature proves who answered, about which window and when: an answer can make other processes deny. */
  #encode(id: string, number: number, { serviceWindowExpireAt, isPermanentSession }: WindowFacts): string {
    const answer = [serviceWindowExpireAt, isPermanentSession, this.#parts.now()];
    return JSON.stringify([...answer, this.#parts.keys.sign(id, number, JSON.stringify(answer))]);
  }

  #decode(id: string, number: unknown, text: unknown): WindowFacts | undefined {
    if (typeof number !== 'number' || typeof text !== 'string') return undefined;
    try {
      const [expireAt, isPermanent, at, signature]: unknown[] = JSON.parse(text);
      const answer = JSON.stringify([expireAt, isPermanent, at]);
      if (!this.#parts.keys.isSignature(signature, id, number, answer)) return undefined;
      if (typeof at !== 'number' || typeof isPermanent !== 'boolean') return undefined;
      if (Math.abs(this.#parts.now() - at) > MAX_ANSWER_AGE_MS) return undefined;
      if (expireAt !== null && typeof expireAt !== 'number') return undefined;
      return { serviceWindowExpireAt: expireAt, isPermanentSession: isPermanent };
    } catch {
      return undefined;
    }
  }

  #listen(id: string): { readonly settled: Promise<void>; readonly leave: () => void } {
    const { clock } = this.#parts;
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    let wake: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      wake = resolve;
    });
    waiting.add(wake);
    const timer = clock.setTimeout(wake, MAX_READ_MS);
    const leave = (): void => {
      clock.clearTimeout(timer);
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
    return { settled, leave };
  }

  #wake(id: string | undefined): void {
    if (id === undefined) return this.#wakeAll();
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const wake of waiting ?? []) wake();
  }

  #wakeAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#wake(id);
  }
}
