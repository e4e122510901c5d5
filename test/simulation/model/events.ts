import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

const SECOND = 1000;
const HOUR: number = 3600 * SECOND;

export interface EventsParts {
  readonly timeline: Timeline;
  readonly random: Random;
  /** Whether events get lost, come late, twice and out of order. */
  readonly hasFaults: boolean;
  readonly observe: (customer: number, at: number) => void;
  readonly count: (name: string) => void;
}

/** Bird's events about inbounds on their way to the business: usually there within a second and a half. */
export class Events {
  readonly #parts: EventsParts;
  /** The latest inbound of each customer of which no event will come. */
  readonly #lost = new Map<number, number>();

  constructor(parts: EventsParts) {
    this.#parts = parts;
  }

  inbound(customer: number, at: number): void {
    const { random, hasFaults, count } = this.#parts;
    const draw = hasFaults ? random.next() : 1;
    if (draw < 0.02) {
      count('event lost');
      this.#lost.set(customer, at);
    } else if (draw < 0.06) {
      count('event late');
      this.#deliver(customer, at, random.spread(20 * SECOND, 8 * HOUR));
    } else {
      this.#deliver(customer, at, eventDelay(random));
    }
    if (draw < 0.06 || draw >= 0.16) return;
    count('event twice');
    this.#deliver(customer, at, random.spread(2 * SECOND, 8 * HOUR));
  }

  /** Whether the business knows of an inbound when it replies: not if it saw it elsewhere, such as in Bird's inbox. */
  isSeen(customer: number, at: number): boolean {
    return this.#lost.get(customer) !== at;
  }

  #deliver(customer: number, at: number, delayMs: number): void {
    const { timeline, observe } = this.#parts;
    timeline.inProcess(at + delayMs, () => observe(customer, at));
  }
}

/** How long after the customer has written an event of it is usually there, in ms. */
export function eventDelay(random: Random): number {
  return random.spread(100, 1500);
}
