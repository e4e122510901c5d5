import type { Customer } from '../model/customers.js';
import type { Decided } from '../processes/messages.js';
import { type Assessment, assess } from './oracle.js';

/** `recovery`: two seconds after the fault. */
export type Phase = 'warm-up' | 'before' | 'fault' | 'recovery' | 'after';

interface Asked {
  readonly customer: Customer;
  readonly phase: Phase;
}

/** Counts the decisions. */
export class Tally {
  readonly wrong: string[] = [];
  readonly tookMs: number[] = [];
  readonly #asked = new Map<number, Asked>();
  readonly #counts = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  #next = 0;

  /** A send begins. Returns its number. */
  ask(customer: Customer, phase: Phase): number {
    this.#next += 1;
    this.#asked.set(this.#next, { customer, phase });
    this.#count(`${phase} sends`);
    return this.#next;
  }

  answer(decided: Decided): void {
    const asked = this.#asked.get(decided.id);
    if (asked === undefined) throw new Error(`Send ${decided.id} was decided twice, or never began`);
    this.#asked.delete(decided.id);
    const assessment = assess(decided, asked.customer);
    this.#count(`${asked.phase} ${assessment}`);
    this.#count(assessment);
    if (assessment === 'unknown') this.#reasons.set(decided.reason, (this.#reasons.get(decided.reason) ?? 0) + 1);
    if (asked.phase !== 'warm-up') this.tookMs.push(decided.tookMs);
    if (isWrong(assessment)) this.wrong.push(describe(assessment, decided, asked));
  }

  /** Sends that are not decided yet. */
  get open(): number {
    return this.#asked.size;
  }

  /** The reasons of unknown decisions, with their counts. */
  get reasons(): string {
    return [...this.#reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
  }

  count(name: Assessment | `${Phase} ${Assessment | 'sends'}`): number {
    return this.#counts.get(name) ?? 0;
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}

function isWrong(assessment: Assessment): boolean {
  return assessment === 'wrong block' || assessment === 'wrong allow' || assessment === 'unproved block';
}

function describe(assessment: Assessment, decided: Decided, { customer, phase }: Asked): string {
  const wrote = customer.inbounds.map((at) => at - decided.arrivedAt);
  return `${assessment}, ${phase}: ${JSON.stringify(decided)}, wrote ${wrote.slice(-3)} ms from then`;
}
