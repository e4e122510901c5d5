import type { Clock } from 'freeform-guard';
import type { QueuedEvent } from './event-heap.js';
import { EventQueue } from './event-queue.js';

/**
 * True time as one process lives in it. What is planned with `inProcess` happens inside the process that runs the guard: it
 * waits while that process is stalled. Customers, network and Bird do not wait.
 */
export class Timeline {
  /** How far the wall clock of the process is from true time. */
  wallOffsetMs = 0;
  #sleptMs = 0;
  #stalledMs = 0;
  #stalledFrom = Number.NEGATIVE_INFINITY;
  #stalledUntil = Number.NEGATIVE_INFINITY;
  readonly #queue: EventQueue;

  constructor(startAt: number, queue: EventQueue = new EventQueue(startAt)) {
    this.#queue = queue;
  }

  /** Another process that lives at the same time. */
  another(): Timeline {
    return new Timeline(this.now, this.#queue);
  }

  get now(): number {
    return this.#queue.now;
  }

  /** Outside of the process: customers, network, Bird. */
  at(instant: number, run: () => void): void {
    this.#queue.plan(instant, undefined, run);
  }

  /** Inside of the process. */
  inProcess(instant: number, run: () => void): QueuedEvent {
    return this.#queue.plan(instant, this, run);
  }

  /** Inside of the process, again and again: it is skipped while nothing else happens. */
  repeating(everyMs: number, run: () => void): QueuedEvent {
    return this.#queue.planRepeating(this.now + everyMs, this, everyMs, () => {
      this.flushPromises();
      run();
    });
  }

  /** Lets settled promises go on before the next event. */
  flushPromises(): void {
    this.#queue.flushPromises();
  }

  /** The event loop of the process is blocked. */
  stall(ms: number): void {
    const until = Math.max(this.#stalledUntil, this.now + ms);
    if (this.#stalledUntil < this.now) this.#stalledFrom = this.now;
    this.#stalledMs += until - Math.max(this.#stalledUntil, this.now);
    this.#stalledUntil = until;
  }

  /** The machine sleeps: a stall in which the monotonic clock stops, too. */
  sleep(ms: number): void {
    this.stall(ms);
    this.#sleptMs += ms;
  }

  /** How long the process has been stalled altogether, in ms, the running stall included. */
  get stalledMs(): number {
    return this.#stalledMs;
  }

  /** When the running or the last stall began. */
  get stalledFrom(): number {
    return this.#stalledFrom;
  }

  get stalledUntil(): number {
    return this.#stalledUntil;
  }

  /** The clock of the process, as a guard takes it. */
  clock(): Required<Clock> {
    return {
      now: () => this.now + this.wallOffsetMs,
      monotonic: () => this.now - this.#sleptMs,
      setTimeout: (fn, ms) =>
        this.inProcess(this.now + ms, () => {
          this.flushPromises();
          fn();
        }),
      clearTimeout: (handle) => {
        (handle as QueuedEvent).run = undefined;
      },
    };
  }

  /** Runs all events up to an instant, in order. */
  run(until: number): Promise<void> {
    return this.#queue.run(until);
  }
}
