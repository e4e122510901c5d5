import type { Clock } from 'freeform-guard';

/** Something that happens at an instant of true time. */
interface Happening {
  at: number;
  order: number;
  readonly isOurs: boolean;
  run: (() => void) | undefined;
}

/**
 * True time, in ms, and everything that will happen in it. What is *ours* happens inside the process that runs the
 * guard: it waits while the process stands still. The customers, the network and Bird do not.
 */
export class Timeline {
  now: number;
  /** How far the wall clock of the process is from true time. */
  wallOffsetMs = 0;
  #sleptMs = 0;
  #stilledMs = 0;
  #stillUntil = Number.NEGATIVE_INFINITY;
  #order = 0;
  #hasWork = false;
  readonly #heap: Happening[] = [];

  constructor(startAt: number) {
    this.now = startAt;
  }

  /** Outside of the process: customers, network, Bird. */
  at(instant: number, run: () => void): void {
    this.#push({ at: instant, order: this.#order++, isOurs: false, run });
  }

  /** Inside of the process. */
  ours(instant: number, run: () => void): Happening {
    const happening = { at: instant, order: this.#order++, isOurs: true, run };
    this.#push(happening);
    return happening;
  }

  /** Promises may have been settled: they go on before the next thing happens. */
  stir(): void {
    this.#hasWork = true;
  }

  /** The event loop of the process is blocked. */
  stall(ms: number): void {
    const until = Math.max(this.#stillUntil, this.now + ms);
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
  async run(until: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      if (next.isOurs && next.at < this.#stillUntil) {
        // The same object, so that it can still be cancelled; a new number, so that what was due first comes first.
        next.at = this.#stillUntil;
        next.order = this.#order++;
        this.#push(next);
        continue;
      }
      this.now = Math.max(this.now, next.at);
      next.run();
      if (this.#hasWork) await this.#settle();
    }
    this.now = Math.max(this.now, until);
  }

  async #settle(): Promise<void> {
    this.#hasWork = false;
    // Nothing here waits for real I/O: when the loop turns, every promise has got as far as it can.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let child = heap.push(happening) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(happening, heap[parent] as Happening)) break;
      heap[child] = heap[parent] as Happening;
      child = parent;
    }
    heap[child] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
      if (!isBefore(heap[child] as Happening, last)) break;
      heap[parent] = heap[child] as Happening;
      parent = child;
    }
    heap[parent] = last;
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
