import { type Customers, WINDOW_MS } from './customers.js';
import { eventDelay } from './events.js';
import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

const SECOND = 1000;
const HOUR: number = 3600 * SECOND;
/** The longest that a reply takes. */
const MAX_REPLY_MS: number = HOUR / 2;
/** How long ago the oldest message was written of which anything may come. */
export const HISTORY_MS: number = 3 * WINDOW_MS;

export interface TrafficOptions {
  /** When messages are sent at the full rate; in between there are only the late replies. */
  readonly shifts: readonly { readonly from: number; readonly to: number }[];
  readonly sendsPerSecond: number;
  /** Of all sends, how many follow up on an older conversation, and how many go to somebody who never wrote. */
  readonly followUps: number;
  readonly coldSends: number;
  /** Of the follow-ups, how many come only after the window has closed. */
  readonly lateFollowUps: number;
  /** How many customers have written in the three days before. */
  readonly earlierCustomers: number;
  /** Whether customers also write before the start what is answered only after the last shift. Default: yes. */
  readonly withUnanswered?: boolean | undefined;
}

export interface TrafficParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly customers: Customers;
  /** A customer writes, now or in the time before the simulation. */
  readonly onInbound: (customer: number, at: number) => void;
  /** The business sends; a reply says to which message. */
  readonly onSend: (customer: number, inReplyTo?: number) => void;
}

/** Who writes to whom, and when. What a guard decides changes nothing of it, so that guards can be compared. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #parts: TrafficParts;
  /** All inbounds in the order of their instants. */
  readonly #instants: number[] = [];
  readonly #writers: number[] = [];
  #newcomer: number;
  #stranger: number;
  #shift = 0;

  constructor(options: TrafficOptions, parts: TrafficParts) {
    this.#options = options;
    this.#parts = parts;
    this.#newcomer = options.earlierCustomers;
    this.#stranger = parts.customers.count;
  }

  /** Writes the history, and plans the first send. */
  start(): void {
    const { timeline } = this.#parts;
    const { earlierCustomers, withUnanswered = true } = this.#options;
    const startAt = timeline.now;
    const latestReplyAt = withUnanswered ? Number.POSITIVE_INFINITY : this.#endAt;
    const stepMs = (HISTORY_MS - MAX_REPLY_MS) / earlierCustomers;
    for (let customer = 0; customer < earlierCustomers; customer += 1) {
      this.#inbound(customer, Math.round(startAt - HISTORY_MS + customer * stepMs));
    }
    // Messages of the last half hour that are still to be answered.
    const intervalMs = SECOND / (this.#options.sendsPerSecond * this.#replies);
    for (let at = startAt - MAX_REPLY_MS; at < startAt; at += intervalMs) {
      const replyAt = Math.round(at) + this.#replyDelay();
      if (replyAt > startAt && replyAt <= latestReplyAt) this.#conversation(Math.round(at), replyAt);
    }
    this.#planNext(this.#options.shifts[0]?.from ?? startAt);
  }

  /** After it nobody sends any more. */
  get #endAt(): number {
    return this.#options.shifts.at(-1)?.to ?? 0;
  }

  get #replies(): number {
    return 1 - this.#options.followUps - this.#options.coldSends;
  }

  #planNext(at: number): void {
    const shift = this.#options.shifts[this.#shift];
    if (shift === undefined) return;
    if (at > shift.to) {
      this.#shift += 1;
      this.#planNext(this.#options.shifts[this.#shift]?.from ?? at);
      return;
    }
    this.#parts.timeline.at(Math.round(at), () => {
      this.#next();
      this.#planNext(at + this.#interval());
    });
  }

  /** Sends do not come in step: the intervals are spread around their mean. */
  #interval(): number {
    return (2 * this.#parts.random.next() * SECOND) / this.#options.sendsPerSecond;
  }

  #next(): void {
    const { random, timeline } = this.#parts;
    const draw = random.next();
    if (draw < this.#replies) this.#conversation(timeline.now, timeline.now + this.#replyDelay());
    else if (draw < this.#replies + this.#options.followUps) this.#send(this.#someoneToFollowUp());
    else this.#send(this.#nobodyYet());
  }

  #conversation(inboundAt: number, replyAt: number): void {
    const customer = this.#writer(inboundAt);
    this.#inbound(customer, inboundAt);
    this.#parts.timeline.at(replyAt, () => this.#send(customer, inboundAt));
  }

  #inbound(customer: number, at: number): void {
    this.#instants.push(at);
    this.#writers.push(customer);
    this.#parts.onInbound(customer, at);
  }

  #send(customer: number, inReplyTo?: number): void {
    const { timeline, onSend } = this.#parts;
    if (timeline.now > this.#endAt) return;
    if (timeline.now >= timeline.stalledUntil) onSend(customer, inReplyTo);
    else timeline.inProcess(timeline.now, () => onSend(customer, inReplyTo));
  }

  /** Two in three replies come from a bot, seconds after its own event; people take up to half an hour. */
  #replyDelay(): number {
    const { random } = this.#parts;
    if (!random.chance(0.67)) return random.spread(10 * SECOND, MAX_REPLY_MS);
    return eventDelay(random) + random.spread(50, 3 * SECOND);
  }

  /** Half of the messages go on with a conversation; of the rest, most come from people who wrote in the last days. */
  #writer(at: number): number {
    const { random } = this.#parts;
    const draw = random.next();
    if (draw < 0.5) return this.#whoWrote(at - random.spread(10 * SECOND, HOUR));
    if (draw < 0.8) return this.#whoWrote(at - random.between(HOUR, HISTORY_MS));
    if (this.#newcomer + 1 >= this.#stranger) return this.#whoWrote(at - random.between(HOUR, HISTORY_MS));
    this.#newcomer += 1;
    return this.#newcomer;
  }

  #someoneToFollowUp(): number {
    const { random, timeline } = this.#parts;
    const isLate = random.chance(this.#options.lateFollowUps);
    const agoMs = isLate ? random.between(WINDOW_MS, HISTORY_MS) : random.spread(HOUR, WINDOW_MS - HOUR);
    return this.#whoWrote(timeline.now - agoMs);
  }

  #nobodyYet(): number {
    this.#stranger -= 1;
    if (this.#stranger <= this.#newcomer) this.#stranger = this.#parts.customers.count - 1;
    return this.#stranger;
  }

  /** Somebody who wrote around an instant; where nobody did, of those who wrote before. */
  #whoWrote(at: number): number {
    let low = 0;
    let high = this.#instants.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#instants[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return this.#writers[Math.max(0, low - this.#parts.random.between(0, 200))] ?? 0;
  }
}
