import { type Customers, WINDOW_MS } from './customers.js';
import type { Directory } from './directory.js';
import type { BirdAnswer } from './fake-bird.js';
import type { Exchange } from './network.js';
import type { Answer } from './subjects.js';
import type { Timeline } from './timeline.js';

/** One send that was put to the subject, as the truth was when it came. */
export interface Case {
  readonly customer: number;
  readonly arrivedAt: number;
  /** The truth at arrival: what a guard is compared by that promises nothing. */
  readonly wasOpen: boolean;
  /** The end that a read would have shown at arrival. */
  readonly shownEnd: number;
  /** For how long the process had stood still until then. */
  readonly stilledMs: number;
  /** How often the process had been started. */
  readonly run: number;
}

export interface OracleOptions {
  readonly customers: Customers;
  readonly directory: Directory;
  readonly timeline: Timeline;
  readonly count: (name: string) => void;
  /** How far the guard's idea of Bird's time may be off, in ms: 0 where the clocks are right. */
  readonly clockBoundMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;
const DEADLINE_MS = 800;

/**
 * Knows the truth, what the guard was told, and what Bird answered and when it was asked; holds every decision against
 * them. The numbers of the invariants are those of `docs/correctness.md`.
 */
export class Oracle {
  readonly violations: string[] = [];
  readonly #options: OracleOptions;
  /** By customer, what the subject has been told or shown. */
  readonly #toldAt: Float64Array;
  readonly #refusedAt: Float64Array;
  readonly #saidEnd: Float64Array;
  /** When the latest read started that has told the subject anything about the window. */
  readonly #askedAt: Float64Array;
  readonly #channelAskedAt = new Map<number, number>();
  #run = 0;

  constructor(options: OracleOptions) {
    this.#options = options;
    const { count } = options.customers;
    this.#toldAt = new Float64Array(count).fill(NEVER);
    this.#refusedAt = new Float64Array(count).fill(NEVER);
    this.#saidEnd = new Float64Array(count).fill(NEVER);
    this.#askedAt = new Float64Array(count).fill(NEVER);
  }

