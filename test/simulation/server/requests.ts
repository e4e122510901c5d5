import { RESPONSIVE_SHARE, RedisUnavailable } from '../../../src/redis/connection.js';
import type { Timeline } from '../model/timeline.js';
import type { Delivery, RedisLinkFaults } from './redis-link-faults.js';
import type { Server } from './server.js';
import { options } from './windows.js';

export const TIMEOUT_MS: number = options.timeoutMs;
export const RESPONSIVE_MS: number = RESPONSIVE_SHARE * TIMEOUT_MS;

export interface ServerRequestsParts {
  readonly process: number;
  readonly timeline: Timeline;
  readonly linkFaults: RedisLinkFaults;
  readonly count: (name: string) => void;
  /** An answer came in time, is slow, is a refusal, or is missing. */
  readonly onOutcome: (outcome: 'in time' | 'slow' | 'refused' | 'missed') => void;
}

/** The requests of one process to the server, and what becomes of them on the way. */
export class ServerRequests {
  readonly #parts: ServerRequestsParts;
  readonly #waiting = new Set<() => void>();

  constructor(parts: ServerRequestsParts) {
    this.#parts = parts;
  }

  /** @param act its result is the reply; an error is one too */
  send(server: Server, act: (server: Server) => unknown, timeoutMs: number): Promise<unknown> {
    const { timeline, linkFaults, process } = this.#parts;
    const delivery = linkFaults.delivery(process, timeline.now);
    return new Promise((resolve, reject) => {
      const giveUp = this.#wait(() => reject(new RedisUnavailable()));
      this.#watch(giveUp, delivery, timeoutMs);
      // It takes effect whether or not anybody waits for it by then.
      timeline.at(timeline.now + delivery.requestMs, () => {
        const reply = delivery.isRefused ? new Error('OOM command not allowed') : this.#act(server, act, delivery);
        this.#reply(giveUp, delivery, () => (reply instanceof Error ? reject(reply) : resolve(reply)));
      });
    });
  }

  /** The connection broke: no answer comes any more. */
  failAll(): void {
    for (const giveUp of [...this.#waiting]) giveUp();
  }

  /** The process is gone. */
  drop(): void {
    this.#waiting.clear();
  }

  #act(server: Server, act: (server: Server) => unknown, { repeatMs }: Delivery): unknown {
    const { timeline, count } = this.#parts;
    if (server.isDeposed) count('asked a server that was deposed');
    if (repeatMs !== undefined) {
      timeline.at(timeline.now + repeatMs, () => {
        count('asked twice');
        act(server);
      });
    }
    return act(server);
  }

  #wait(reject: () => void): () => void {
    const giveUp = (): void => {
      if (!this.#waiting.delete(giveUp)) return;
      this.#parts.timeline.flushPromises();
      reject();
    };
    this.#waiting.add(giveUp);
    return giveUp;
  }

  #watch(giveUp: () => void, delivery: Delivery, timeoutMs: number): void {
    const { timeline, onOutcome } = this.#parts;
    const tookMs = roundTripMs(delivery);
    const unlessAnswered = (act: () => void) => (): void => {
      if (this.#waiting.has(giveUp)) act();
    };
    if (tookMs > RESPONSIVE_MS) {
      timeline.inProcess(
        timeline.now + RESPONSIVE_MS,
        unlessAnswered(() => onOutcome('slow')),
      );
    }
    if (tookMs <= timeoutMs) return;
    const miss = unlessAnswered(() => {
      onOutcome('missed');
      giveUp();
    });
    timeline.inProcess(timeline.now + timeoutMs, miss);
  }

  #reply(giveUp: () => void, delivery: Delivery, settle: () => void): void {
    const { timeline, onOutcome } = this.#parts;
    if (delivery.answerMs === undefined) return;
    timeline.inProcess(timeline.now + delivery.answerMs, () => {
      if (!this.#waiting.delete(giveUp)) return;
      if (delivery.isRefused) onOutcome('refused');
      else if (roundTripMs(delivery) <= RESPONSIVE_MS) onOutcome('in time');
      timeline.flushPromises();
      settle();
    });
  }
}

export function roundTripMs({ requestMs, answerMs = Number.POSITIVE_INFINITY }: Delivery): number {
  return requestMs + answerMs;
}
