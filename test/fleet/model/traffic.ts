import type { Random } from '../../simulation/model/random.js';
import type { Crowd, Customer } from './customers.js';

export interface TrafficOptions {
  readonly sendsPerSecond: number;
  /** The longest that a reply takes after the customer's message. */
  readonly slowestReplyMs: number;
}

export interface TrafficParts {
  readonly crowd: Crowd;
  readonly random: Random;
  /** The customer writes, and some process is told; `onTold` when its guard has taken it. */
  readonly write: (customer: Customer, onTold: () => void) => void;
  readonly send: (customer: Customer) => void;
}

const SOONEST_REPLY_MS = 50;
/** Of all sends. Of the follow-ups one in four comes too late. */
const FOLLOW_UPS = 0.04;
const COLDS = 0.01;
const LATE = 0.25;

/** Who writes to whom: 95 % replies, 4 % follow-ups, 1 % to people who never wrote. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #parts: TrafficParts;
  readonly #recent: Customer[] = [];
  readonly #replies = new Set<NodeJS.Timeout>();
  readonly #startedAt: number = performance.now();
  #begun = 0;
  #isStopped = false;

  constructor(options: TrafficOptions, parts: TrafficParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Begins what is due by now. */
  tick(): void {
    const due = ((performance.now() - this.#startedAt) * this.#options.sendsPerSecond) / 1000;
    for (; this.#begun < due; this.#begun += 1) this.#next();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#isStopped = true;
    for (const reply of this.#replies) clearTimeout(reply);
    this.#replies.clear();
  }

  #next(): void {
    const { random, send, crowd } = this.#parts;
    const draw = random.next();
    if (draw < COLDS) send(random.pick(crowd.groups.strangers));
    else if (draw < COLDS + FOLLOW_UPS) send(this.#someoneToFollowUp());
    else this.#conversation();
  }

  #conversation(): void {
    const { write } = this.#parts;
    const customer = this.#writer();
    this.#recent.push(customer);
    write(customer, () => {
      if (this.#isStopped) return;
      const reply = setTimeout(() => {
        this.#replies.delete(reply);
        this.#parts.send(customer);
      }, this.#replyDelay());
      this.#replies.add(reply);
    });
  }

  /** Two in three replies come from a bot. */
  #replyDelay(): number {
    const { random } = this.#parts;
    const { slowestReplyMs } = this.#options;
    return random.spread(random.chance(0.67) ? SOONEST_REPLY_MS : slowestReplyMs / 8, slowestReplyMs);
  }

  /** Half of the messages go on with a conversation; one in ten opens a window that was closed. */
  #writer(): Customer {
    const { random, crowd } = this.#parts;
    const draw = random.next();
    if (draw < 0.5 && this.#recent.length > 0) return random.pick(this.#recent.slice(-1000));
    if (draw < 0.9) return random.pick(crowd.groups.open);
    // The last half of them: the others stay closed.
    const closed = crowd.groups.closed;
    return random.pick(closed.slice(closed.length / 2));
  }

  #someoneToFollowUp(): Customer {
    const { random, crowd } = this.#parts;
    const { closed, closing, unheard, open } = crowd.groups;
    if (random.chance(LATE)) return random.pick(closed.slice(0, closed.length / 2));
    const draw = random.next();
    if (draw < 0.1) return random.pick(closing);
    if (draw < 0.2) return random.pick(unheard);
    return random.pick(open);
  }
}
