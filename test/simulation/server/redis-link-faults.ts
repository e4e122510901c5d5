import type { Random } from '../model/random.js';

/** What becomes of one request to the server. */
export interface Delivery {
  /** How long it takes to the server. It takes effect then, whether or not anybody still waits. */
  readonly requestMs: number;
  /** How long the answer takes back; `undefined`: it gets lost. */
  readonly answerMs: number | undefined;
  /** The server refuses it. */
  readonly isRefused: boolean;
  /** It takes effect a second time, so much later. */
  readonly repeatMs?: number | undefined;
}

/** Failing: requests get lost, are late, refused or repeated. Slow: answers are late. Late: notifications are. */
export type LinkFaultKind = 'failing' | 'slow' | 'late';

interface LinkFault {
  readonly kind: LinkFaultKind;
  /** `undefined`: all processes. */
  readonly process: number | undefined;
  readonly until: number;
}

/** What lies between the processes and the server that they share: a millisecond or two, and faults that last for a while. */
export class RedisLinkFaults {
  readonly #random: Random;
  readonly #count: (name: string) => void;
  #active: LinkFault[] = [];

  constructor(random: Random, count: (name: string) => void) {
    this.#random = random;
    this.#count = count;
  }

  begin(fault: LinkFault): void {
    this.#active.push(fault);
  }

  delivery(process: number, now: number): Delivery {
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

  /** Whether a server that cannot be reached does not even refuse to be connected to. */
  isSilent(): boolean {
    return this.#random.chance(0.5);
  }

  /** After how long a notification arrives, each time that it does: at least once, in any order. */
  notificationDelays(process: number, now: number): readonly number[] {
    const random = this.#random;
    if (!this.#is('late', process, now)) return [random.between(1, 3)];
    this.#count('notification late');
    const first = random.spread(5, 3_000);
    if (!random.chance(0.3)) return [first];
    this.#count('notification twice');
    return [first, random.spread(5, 3_000)];
  }

  #is(kind: LinkFaultKind, process: number, now: number): boolean {
    if (this.#active.length === 0) return false;
    this.#active = this.#active.filter(({ until }) => until > now);
    return this.#active.some((fault) => fault.kind === kind && (fault.process ?? process) === process);
  }
}
