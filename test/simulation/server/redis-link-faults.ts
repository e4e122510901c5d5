import type { Random } from '../model/random.js';

/** What becomes of one question to the server. */
export interface Passage {
  /** How long it is on its way there; it takes effect then, whether or not anybody still waits. */
  readonly requestMs: number;
  /** And the answer back; `undefined`: it gets lost. */
  readonly answerMs: number | undefined;
  /** The server does nothing, and says so. */
  readonly isRefused: boolean;
  /** It takes effect a second time, so much later. */
  readonly repeatMs?: number | undefined;
}

/** Failing: questions get lost, late, refused or repeated. Slow: answers are. Late: what is told of changes is. */
export type StormKind = 'failing' | 'slow' | 'late';

interface Storm {
  readonly kind: StormKind;
  /** `undefined`: all processes. */
  readonly process: number | undefined;
  readonly until: number;
}

/** What lies between the processes and the server that they share: a millisecond or two, and storms. */
export class LinkWeather {
  readonly #random: Random;
  readonly #count: (name: string) => void;
  #storms: Storm[] = [];

  constructor(random: Random, count: (name: string) => void) {
    this.#random = random;
    this.#count = count;
  }

  begin(storm: Storm): void {
    this.#storms.push(storm);
  }

  passage(process: number, now: number): Passage {
    const random = this.#random;
    const requestMs = random.between(0, 2);
    const answerMs = random.between(1, 6);
    if (this.#is('slow', process, now)) return { requestMs, answerMs: random.between(5, 60), isRefused: false };
    if (!this.#is('failing', process, now)) return { requestMs, answerMs, isRefused: false };
    const draw = random.next();
    if (draw < 0.1) return { requestMs, answerMs, isRefused: true };
    if (draw < 0.2) return { requestMs, answerMs: undefined, isRefused: false };
    if (draw < 0.35) return { requestMs: random.spread(50, 8_000), answerMs: undefined, isRefused: false };
    const repeatMs = draw < 0.5 ? random.spread(20, 60_000) : undefined;
    return { requestMs, answerMs, isRefused: false, repeatMs };
  }

  /** After how long each time a process hears of a change: once at least, in any order. */
  hearings(process: number, now: number): readonly number[] {
    const random = this.#random;
    if (!this.#is('late', process, now)) return [random.between(1, 3)];
    this.#count('change told late');
    const first = random.spread(5, 3_000);
    if (!random.chance(0.3)) return [first];
    this.#count('change told twice');
    return [first, random.spread(5, 3_000)];
  }

  #is(kind: StormKind, process: number, now: number): boolean {
    if (this.#storms.length === 0) return false;
    this.#storms = this.#storms.filter(({ until }) => until > now);
    return this.#storms.some((storm) => storm.kind === kind && (storm.process ?? process) === process);
  }
}
