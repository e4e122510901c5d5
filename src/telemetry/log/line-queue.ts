import type { DecisionEvent } from '../decision-event.js';
import type { LogSink } from './log-sink.js';

/** What waits for a slow disk or pipe. One event takes about 300 bytes. */
const MAX_QUEUED = 10_000;
/** So that writing them out as text does not keep the process busy for long. */
const MAX_LINES_PER_WRITE = 500;
const BATCH_MS = 100;
const RETRY_MS = 1_000;

/** Collects events and writes them as lines, a batch at a time. */
export class LineQueue {
  readonly #sink: LogSink;
  #events: DecisionEvent[] = [];
  /** Events without a line since the last write that succeeded. */
  #dropped = 0;
  #lastDroppedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  /** @throws what the last write failed with, for as long as writing fails */
  push(event: DecisionEvent): void {
    if (this.#isClosed) return;
    if (this.#events.length < MAX_QUEUED) this.#events.push(event);
    else this.#drop([event]);
    // The timer holds up the end of the process, by a batch's time: otherwise the last lines would be lost.
    if (this.#writing === undefined) this.#schedule();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async flush(): Promise<void> {
    await (this.#writing ?? this.#begin());
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.flush();
    } finally {
      clearTimeout(this.#timer);
      this.#sink.close();
    }
  }

  #begin(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#failure !== undefined) this.#retryLater();
      else if (this.#events.length > 0) this.#schedule();
    });
    return this.#writing;
  }

  /** A process that ends meanwhile need not wait: there is nobody to write to. */
  #retryLater(): void {
    const timer = setTimeout(() => this.#begin(), RETRY_MS);
    // Elsewhere than in Node a timer is a number.
    if (typeof timer === 'object') timer.unref();
    this.#timer = timer;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#begin(), BATCH_MS);
  }

  /** Writes all that waits, and what comes meanwhile, until a write fails. */
  async #write(): Promise<void> {
    while (this.#events.length > 0 || this.#dropped > 0) {
      const events = this.#events.splice(0, MAX_LINES_PER_WRITE);
      const dropped = this.#dropped;
      const note = dropped === 0 ? [] : [{ at: this.#lastDroppedAt, dropped }];
      try {
        await this.#sink.write([...note, ...events].map((line) => `${JSON.stringify(line)}\n`).join(''));
        this.#dropped -= dropped;
        this.#failure = undefined;
      } catch (error) {
        // Some of them may be written. Written again, they would count twice.
        this.#drop(events);
        this.#failure = { error };
        return;
      }
    }
  }

  #drop(events: readonly DecisionEvent[]): void {
    this.#dropped += events.length;
    this.#lastDroppedAt = events.at(-1)?.at ?? this.#lastDroppedAt;
  }
}