  told(customer: number, at: number): void {
    raise(this.#toldAt, customer, at);
  }

  refused(customer: number, sentAt: number): void {
    raise(this.#refusedAt, customer, sentAt);
  }

  answered({ kind, path, startedAt }: Exchange, { status, body }: BirdAnswer): void {
    const { directory, timeline } = this.#options;
    if (status !== 200) return;
    if (kind === 'channel' && body.includes('"platformId"')) {
      const channel = directory.channelAt(path.slice(path.lastIndexOf('/') + 1));
      this.#channelAskedAt.set(channel, Math.max(startedAt, this.#channelAskedAt.get(channel) ?? NEVER));
    }
    const expiry = /^\{"serviceWindowExpireAt":(?:null|"(\d{4}-\d\d-\d\dT[\d:.]{12}Z)")/.exec(body);
    if (kind !== 'window' || expiry === null) return;
    const customer = this.#customerOf(path);
    raise(this.#askedAt, customer, startedAt);
    // Nothing is believed for longer than a window can last.
    const longestEnd = timeline.now + WINDOW_MS;
    if (expiry[1] !== undefined) raise(this.#saidEnd, customer, Math.min(Date.parse(expiry[1]), longestEnd));
  }

  /** The process was started again: what it was told is gone. */
  forget(): void {
    this.#run += 1;
    this.#toldAt.fill(NEVER);
    this.#refusedAt.fill(NEVER);
  }

  arrived(customer: number): Case {
    const { customers, timeline } = this.#options;
    const { now, stilledMs } = timeline;
    const shownEnd = customers.reportedEnd(customer, now) ?? NEVER;
    return { customer, arrivedAt: now, wasOpen: customers.isOpen(customer, now), shownEnd, stilledMs, run: this.#run };
  }

  /** How long a decision has taken, in ms, without the time in which the process stood still. */
  awakeMs({ arrivedAt, stilledMs }: Case): number {
    const { timeline } = this.#options;
    return timeline.now - arrivedAt - (timeline.stilledMs - stilledMs);
  }

  decided(asked: Case, answer: Answer): void {
    const { customers, timeline, count } = this.#options;
    const { verdict, reason } = answer;
    count(verdict);
    count(`${verdict} ${reason}`);
    const isOpen = customers.isOpen(asked.customer, timeline.now);
    if (reason === 'service_window_closed' && asked.wasOpen) count('wrong blocks');
    if (verdict === 'allow' && !isOpen) count('wrong allows');
    if (this.awakeMs(asked) > DEADLINE_MS + 5) this.violation(`INV-8: decided late: ${this.#nameOf(asked)}`);
    // What the process knew before it was started again, nobody here has kept.
    if (asked.run !== this.#run) return;
    if (verdict === 'deny') this.#checkDeny(asked, reason);
    if (verdict === 'allow') this.#checkAllow(asked, answer);
  }

  violation(text: string): void {
    this.#options.count('violations');
    if (this.violations.length < 20) this.violations.push(text);
  }

  #checkDeny(asked: Case, reason: string): void {
    const { customers, directory, timeline, clockBoundMs, count } = this.#options;
    const { customer, arrivedAt, shownEnd } = asked;
    const { now } = timeline;
    if (now > arrivedAt + DEADLINE_MS + 1) this.violation(`INV-1: denied on a stale read: ${this.#nameOf(asked)}`);
    const isOfChannel = reason === 'channel_inactive';
    const askedAt = isOfChannel
      ? (this.#channelAskedAt.get(directory.channelOf(customer)) ?? NEVER)
      : (this.#askedAt[customer] ?? NEVER);
    if (askedAt < arrivedAt) this.violation(`INV-1: denied without a later read, ${reason}: ${this.#nameOf(asked)}`);
    if (isOfChannel) return;
    const told = this.#unrefuted(customer, this.#toldAt[customer] ?? NEVER, clockBoundMs);
    if (told + WINDOW_MS > now + clockBoundMs) this.violation(`INV-1: denied what was told: ${this.#nameOf(asked)}`);
    const shown = this.#unrefuted(customer, shownEnd - WINDOW_MS, clockBoundMs);
    const isOpen = customers.isOpen(customer, now);
    const isShownOpen = shown + WINDOW_MS > now + clockBoundMs;
    if (isOpen && isShownOpen) this.violation(`INV-1: denied what Bird would show: ${this.#nameOf(asked)}`);
    else if (isOpen) count('denied within the bound');
  }

  #checkAllow(asked: Case, { source, validUntil }: Answer): void {
    const { customers, timeline, clockBoundMs, count } = this.#options;
    const { customer } = asked;
    const told = this.#unrefuted(customer, this.#toldAt[customer] ?? NEVER, -clockBoundMs) + WINDOW_MS;
    const said = this.#unrefuted(customer, (this.#saidEnd[customer] ?? NEVER) - WINDOW_MS, -clockBoundMs) + WINDOW_MS;
    const end = Math.max(told, said);
    if (!(timeline.now < end + clockBoundMs)) this.violation(`INV-2: allowed without evidence: ${this.#nameOf(asked)}`);
    // A fresh answer is passed on as it is, a lie included; what is remembered is bounded.
    const isBounded = validUntil !== null && (validUntil <= end + clockBoundMs || source === 'bird');
    if (!isBounded) this.violation(`INV-11: valid for too long, until ${validUntil}: ${this.#nameOf(asked)}`);
    if (!customers.isOpen(customer, timeline.now)) count('allowed within the bound');
  }

  #nameOf({ customer, arrivedAt }: Case): string {
    return `customer ${customer}, arrived ${arrivedAt}, decided ${this.#options.timeline.now}`;
  }

  /** An inbound, unless a refusal that was told refutes it; what is nearer than `tolerance` to it counts as refuted. */
  #unrefuted(customer: number, inboundAt: number, tolerance: number): number {
    return inboundAt > (this.#refusedAt[customer] ?? NEVER) + tolerance ? inboundAt : NEVER;
  }

  #customerOf(path: string): number {
    const { directory } = this.#options;
    const [rest = '', address] = path.slice(path.lastIndexOf('/') + 1).split('?contactIdentifierValue=');
    return address === undefined ? directory.customerOf(rest) : directory.customerAt(decodeURIComponent(address));
  }
}

function raise(instants: Float64Array, customer: number, at: number): void {
  instants[customer] = Math.max(at, instants[customer] ?? at);
}
