import type { Clock } from 'freeform-guard';
import { type Happening, Happenings } from './event-queue.js';

/**
 * True time as one process lives in it. What is *ours* happens inside the process that runs the guard: it waits while
 * the process stands still. The customers, the network and Bird do not.
 */
export class Timeline {
  /** How far the wall clock of the process is from true time. */
  wallOffsetMs = 0;
  #sleptMs = 0;
  #stilledMs = 0;
  #stillFrom = Number.NEGATIVE_INFINITY;
  #stillUntil = Number.NEGATIVE_INFINITY;
  readonly #happenings: Happenings;

  constructor(startAt: number, happenings: Happenings = new Happenings(startAt)) {
    this.#happenings = happenings;
  }

  /** Another process that lives at the same time. */
  another(): Timeline {
    return new Timeline(this.now, this.#happenings);
  }

  get now(): number {
    return this.#happenings.now;
  }

  /** Outside of the process: customers, network, Bird. */
  at(instant: number, run: () => void): void {
    this.#happenings.plan(instant, undefined, run);
  }

  /** Inside of the process. */
  ours(instant: number, run: () => void): Happening {
    return this.#happenings.plan(instant, this, run);
  }

  /** Promises may have been settled: they go on before the next thing happens. */
  stir(): void {
    this.#happenings.stir();
  }

  /** The event loop of the process is blocked. */
  stall(ms: number): void {
    const until = Math.max(this.#stillUntil, this.now + ms);
    if (this.#stillUntil < this.now) this.#stillFrom = this.now;
    this.#stilledMs += until - Math.max(this.#stillUntil, this.now);
    this.#stillUntil = until;
  }

  /** The machine sleeps: as a stall, and the monotonic clock stands still as well. */
  sleep(ms: number): void {
    this.stall(ms);
    this.#sleptMs += ms;
  }

  /** For how long the process has stood still, in ms, stalls that still last included. */
  get stilledMs(): number {
    return this.#stilledMs;
  }

  /** Since when it stands still, or last did. */
  get stillFrom(): number {
    return this.#stillFrom;
  }

  get stillUntil(): number {
    return this.#stillUntil;
  }

  /** The clock of the process, as a guard takes it. */
  clock(): Required<Clock> {
    return {
      now: () => this.now + this.wallOffsetMs,
      monotonic: () => this.now - this.#sleptMs,
      setTimeout: (fn, ms) =>
        this.ours(this.now + ms, () => {
          this.stir();
          fn();
        }),
      clearTimeout: (handle) => {
        (handle as Happening).run = undefined;
      },
    };
  }

  /** Lets everything happen up to an instant, in order. */
  run(until: number): Promise<void> {
    return this.#happenings.run(until);
  }
}
