import type { Clock } from '../../../src/ports.js';
import { HEARTBEAT_MS } from '../../../src/redis/connection.js';
import type { Timeline } from '../model/timeline.js';

/** An instant or a duration. */
export interface TwoTimes {
  readonly trueMs: number;
  /** By the monotonic clock of the process, which stops while the machine sleeps. */
  readonly monotonicMs: number;
}

/**
 * The heartbeats of one process that would change nothing, and are therefore not simulated. What each of them renews is
 * kept as if time had not passed: a clock for the process leaves out the time from the last simulated heartbeat to the
 * last skipped one.
 */
export class SkippedHeartbeats {
  readonly #timeline: Timeline;
  /** When the last simulated heartbeat was; `undefined`: none is skipped. */
  #since: TwoTimes | undefined;
  #ended: TwoTimes = { trueMs: 0, monotonicMs: 0 };

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** The clock of the process for all that heartbeats renew. */
  clock(): Required<Clock> {
    const clock = this.#timeline.clock();
    return { ...clock, monotonic: () => clock.monotonic() - this.total().monotonicMs };
  }

  start(): void {
    this.#since = this.#now();
  }

  /** From now on each is simulated. Gives the instant when the next one is due. */
  end(): number {
    const { now } = this.#timeline;
    const lastAt = this.lastAt(now) ?? this.#since?.trueMs ?? now;
    this.#ended = this.total();
    this.#since = undefined;
    return Math.max(now, lastAt + HEARTBEAT_MS);
  }

  /** For how long they have been skipped altogether. */
  total(): TwoTimes {
    const since = this.#since;
    const lastAt = this.lastAt(this.#timeline.now);
    if (since === undefined || lastAt === undefined) return this.#ended;
    const now = this.#now();
    const sleptMs = now.trueMs - since.trueMs - (now.monotonicMs - since.monotonicMs);
    const skippedMs = lastAt - since.trueMs;
    return {
      trueMs: this.#ended.trueMs + skippedMs,
      monotonicMs: this.#ended.monotonicMs + skippedMs - sleptMs,
    };
  }

  /** When the last skipped one would have been. */
  lastAt(now: number): number | undefined {
    const { stalledFrom, stalledUntil } = this.#timeline;
    if (this.#since === undefined) return undefined;
    const at = this.#timeline.now < stalledUntil ? Math.min(now, stalledFrom) : now;
    const heartbeats = Math.floor((at - this.#since.trueMs) / HEARTBEAT_MS);
    if (heartbeats < 1) return undefined;
    const heartbeatAt = this.#since.trueMs + heartbeats * HEARTBEAT_MS;
    // One that was due during a stall comes right after it.
    return stalledUntil <= at ? Math.max(heartbeatAt, stalledUntil) : heartbeatAt;
  }

  #now(): TwoTimes {
    const { now } = this.#timeline;
    return { trueMs: now, monotonicMs: this.#timeline.clock().monotonic() };
  }
}
