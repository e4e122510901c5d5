import { randomBytes } from 'node:crypto';
import type { Fleet, ReadLease, WindowFacts, WindowRef } from '../../ports.js';
import type { RedisConnection } from '../connection.js';
import type { RedisKeys } from '../keys.js';
import { runScript } from '../script.js';
import { finishScript, joinScript } from './read-lease-scripts.js';
import { RedisReadBudget } from './redis-read-budget.js';

/** No read takes longer; after that another process may try. */
const MAX_READ_MS = 1_000;
/** What was told longer ago, by the clocks of the two, is not believed. */
const MAX_ANSWER_AGE_MS = 10_000;
/** More than the reads of a window that one server counts. */
const READS_PER_CONNECTION = 2 ** 32;

export interface RedisFleetParts {
  readonly link: RedisConnection;
  readonly names: RedisKeys;
  readonly writer: string;
  readonly instances: number;
  /** A decision has already waited for Redis before it comes here. */
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** The processes that share a Redis. */
export class RedisFleet implements Fleet {
  readonly #parts: RedisFleetParts;
  readonly #budget: RedisReadBudget;
  /** Who waits in this process for a read to end, by window. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Reads are numbered by the server: its numbers say nothing of those that another gave before it took over. */
  #connection = 0;

  constructor(parts: RedisFleetParts) {
    this.#parts = parts;
    this.#budget = new RedisReadBudget(parts);
    parts.link.listen({
      onReady: () => {
        this.#connection += 1;
        this.#wakeAll();
      },
      onHeartbeat: () => {},
      onNotification: (name) => {
        const { what, id } = name === undefined ? { what: 'turn' } : parts.names.parseNotification(name);
        if (what === 'turn') this.#wake(id);
      },
    });
  }

  get instances(): number {
    return this.#parts.instances;
  }

  takeRead(...[workspaceId, limit, maxWaitMs]: Parameters<Fleet['takeRead']>): ReturnType<Fleet['takeRead']> {
    return this.#budget.take(workspaceId, limit, maxWaitMs);
  }

  async joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined> {
    const { link, names, timeoutMs } = this.#parts;
    if (!link.isResponsive) return undefined;
    const id = names.turnId(ref);
    const reader = randomBytes(9).toString('base64url');
    // Listened to before it is asked: the end of a read may be told right after the answer.
    const wait = this.#listen(id);
    const first = this.#connection * READS_PER_CONNECTION;
    const args = [reader, after !== undefined && after >= first ? after - first : '', MAX_READ_MS];
    const reply = await runScript(link, joinScript, { keys: [names.turn(id)], args, timeoutMs }).catch(() => []);
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
    const { link, names, writer } = this.#parts;
    const { id, reader, number, facts } = read;
    const keys = [names.turn(id), names.told({ writer, what: 'turn', id })];
    const args = [reader, number, facts === undefined ? '' : this.#encode(id, number, facts)];
    // Where this fails, those who wait ask by themselves.
    runScript(link, finishScript, { keys, args }).catch(() => {});
  }

  /** Signed: it can make others deny, so it has to be sure who says it, of which window, and when. */
  #encode(id: string, number: number, { serviceWindowExpireAt, isPermanentSession }: WindowFacts): string {
    const told = [serviceWindowExpireAt, isPermanentSession, this.#parts.now()];
    return JSON.stringify([...told, this.#parts.names.sign(id, number, JSON.stringify(told))]);
  }

  #decode(id: string, number: unknown, answer: unknown): WindowFacts | undefined {
    if (typeof number !== 'number' || typeof answer !== 'string') return undefined;
    try {
      const [expireAt, isPermanent, at, signature]: unknown[] = JSON.parse(answer);
      const told = JSON.stringify([expireAt, isPermanent, at]);
      if (!this.#parts.names.isSignature(signature, id, number, told)) return undefined;
      if (typeof at !== 'number' || typeof isPermanent !== 'boolean') return undefined;
      if (Math.abs(this.#parts.now() - at) > MAX_ANSWER_AGE_MS) return undefined;
      if (expireAt !== null && typeof expireAt !== 'number') return undefined;
      return { serviceWindowExpireAt: expireAt, isPermanentSession: isPermanent };
    } catch {
      return undefined;
    }
  }

  #listen(id: string): { readonly settled: Promise<void>; readonly leave: () => void } {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    let wake: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      wake = resolve;
    });
    waiting.add(wake);
    const giveUp = setTimeout(wake, MAX_READ_MS).unref();
    const leave = (): void => {
      clearTimeout(giveUp);
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
