/** Something that will happen at an instant of true time. */
export interface QueuedEvent {
  at: number;
  order: number;
  /** The process in which it happens. While that one is stalled, it waits. */
  readonly owner: { readonly stalledUntil: number } | undefined;
  /** Set for what happens again and again: how often, in ms. */
  readonly everyMs?: number | undefined;
  /** `undefined`: it was cancelled. */
  run: (() => void) | undefined;
}

/** Events by their instants; those of the same instant, in the order in which they were planned. */
export class EventHeap {
  readonly #heap: QueuedEvent[] = [];

  /** The next that has not been cancelled. */
  get next(): QueuedEvent | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.pop();
    return this.#heap[0];
  }

  push(event: QueuedEvent): void {
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

  pop(): void {
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

export function isBefore(one: QueuedEvent, other: QueuedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
