/** Something that will happen at an instant of true time. */
export interface QueuedEvent {
  at: number;
  order: number;
  /** The process in which it happens. While that one is stalled, it waits. */
  readonly owner: { readonly stalledUntil: number } | undefined;
  run: (() => void) | undefined;
}

/** True time, in ms, and the events that are due in it. */
export class EventQueue {
  now: number;
  #order = 0;
  #hasWork = false;
  readonly #heap: QueuedEvent[] = [];

  constructor(startAt: number) {
    this.now = startAt;
  }

  plan(at: number, owner: QueuedEvent['owner'], run: () => void): QueuedEvent {
    const event = { at, order: this.#order++, owner, run };
    this.#push(event);
    return event;
  }

  /** Lets settled promises go on before the next event. */
  flushPromises(): void {
    this.#hasWork = true;
  }

  /** Runs all events up to an instant, in order. */
  async run(until: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      if (next.owner !== undefined && next.at < next.owner.stalledUntil) {
        // The same object, so that it can still be cancelled; a new number, so that what was due first comes first.
        next.at = next.owner.stalledUntil;
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

  #push(event: QueuedEvent): void {
    const heap = this.#heap;
    let child = heap.push(event) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(event, heap[parent] as QueuedEvent)) break;
      heap[child] = heap[parent] as QueuedEvent;
      child = parent;
    }
    heap[child] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as QueuedEvent, heap[child] as QueuedEvent)) child += 1;
      if (!isBefore(heap[child] as QueuedEvent, last)) break;
      heap[parent] = heap[child] as QueuedEvent;
      parent = child;
    }
    heap[parent] = last;
  }
}

function isBefore(one: QueuedEvent, other: QueuedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
