import { WINDOW_MS } from '../model/customers.js';
import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';

export interface MischiefParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly onInbound: (customer: number, at: number) => void;
  readonly onSend: (customer: number, inReplyTo?: number) => void;
  readonly count: (name: string) => void;
}

/** Where the safety margin of a guard ends, where the window ends, and the ms around both, counted from the end. */
const EDGES: readonly number[] = [-10_001, -10_000, -9_999, -2, -1, 0, 1, 2, 60];

/** Makes what is rare frequent: sends at the very end of a window, and customers who write while a read runs. */
export class Mischief {
  readonly #parts: MischiefParts;

  constructor(parts: MischiefParts) {
    this.#parts = parts;
  }

  afterInbound(customer: number, at: number): void {
    const { timeline, random, onSend, count } = this.#parts;
    const sendAt = at + WINDOW_MS + random.pick(EDGES);
    if (sendAt <= timeline.now || !random.chance(0.02)) return;
    timeline.at(sendAt, () => {
      count('send at the end of a window');
      timeline.ours(timeline.now, () => onSend(customer));
    });
  }

  /** A message that nobody has asked for is on its way: others send too, the customer writes, a bot replies. */
  aroundSend(customer: number): void {
    const { timeline, random, onInbound, onSend, count } = this.#parts;
    if (!random.chance(0.25)) return;
    count('customer writes while a read runs');
    const { now } = timeline;
    for (let others = random.between(0, 3); others > 0; others -= 1) {
      timeline.ours(now + random.between(0, 200), () => onSend(customer));
    }
    const inboundAt = now + random.between(0, 150);
    timeline.at(inboundAt, () => onInbound(customer, inboundAt));
    timeline.ours(inboundAt + random.between(0, 120), () => onSend(customer, inboundAt));
  }
}
