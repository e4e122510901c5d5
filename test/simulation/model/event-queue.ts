import { EventHeap, isBefore, type QueuedEvent } from './event-heap.js';

/** What happens again and again is skipped in a lull, and begins again so long before its end: by then all is as ever. */
const BEFORE_LULL_ENDS_MS = 500;

/** True time, in ms, and the events that are due in it. */
export class EventQueue {
  now: number;
  #order = 0;
  #hasWork = false;
  readonly #events = new EventHeap();
  /** What happens again and again. */
  readonly #repeating = new EventHeap();

  constructor(startAt: number) {
    this.now = startAt;
  }

  plan(at: number, owner: QueuedEvent['owner'], run: () => void): QueuedEvent {
    const event = { at, order: this.#order++, owner, run };
    this.#events.push(event);
    return event;
  }

  /** Plans what happens each `everyMs`, by planning itself again. It is skipped while nothing else happens. */
  planRepeating(at: number, owner: QueuedEvent['owner'], everyMs: number, run: () => void): QueuedEvent {
    const event = { at, order: this.#order++, owner, everyMs, run };
    this.#repeating.push(event);
    return event;
  }

  /** Lets settled promises go on before the next event. */
  flushPromises(): void {
    this.#hasWork = true;
  }

  /** Runs all events up to an instant, in order. */
  async run(until: number): Promise<void> {
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      const heap = next.everyMs === undefined ? this.#events : this.#repeating;
      heap.pop();
      const at = this.#postponed(next, until);
      if (at !== undefined) {
        // The same object, so that it can still be cancelled; a new number, so that what was due first comes first.
        next.at = at;
        next.order = this.#order++;
        heap.push(next);
        continue;
      }
      this.now = Math.max(this.now, next.at);
      next.run?.();
      if (this.#hasWork) await this.#settle();
    }
    this.now = Math.max(this.now, until);
  }

  #next(): QueuedEvent | undefined {
    const { next } = this.#events;
    const repeating = this.#repeating.next;
    return next === undefined || (repeating !== undefined && isBefore(repeating, next)) ? repeating : next;
  }

  /** Until when an event has to wait, because its process is stalled, or nothing happens before. */
  #postponed({ at, owner, everyMs }: QueuedEvent, until: number): number | undefined {
    if (owner !== undefined && at < owner.stalledUntil) return owner.stalledUntil;
    if (everyMs === undefined) return undefined;
    const lullEndsAt = Math.min(this.#events.next?.at ?? until, until);
    const skipped = Math.floor((lullEndsAt - BEFORE_LULL_ENDS_MS - at) / everyMs);
    return skipped > 0 ? at + skipped * everyMs : undefined;
  }

  async #settle(): Promise<void> {
    this.#hasWork = false;
    // Nothing here waits for real I/O: when the loop turns, every promise has got as far as it can.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
