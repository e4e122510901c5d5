import { type Customers, WINDOW_MS } from './customers.js';
import type { Directory } from './directory.js';
import type { BirdAnswer } from './fake-bird.js';
import type { Exchange } from './network.js';
import type { Answer } from './subjects.js';

/** One send that was put to the subject, as the truth was when it came. */
export interface Case {
  readonly customer: number;
  readonly arrivedAt: number;
  /** The truth at arrival: what a guard is compared by that promises nothing. */
  readonly wasOpen: boolean;
  /** The latest inbound that a read could show at arrival. */
  readonly shownInboundAt: number;
}

export interface OracleOptions {
  readonly customers: Customers;
  readonly directory: Directory;
  /** How far the guard's idea of Bird's time may be off, in ms: 0 where the clocks are right. */
  readonly clockBoundMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Knows the truth, what the guard was told, and what Bird answered and when it was asked; holds every decision against
 * them. The numbers of the invariants are those of `docs/correctness.md`.
 */
export class Oracle {
  readonly violations: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly #options: OracleOptions;
  /** By customer, what the subject has been told or shown. */
  readonly #toldAt: Float64Array;
  readonly #refusedAt: Float64Array;
  readonly #saidEnd: Float64Array;
  /** When the latest read started that has told the subject anything about the window. */
  readonly #askedAt: Float64Array;

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
    if (kind !== 'window' || status !== 200) return;
    const expiry = /^\{"serviceWindowExpireAt":(?:null|"(\d{4}-\d\d-\d\dT[\d:.]{12}Z)")/.exec(body);
    if (expiry === null) return;
    const customer = this.#customerOf(path);
    raise(this.#askedAt, customer, startedAt);
    const end = expiry[1] === undefined ? NEVER : Date.parse(expiry[1]);
    raise(this.#saidEnd, customer, end);
  }

  /** The process was started again: what it was told is gone. */
  forget(): void {
    this.#toldAt.fill(NEVER);
    this.#refusedAt.fill(NEVER);
  }

  arrived(customer: number, now: number): Case {
    const { customers } = this.#options;
    const shownInboundAt = customers.shownInboundAt(customer, now);
    return { customer, arrivedAt: now, wasOpen: customers.isOpen(customer, now), shownInboundAt };
  }

  decided(asked: Case, answer: Answer, now: number): void {
    const { customer, wasOpen } = asked;
    this.count(answer.verdict);
    this.count(`${answer.verdict} ${answer.reason}`);
    if (answer.verdict === 'deny' && wasOpen) this.count('wrong blocks');
    if (answer.verdict === 'allow' && !this.#options.customers.isOpen(customer, now)) this.count('wrong allows');
    if (answer.reason === 'service_window_closed') this.#checkDeny(asked, now);
    if (answer.verdict === 'allow') this.#checkAllow(asked, answer, now);
  }

  count(name: string, by = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  violation(text: string): void {
    this.count('violations');
    if (this.violations.length < 20) this.violations.push(text);
  }

  #checkDeny({ customer, arrivedAt, shownInboundAt }: Case, now: number): void {
    const { customers, clockBoundMs } = this.#options;
    const name = `customer ${customer}, arrived ${arrivedAt}, decided ${now}`;
    if ((this.#askedAt[customer] ?? NEVER) < arrivedAt) {
      this.violation(`INV-1: denied without a read that started after the arrival: ${name}`);
    }
    const told = this.#unrefuted(customer, this.#toldAt[customer] ?? NEVER);
    if (told + WINDOW_MS > now + clockBoundMs) this.violation(`INV-1: denied against what was told: ${name}`);
    const end = customers.lastInboundAt(customer) + WINDOW_MS;
    if (!customers.isOpen(customer, now) || now >= end - clockBoundMs) return;
    const seen = this.#unrefuted(customer, shownInboundAt);
    if (seen + WINDOW_MS > now + clockBoundMs) this.violation(`INV-1: denied what Bird would have shown: ${name}`);
    else this.count('denied within the bound');
  }

  #checkAllow({ customer }: Case, { source, validUntil, reason }: Answer, now: number): void {
    const { customers, clockBoundMs } = this.#options;
    const name = `customer ${customer}, decided ${now} from ${source}, ${reason}`;
    const told = this.#unrefuted(customer, this.#toldAt[customer] ?? NEVER) + WINDOW_MS;
    const said = this.#unrefuted(customer, (this.#saidEnd[customer] ?? NEVER) - WINDOW_MS) + WINDOW_MS;
    const end = Math.max(told, said);
    if (!(now < end + clockBoundMs)) this.violation(`INV-2: allowed without evidence until ${end}: ${name}`);
    if (!(validUntil !== null && validUntil <= end + clockBoundMs)) {
      this.violation(`INV-11: said to hold until ${validUntil}, with evidence until ${end}: ${name}`);
    }
    if (!customers.isOpen(customer, now)) this.count('allowed within the bound');
  }

  /** An inbound, unless a refusal that was told later than it refutes it. */
  #unrefuted(customer: number, inboundAt: number): number {
    return inboundAt > (this.#refusedAt[customer] ?? NEVER) ? inboundAt : NEVER;
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
