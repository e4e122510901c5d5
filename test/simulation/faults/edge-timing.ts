import { WINDOW_MS } from '../model/customers.js';
import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';

export interface EdgeTimingParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly onInbound: (customer: number, at: number) => void;
  readonly onSend: (customer: number, inReplyTo?: number) => void;
  readonly count: (name: string) => void;
}

/** In ms from the end of the window: around the safety margin, and around the end itself. */
const EDGES: readonly number[] = [-10_001, -10_000, -9_999, -2, -1, 0, 1, 2, 60];

/** Makes rare timing frequent: sends at the very end of a window, and customers who write while a read runs. */
export class EdgeTiming {
  readonly #parts: EdgeTimingParts;

  constructor(parts: EdgeTimingParts) {
    this.#parts = parts;
  }

  afterInbound(customer: number, at: number): void {
    const { timeline, random, onSend, count } = this.#parts;
    const sendAt = at + WINDOW_MS + random.pick(EDGES);
    if (sendAt <= timeline.now || !random.chance(0.02)) return;
    timeline.at(sendAt, () => {
      count('send at the end of a window');
      timeline.inProcess(timeline.now, () => onSend(customer));
    });
  }

  /** Around a send that is no reply: others send too, the customer writes, a bot replies. */
  aroundSend(customer: number): void {
    const { timeline, random, onInbound, onSend, count } = this.#parts;
    if (!random.chance(0.25)) return;
    count('customer writes while a read runs');
    const { now } = timeline;
    for (let others = random.between(0, 3); others > 0; others -= 1) {
      timeline.inProcess(now + random.between(0, 200), () => onSend(customer));
    }
    const inboundAt = now + random.between(0, 150);
    timeline.at(inboundAt, () => onInbound(customer, inboundAt));
    timeline.inProcess(inboundAt + random.between(0, 120), () => onSend(customer, inboundAt));
  }
}
