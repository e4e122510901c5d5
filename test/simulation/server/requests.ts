import type { Timeline } from '../model/timeline.js';
import type { LinkWeather, Passage } from './redis-link-faults.js';
import type { Server } from './server.js';

export const PATIENCE_MS = 40;
export const QUICK_MS = 15;

export interface QuestionsParts {
  readonly process: number;
  readonly timeline: Timeline;
  readonly weather: LinkWeather;
  readonly count: (name: string) => void;
  /** An answer was quick, is slow, is a refusal, or did not come in time. */
  readonly onOutcome: (outcome: 'quick' | 'slow' | 'refused' | 'missed') => void;
}

/** What one process asks the server, and what becomes of that on the way. */
export class Questions {
  readonly #parts: QuestionsParts;
  readonly #waiting = new Set<() => void>();

  constructor(parts: QuestionsParts) {
    this.#parts = parts;
  }

  ask<T>(server: Server, act: (server: Server) => T, patienceMs: number): Promise<T> {
    const { timeline, weather, process } = this.#parts;
    const passage = weather.passage(process, timeline.now);
    return new Promise((resolve, reject) => {
      const giveUp = this.#wait(() => reject(away()));
      this.#watch(giveUp, passage, patienceMs);
      // It takes effect whether or not anybody waits for it by then.
      timeline.at(timeline.now + passage.requestMs, () => {
        const answer = passage.isRefused ? undefined : { value: this.#act(server, act, passage) };
        this.#reply(giveUp, passage, () => (answer === undefined ? reject(away()) : resolve(answer.value)));
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

  #act<T>(server: Server, act: (server: Server) => T, { repeatMs }: Passage): T {
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
      this.#parts.timeline.stir();
      reject();
    };
    this.#waiting.add(giveUp);
    return giveUp;
  }

  #watch(giveUp: () => void, passage: Passage, patienceMs: number): void {
    const { timeline, onOutcome } = this.#parts;
    const tookMs = roundTripMs(passage);
    const unlessAnswered = (act: () => void) => (): void => {
      if (this.#waiting.has(giveUp)) act();
    };
    if (tookMs > QUICK_MS) {
      timeline.ours(
        timeline.now + QUICK_MS,
        unlessAnswered(() => onOutcome('slow')),
      );
    }
    if (tookMs <= patienceMs) return;
    const miss = unlessAnswered(() => {
      onOutcome('missed');
      giveUp();
    });
    timeline.ours(timeline.now + patienceMs, miss);
  }

  #reply(giveUp: () => void, passage: Passage, settle: () => void): void {
    const { timeline, onOutcome } = this.#parts;
    if (passage.answerMs === undefined) return;
    timeline.ours(timeline.now + passage.answerMs, () => {
      if (!this.#waiting.delete(giveUp)) return;
      if (passage.isRefused) onOutcome('refused');
      else if (roundTripMs(passage) <= QUICK_MS) onOutcome('quick');
      timeline.stir();
      settle();
    });
  }
}

export function roundTripMs({ requestMs, answerMs = Number.POSITIVE_INFINITY }: Passage): number {
  return requestMs + answerMs;
}

export function away(): Error {
  return new Error('The server is away');
}
