import type { Customer } from '../model/customers.js';
import type { Decided } from '../processes/messages.js';
import { judge, type SourcedDecision } from './oracle.js';

/** `recovery`: two seconds after the fault. */
export type Phase = 'warm-up' | 'before' | 'fault' | 'recovery' | 'after';

interface Asked {
  readonly customer: Customer;
  readonly phase: Phase;
}

/** What was decided, counted. */
export class Tally {
  readonly wrong: string[] = [];
  readonly tookMs: number[] = [];
  readonly #asked = new Map<number, Asked>();
  readonly #counts = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  #next = 0;

  /** A send is ordered; gives its number. */
  ask(customer: Customer, phase: Phase): number {
    this.#next += 1;
    this.#asked.set(this.#next, { customer, phase });
    this.#count(`${phase} sends`);
    return this.#next;
  }

  answer(decided: Decided): void {
    const asked = this.#asked.get(decided.id);
    if (asked === undefined) throw new Error(`Send ${decided.id} was decided twice, or never ordered`);
    this.#asked.delete(decided.id);
    const judgement = judge(decided, asked.customer);
    this.#count(`${asked.phase} ${judgement}`);
    this.#count(judgement);
    if (judgement === 'unknown') this.#reasons.set(decided.reason, (this.#reasons.get(decided.reason) ?? 0) + 1);
    if (asked.phase !== 'warm-up') this.tookMs.push(decided.tookMs);
    if (isWrong(judgement)) this.wrong.push(describe(judgement, decided, asked));
  }

  /** Sends that were ordered and not decided. */
  get open(): number {
    return this.#asked.size;
  }

  /** Why decisions were unknown, and how many. */
  get reasons(): string {
    return [...this.#reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
  }

  count(name: SourcedDecision | `${Phase} ${SourcedDecision | 'sends'}`): number {
    return this.#counts.get(name) ?? 0;
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}

function isWrong(judgement: SourcedDecision): boolean {
  return judgement === 'wrong block' || judgement === 'wrong allow' || judgement === 'unproved block';
}

function describe(judgement: SourcedDecision, decided: Decided, { customer, phase }: Asked): string {
  const wrote = customer.inbounds.map((at) => at - decided.arrivedAt);
  return `${judgement}, ${phase}: ${JSON.stringify(decided)}, wrote ${wrote.slice(-3)} ms from then`;
}
