import type { ServerResponse } from 'node:http';
import type { Clock } from '../../ports.js';

const HEARTBEAT_MS = 25_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;
/** A client that has taken nothing for two heartbeats is gone, or as good as that. */
const MAX_MISSED_HEARTBEATS = 2;

const MAX_WAITING_BYTES = 1024;

/** `compression` keeps what is written until somebody flushes it. */
type Response = ServerResponse & { flush?: () => void };

export interface EventStreamParts {
  readonly res: Response;
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
  #missedHeartbeats = 0;
  #timer: unknown;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    const { res, onEnd } = parts;
    res.statusCode = 200;
    res.setHeader('Content-Type', 'text/event-stream');
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Vary', 'Accept');
    // Nginx keeps a response until it is complete, if nobody says otherwise.
    res.setHeader('X-Accel-Buffering', 'no');
    res.on('drain', () => this.#drained());
    res.once('close', () => {
      parts.clock.clearTimeout(this.#timer);
      onEnd();
    });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeatLater();
  }

  /** Tells the client the latest state, now or as soon as it takes it. */
  send(): void {
    if (this.#isFull) this.#isWaiting = true;
    else this.#write(`data: ${this.#parts.latest()}\n\n`);
  }

  end(): void {
    this.#parts.res.end();
  }

  #write(text: string): void {
    const { res } = this.#parts;
    if (res.destroyed || res.writableEnded) return;
    this.#isFull = !res.write(text);
    res.flush?.();
  }

  #drained(): void {
    this.#isFull = false;
    this.#missedHeartbeats = 0;
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.send();
  }

  #heartbeatLater(): void {
    this.#timer = this.#parts.clock.setTimeout(() => this.#heartbeat(), HEARTBEAT_MS);
  }

  #heartbeat(): void {
    if (this.#isFull) this.#missedHeartbeats += 1;
    // What waits to be sent is a sign of life as well, and heartbeats alone must not fill the connection.
    else if (this.#parts.res.writableLength < MAX_WAITING_BYTES) this.#write(':\n\n');
    if (this.#missedHeartbeats >= MAX_MISSED_HEARTBEATS) return void this.#parts.res.destroy();
    this.#heartbeatLater();
  }
}
