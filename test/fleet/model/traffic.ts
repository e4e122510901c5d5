import type { Random } from '../../simulation/model/random.js';
import type { Customer, Customers } from './customers.js';

export interface TrafficOptions {
  readonly sendsPerSecond: number;
  /** The longest time between a message of the customer and the reply. */
  readonly maxReplyMs: number;
}

export interface TrafficParts {
  readonly customers: Customers;
  readonly random: Random;
  /** The customer writes, and some process observes it; `onObserved` is called when its guard has. */
  readonly write: (customer: Customer, onObserved: () => void) => void;
  readonly send: (customer: Customer) => void;
}

const MIN_REPLY_MS = 50;
/** Of all sends. Of the follow-ups one in four comes too late. */
const FOLLOW_UPS = 0.04;
const COLD_SENDS = 0.01;
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

  /** Starts what is due by now. What is due while `hasRoom` says no is left out. */
  tick(hasRoom: () => boolean = () => true): void {
    const due = ((performance.now() - this.#startedAt) * this.#options.sendsPerSecond) / 1000;
    for (; this.#begun < due; this.#begun += 1) if (hasRoom()) this.#next();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#isStopped = true;
    for (const reply of this.#replies) clearTimeout(reply);
    this.#replies.clear();
  }

  #next(): void {
    const { random, send, customers } = this.#parts;
    const draw = random.next();
    if (draw < COLD_SENDS) send(random.pick(customers.groups.strangers));
    else if (draw < COLD_SENDS + FOLLOW_UPS) send(this.#someoneToFollowUp());
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
    const { maxReplyMs } = this.#options;
    return random.spread(random.chance(0.67) ? MIN_REPLY_MS : maxReplyMs / 8, maxReplyMs);
  }

  /** Half of the messages go on with a conversation; one in ten opens a window that was closed. */
  #writer(): Customer {
    const { random, customers } = this.#parts;
    const draw = random.next();
    if (draw < 0.5 && this.#recent.length > 0) return random.pick(this.#recent.slice(-1000));
    if (draw < 0.9) return random.pick(customers.groups.open);
    // The last half of them: the others stay closed.
    const closed = customers.groups.closed;
    return random.pick(closed.slice(closed.length / 2));
  }

  #someoneToFollowUp(): Customer {
    const { random, customers } = this.#parts;
    const { closed, closing, unobserved, open } = customers.groups;
    if (random.chance(LATE)) return random.pick(closed.slice(0, closed.length / 2));
    const draw = random.next();
    if (draw < 0.1) return random.pick(closing);
    if (draw < 0.2) return random.pick(unobserved);
    return random.pick(open);
  }
}
