import { type Customers, HUMAN_WINDOW_MS, WINDOW_MS } from '../model/customers.js';
import type { Timeline } from '../model/timeline.js';
import type { Answer } from '../systems/systems-under-test.js';
import { type Known, NEVER } from './expected-knowledge.js';

/** One send that the system decides, with the truth when it came. */
export interface Case {
  readonly customer: number;
  /** How long after the customer's message it may be sent: longer where a human writes. */
  readonly lengthMs: number;
  readonly arrivedAt: number;
  /** The truth at arrival: what a guard is compared by that promises nothing. */
  readonly wasOpen: boolean;
  /** The end that a read would have shown at arrival. */
  readonly shownEnd: number;
  /** Of the process that decides, and for how long it had stood still until then. */
  readonly timeline: Timeline;
  readonly stalledMs: number;
  /** How often the process had been started. */
  readonly run: number;
}

export interface OracleOptions<C extends Case> {
  readonly customers: Customers;
  readonly count: (name: string) => void;
  /** How far the guard's idea of Bird's time may be off, in ms: 0 where the clocks are right. */
  readonly clockBoundMs: number;
  /** Whether a human writes to a customer, where he may write for longer. Default: nobody. */
  readonly isHuman?: ((customer: number) => boolean) | undefined;
  /** What the process knows that decides; `undefined`: it was started again, and nobody has kept what it knew. */
  readonly known: (asked: C, answer: Answer) => Known | undefined;
}

const DEADLINE_MS = 800;

/**
 * Knows the truth, what the guard has observed, and what Bird answered and when it was asked. Compares every decision with
 * them. The numbers of the invariants are those of `docs/correctness.md`.
 */
export class Oracle<C extends Case = Case> {
  readonly violations: string[] = [];
  readonly #options: OracleOptions<C>;

  constructor(options: OracleOptions<C>) {
    this.#options = options;
  }

  arrived(customer: number, timeline: Timeline, run: number): Case {
    const { customers, isHuman } = this.#options;
    const { now, stalledMs } = timeline;
    const shownEnd = customers.reportedEnd(customer, now) ?? NEVER;
    const lengthMs = isHuman?.(customer) ? HUMAN_WINDOW_MS : WINDOW_MS;
    const wasOpen = customers.isOpen(customer, now, lengthMs);
    return { customer, lengthMs, arrivedAt: now, wasOpen, shownEnd, timeline, stalledMs, run };
  }

  /** How long a decision has taken, in ms, without the time in which the process stood still. */
  awakeMs({ arrivedAt, timeline, stalledMs }: Case): number {
    return timeline.now - arrivedAt - (timeline.stalledMs - stalledMs);
  }

  decided(asked: C, answer: Answer): void {
    const { customers, count } = this.#options;
    const { timeline } = asked;
    const { verdict, reason } = answer;
    count(verdict);
    count(`${verdict} ${reason}`);
    const isOpen = customers.isOpen(asked.customer, timeline.now, asked.lengthMs);
    if (asked.lengthMs > WINDOW_MS) count(`human ${verdict} ${reason}`);
    if (reason === 'service_window_closed' && asked.wasOpen) count('wrong blocks');
    if (verdict === 'allow' && !isOpen) count('wrong allows');
    if (this.awakeMs(asked) > DEADLINE_MS + 5) this.violation(`INV-8: decided late: ${this.#nameOf(asked)}`);
    const known = this.#options.known(asked, answer);
    if (known === undefined) return;
    if (verdict === 'deny') this.#checkDeny(asked, reason, known);
    if (verdict === 'allow') this.#checkAllow(asked, answer, known);
  }

  violation(text: string): void {
    this.#options.count('violations');
    if (this.violations.length < 20) this.violations.push(text);
  }

