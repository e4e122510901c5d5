import type { Bird } from '../model/bird.js';
import type { Customer } from '../model/customers.js';
import type { GuardHandle } from '../processes/guard-handle.js';
import type { FromGuard } from '../processes/messages.js';

/** So long before it happens the others begin to watch. */
const WATCHED_BEFORE_MS = 100;

/** One message of a customer, told to one process while all others watch. */
export interface Probe {
  /** When it was told, epoch ms. */
  readonly at: number;
  /** How long it took to each other process, in ms. */
  readonly newsMs: readonly number[];
  /** Whether all of them have it. */
  readonly isComplete: boolean;
}

interface Running {
  readonly at: number;
  readonly others: number;
  toldAt: number | undefined;
  readonly seenAt: number[];
}

export interface ProberParts {
  readonly bird: Bird;
  readonly guards: readonly GuardHandle[];
  readonly customers: readonly Customer[];
  readonly everyMs: number;
}

/** Measures how soon what one process was told opens the window in the others. */
export class Prober {
  readonly #parts: ProberParts;
  readonly #probes: Running[] = [];
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #isStopped = false;

  constructor(parts: ProberParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#begin(), parts.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#isStopped = true;
  }

  hear(message: Extract<FromGuard, { kind: 'told' | 'seen' }>): void {
    const probe = this.#probes[message.probe];
    if (message.kind === 'seen') probe?.seenAt.push(message.at);
    else if (probe !== undefined) probe.toldAt = message.at;
  }

  get probes(): readonly Probe[] {
    return this.#probes.map(({ at, others, toldAt, seenAt }) => {
      const newsMs = toldAt === undefined ? [] : seenAt.map((seen) => Math.max(0, seen - toldAt));
      return { at, newsMs, isComplete: newsMs.length === others };
    });
  }

  #begin(): void {
    const { guards, customers } = this.#parts;
    const number = this.#next;
    const customer = customers[number];
    if (customer === undefined) return this.stop();
    this.#next += 1;
    const teller = number % guards.length;
    const others = guards.filter((_, index) => index !== teller);
    for (const guard of others) guard.tell({ kind: 'watch', probe: number, address: customer.address });
    setTimeout(() => this.#write(number, customer, teller), WATCHED_BEFORE_MS);
  }

  #write(probe: number, customer: Customer, teller: number): void {
    if (this.#isStopped) return;
    const { bird, guards } = this.#parts;
    const { address, contactId } = customer;
    this.#probes[probe] = { at: Date.now(), others: guards.length - 1, toldAt: undefined, seenAt: [] };
    const at = bird.write(customer);
    guards[teller]?.tell({ kind: 'news', probe, inbound: { id: -1, address, contactId, at } });
  }
}
