import type { Clock } from '../../ports.js';

const HEARTBEAT_MS = 25_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;
/** A client that has taken nothing for two heartbeats is gone, or as good as that. */
const MAX_MISSED_HEARTBEATS = 2;
const MAX_WAITING_BYTES = 1024;

export const streamHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  Vary: 'Accept',
  // Nginx keeps a response until it is complete, if nobody says otherwise.
  'X-Accel-Buffering': 'no',
};

/** What takes the text of a stream to its client. */
export interface EventSink {
  /** @returns whether the client takes more now; otherwise `drained` is called when it does */
  write(text: string): boolean;
  /** What the client has not taken yet. */
  waitingBytes(): number;
  end(): void;
  /** Gives the client up. */
  destroy(): void;
}

export interface EventStreamParts {
  readonly sink: EventSink;
  readonly clock: Clock;
  /** The latest state, as text on one line. */
  readonly latest: () => string;
  /** Called once, whoever has ended it. */
  readonly onEnd: () => void;
}

/**
 * One client that is told a state and each change of it. For a client that reads slowly only the latest state waits,
 * however many there were.
 */
export class EventStream {
  readonly #parts: EventStreamParts;
  #isFull = false;
  #isWaiting = false;
  #isEnded = false;
  #missedHeartbeats = 0;
  /** False while one call of a virtual clock makes several heartbeats: no client could have taken anything. */
  #hasTimePassed = true;
  #timer: unknown;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeatLater();
  }

  /** Tells the client the latest state, now or as soon as it takes it. */
  send(): void {
    if (this.#isFull) this.#isWaiting = true;
    else this.#write(`data: ${this.#parts.latest()}\n\n`);
  }

  /** Call when the client takes more. */
  drained(): void {
    this.#isFull = false;
    this.#missedHeartbeats = 0;
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.send();
  }

  /** Call when the client has gone, or was given up. */
  closed(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.clock.clearTimeout(this.#timer);
    this.#parts.onEnd();
  }

  end(): void {
    if (!this.#isEnded) this.#parts.sink.end();
    this.closed();
  }

  #write(text: string): void {
    if (!this.#isEnded) this.#isFull = !this.#parts.sink.write(text);
  }

  #heartbeatLater(): void {
    this.#timer = this.#parts.clock.setTimeout(() => this.#heartbeat(), HEARTBEAT_MS);
  }

  #heartbeat(): void {
    const { sink } = this.#parts;
    // What waits to be sent is a sign of life as well, and heartbeats alone must not fill the connection.
    const takesNothing = this.#isFull || sink.waitingBytes() >= MAX_WAITING_BYTES;
    if (!takesNothing) {
      this.#missedHeartbeats = 0;
      this.#write(':\n\n');
    } else if (this.#hasTimePassed) {
      this.#missedHeartbeats += 1;
      this.#hasTimePassed = false;
      void Promise.resolve().then(() => {
        this.#hasTimePassed = true;
      });
    }
    if (this.#missedHeartbeats < MAX_MISSED_HEARTBEATS) return this.#heartbeatLater();
    sink.destroy();
    this.closed();
  }
}