  #checkDeny(asked: Case, reason: string, known: Known): void {
    const { must, may, askedAt, channelAskedAt } = known;
    const { customers, clockBoundMs, count } = this.#options;
    const { customer, arrivedAt, shownEnd, timeline } = asked;
    const { now } = timeline;
    if (now > arrivedAt + DEADLINE_MS + 1) this.violation(`INV-1: denied on a stale read: ${this.#nameOf(asked)}`);
    const isOfChannel = reason === 'channel_inactive';
    if ((isOfChannel ? channelAskedAt : askedAt) < arrivedAt) {
      this.violation(`INV-1: denied without a later read, ${reason}: ${this.#nameOf(asked)}`);
    }
    if (isOfChannel) return;
    if (asked.lengthMs > WINDOW_MS && !isRefusedInside(asked, may, clockBoundMs)) {
      return this.violation(`INV-1: denied to a human: ${this.#nameOf(asked)}`);
    }
    const observed = unrefuted(must.inboundAt, may.refusedAt + clockBoundMs);
    if (observed + WINDOW_MS > now + clockBoundMs)
      this.violation(`INV-1: denied what was observed: ${this.#nameOf(asked)}`);
    this.#checkPerson(asked, known);
    const shown = unrefuted(shownEnd - WINDOW_MS, may.refusedAt + clockBoundMs);
    const isOpen = customers.isOpen(customer, now);
    // What no message explains is refuted by any refusal; the same where Bird has lied.
    const isFar = shown > now || may.farEnd > now;
    const isRefutedFar = isFar && may.refusedAt > NEVER;
    if (isRefutedFar) count('denied under a far date');
    const isShownOpen = shown + WINDOW_MS > now + clockBoundMs && !isRefutedFar;
    if (isOpen && isShownOpen) this.violation(`INV-1: denied what Bird would show: ${this.#nameOf(asked)}`);
    else if (isOpen) count('denied within the bound');
  }

  /** Somebody who is known to have written from another number is in doubt, and not denied. */
  #checkPerson(asked: Case, { must, may, personWroteAt = NEVER }: Known): void {
    const { clockBoundMs } = this.#options;
    const isElsewhere = personWroteAt > Math.max(must.inboundAt, may.refusedAt + clockBoundMs);
    if (!isElsewhere || personWroteAt + WINDOW_MS <= asked.timeline.now + clockBoundMs) return;
    this.violation(`INV-1: denied a person who wrote from another number: ${this.#nameOf(asked)}`);
  }

  #checkAllow(asked: Case, { source, validUntil, reason }: Answer, { must, may }: Known): void {
    const { customers, clockBoundMs, count } = this.#options;
    const { customer, timeline, lengthMs } = asked;
    if (may.farEnd > timeline.now && must.refusedAt === NEVER) count('allowed under a far date');
    // What is nearer to a refusal than the clocks may be wrong is not held against the guard.
    const observed = unrefuted(may.inboundAt, must.refusedAt - clockBoundMs) + WINDOW_MS;
    const said = unrefuted(may.end - WINDOW_MS, must.refusedAt - clockBoundMs) + WINDOW_MS;
    const far = must.refusedAt === NEVER ? may.farEnd : NEVER;
    const isOfHuman = reason === 'human_agent_window' && lengthMs > WINDOW_MS;
    const end = isOfHuman ? humanEnd(may.inboundAt, must.refusedAt, clockBoundMs) : Math.max(observed, said, far);
    if (!(timeline.now < end + clockBoundMs)) this.violation(`INV-2: allowed without evidence: ${this.#nameOf(asked)}`);
    // A fresh answer is passed on as it is, a lie included; what is remembered is bounded.
    const isBounded = validUntil !== null && (validUntil <= end + clockBoundMs || source === 'bird');
    if (!isBounded) this.violation(`INV-11: valid for too long, until ${validUntil}: ${this.#nameOf(asked)}`);
    if (!customers.isOpen(customer, timeline.now, lengthMs)) count('allowed within the bound');
  }

  #nameOf({ customer, arrivedAt, timeline }: Case): string {
    return `customer ${customer}, arrived ${arrivedAt}, decided ${timeline.now}`;
  }
}

/** An inbound, unless a refusal refutes it. */
function unrefuted(inboundAt: number, refusedAt: number): number {
  return inboundAt > refusedAt ? inboundAt : NEVER;
}

/** A refusal speaks of the human's window only where it came within the shorter one. */
function humanEnd(inboundAt: number, refusedAt: number, clockBoundMs: number): number {
  const isRefuted = inboundAt <= refusedAt - clockBoundMs && refusedAt + clockBoundMs < inboundAt + WINDOW_MS;
  return isRefuted ? NEVER : inboundAt + HUMAN_WINDOW_MS;
}

/**
 * Whether a refusal speaks of the human's window too, for having come within the shorter one. Nothing else may deny: no message
 * here is as old as that window is long, and Bird's answer is about the shorter one.
 */
function isRefusedInside({ shownEnd, timeline }: Case, may: Known['may'], clockBoundMs: number): boolean {
  const { inboundAt, refusedAt, end, farEnd } = may;
  const isOfInbound = refusedAt >= inboundAt - clockBoundMs && refusedAt < inboundAt + WINDOW_MS + clockBoundMs;
  const isUnderDate = refusedAt > NEVER && Math.max(shownEnd, end, farEnd) > timeline.now - clockBoundMs;
  return isOfInbound || isUnderDate;
}
