/** Something that happens at an instant of true time. */
export interface Happening {
  at: number;
  order: number;
  /** The process in which it happens; nothing happens in one that stands still. */
  readonly owner: { readonly stillUntil: number } | undefined;
  run: (() => void) | undefined;
}

/** True time, in ms, and everything that will happen in it. */
export class Happenings {
  now: number;
  #order = 0;
  #hasWork = false;
  readonly #heap: Happening[] = [];

  constructor(startAt: number) {
    this.now = startAt;
  }

  plan(at: number, owner: Happening['owner'], run: () => void): Happening {
    const happening = { at, order: this.#order++, owner, run };
    this.#push(happening);
    return happening;
  }

  /** Promises may have been settled: they go on before the next thing happens. */
  stir(): void {
    this.#hasWork = true;
  }

  /** Lets everything happen up to an instant, in order. */
  async run(until: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      if (next.owner !== undefined && next.at < next.owner.stillUntil) {
        // The same object, so that it can still be cancelled; a new number, so that what was due first comes first.
        next.at = next.owner.stillUntil;
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
