import { ownFields } from '../../core/own.js';
import { LookupError } from '../../errors.js';
import type { Clock, Lookup } from '../../ports.js';
import type { Breakers } from './circuit-breaking.js';
import { decorate } from './decorate.js';
import type { Budget, Budgets } from './rate-limited.js';
import { budgetSpent } from './waiting-reads.js';

/** A read that begins with less time left than this would only time out, and look like an outage. */
const MIN_READ_MS = 400;

export interface PatientQueueParts {
  readonly clock: Clock;
  readonly budget: Pick<Budget, 'takeSurplus'>;
  /** How much longer the circuit breaker refuses reads, in ms. */
  readonly refusedForMs: () => number;
}

interface Waiter {
  /** Epoch ms. */
  readonly startBy: number;
  readonly admit: () => void;
  readonly refuse: (error: LookupError) => void;
}

/**
 * The reads of one workspace that nobody waits for now, such as a campaign's. Their turns come one by one, while the
 * budget is full and the circuit breaker closed, so that they take nothing from the reads that somebody waits for. The
 * channels take turns; within one, the read that has to start first.
 */
export class PatientQueue {
  readonly #parts: PatientQueueParts;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Set<Waiter>>();
  #isServing = false;
  #isClosed = false;

  constructor(parts: PatientQueueParts) {
    this.#parts = parts;
  }

  /**
   * Settles when a read may start, and its token has been taken.
   *
   * @throws {LookupError} `lookup_budget_spent` when its turn does not come in time, `lookup_failed` when reads are
   *   refused until then, or when the queue is closed
   */
  turn(startBy: number, lane: string): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    const { clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => waiter.refuse(this.#tooLate()), Math.max(0, startBy - clock.now()));
      const leave = (): void => {
        clock.clearTimeout(timer);
        this.#remove(lane, waiter);
      };
      const waiter: Waiter = {
        startBy,
        admit: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      this.#add(lane, waiter);
      void this.#serve();
    });
  }

  /** Refuses those that wait, and all that come. */
  close(): void {
    this.#isClosed = true;
    this.#refuseUpTo(Number.POSITIVE_INFINITY, closed);
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#lanes.size > 0) {
      const by = this.#waiters().reduce((latest, { startBy }) => Math.max(latest, startBy), 0);
      if (await this.#mayStart(by).catch(() => false)) this.#next()?.admit();
      else this.#refuseUpTo(by, () => this.#tooLate());
    }
    this.#isServing = false;
  }

  async #mayStart(by: number): Promise<boolean> {
    const { clock, budget, refusedForMs } = this.#parts;
    for (;;) {
      const refusedMs = refusedForMs();
      if (refusedMs === 0) return budget.takeSurplus(by);
      if (clock.now() + refusedMs > by) return false;
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, refusedMs));
    }
  }

  /** The lane goes to the end of the order. */
  #next(): Waiter | undefined {
    for (const [lane, waiters] of this.#lanes) {
      this.#lanes.delete(lane);
      this.#lanes.set(lane, waiters);
      return [...waiters].reduce((first, waiter) => (waiter.startBy < first.startBy ? waiter : first));
    }
    return undefined;
  }

  #waiters(): readonly Waiter[] {
    return [...this.#lanes.values()].flatMap((waiters) => [...waiters]);
  }

  #add(lane: string, waiter: Waiter): void {
    const waiters = this.#lanes.get(lane) ?? new Set();
    waiters.add(waiter);
    this.#lanes.set(lane, waiters);
  }

  #remove(lane: string, waiter: Waiter): void {
    const waiters = this.#lanes.get(lane);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#lanes.delete(lane);
  }

  #refuseUpTo(startBy: number, error: () => LookupError): void {
    for (const waiter of this.#waiters()) if (waiter.startBy <= startBy) waiter.refuse(error());
  }

  #tooLate(): LookupError {
    const isRefused = this.#parts.refusedForMs() > 0;
    return isRefused ? new LookupError('lookup_failed', 'Reads from Bird keep failing') : budgetSpent;
  }
}

function closed(): LookupError {
  return new LookupError('lookup_failed', 'The guard was closed');
}

/** Searches and reads have budgets and breakers of their own, and so queues of their own. */
export interface PatientQueues {
  readonly reads: PatientQueue;
  readonly searches: PatientQueue;
}

export interface PatientQueuesParts {
  readonly clock: Clock;
  readonly budgets: Budgets;
  readonly breakers: Breakers;
}

export function patientQueues({ clock, budgets, breakers }: PatientQueuesParts): PatientQueues {
  const { reads, searches } = breakers;
  return {
    reads: new PatientQueue({ clock, budget: budgets.reads, refusedForMs: () => reads.refusedForMs }),
    // Where the read that follows a search would be refused, so is the search.
    searches: new PatientQueue({
      clock,
      budget: budgets.searches,
      refusedForMs: () => Math.max(reads.refusedForMs, searches.refusedForMs),
    }),
  };
}

/**
 * Lets a read that nobody waits for now begin when its turn comes; from then on it has the time that any other has. The
 * retry of one that failed waits for a turn again.
 */
export function patientLookup(lookup: Lookup, { reads, searches }: PatientQueues, clock: Clock): Lookup {
  return decorate(lookup, async ({ kind, lane }, ask, limits) => {
    const { giveUpAt, patientMs, waiters } = ownFields(limits);
    if (patientMs === undefined) return ask();
    const queue = kind === 'contactId' ? searches : reads;
    await queue.turn(giveUpAt - Math.min(MIN_READ_MS, patientMs / 2), lane);
    waiters?.serves(waiters.joined);
    return ask({ giveUpAt: Math.min(giveUpAt, clock.now() + patientMs), hasToken: true });
  });
}
