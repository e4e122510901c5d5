import type { Bird } from '../model/bird.js';
import type { Customer } from '../model/customers.js';
import type { GuardHandle } from '../processes/guard-handle.js';
import type { FromGuard } from '../processes/messages.js';

/** How long before it happens the others begin to watch. */
const WATCHED_BEFORE_MS = 100;

/** One message of a customer, which one process observes while all others watch. */
export interface Probe {
  /** When it was observed, epoch ms. */
  readonly at: number;
  /** How long it took to reach each other process, in ms. */
  readonly delaysMs: readonly number[];
  /** Whether all of them have it. */
  readonly isComplete: boolean;
}

interface Running {
  readonly at: number;
  readonly others: number;
  observedAt: number | undefined;
  readonly seenAt: number[];
}

export interface PropagationProbeParts {
  readonly bird: Bird;
  readonly guards: readonly GuardHandle[];
  readonly customers: readonly Customer[];
  readonly everyMs: number;
}

/** Measures how soon a message that one process observes opens the window in the others. */
export class PropagationProbe {
  readonly #parts: PropagationProbeParts;
  readonly #probes: Running[] = [];
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #isStopped = false;

  constructor(parts: PropagationProbeParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#begin(), parts.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#isStopped = true;
  }

  receive(message: Extract<FromGuard, { kind: 'observed' | 'seen' }>): void {
    const probe = this.#probes[message.probe];
    if (message.kind === 'seen') probe?.seenAt.push(message.at);
    else if (probe !== undefined) probe.observedAt = message.at;
  }

  get probes(): readonly Probe[] {
    return this.#probes.map(({ at, others, observedAt, seenAt }) => {
      const delaysMs = observedAt === undefined ? [] : seenAt.map((seen) => Math.max(0, seen - observedAt));
      return { at, delaysMs, isComplete: delaysMs.length === others };
    });
  }

  #begin(): void {
    const { guards, customers } = this.#parts;
    const number = this.#next;
    const customer = customers[number];
    if (customer === undefined) return this.stop();
    this.#next += 1;
    const observer = number % guards.length;
    const others = guards.filter((_, index) => index !== observer);
    for (const guard of others) guard.post({ kind: 'watch', probe: number, address: customer.address });
    setTimeout(() => this.#write(number, customer, observer), WATCHED_BEFORE_MS);
  }

  #write(probe: number, customer: Customer, observer: number): void {
    if (this.#isStopped) return;
    const { bird, guards } = this.#parts;
    const { address, contactId } = customer;
    this.#probes[probe] = { at: Date.now(), others: guards.length - 1, observedAt: undefined, seenAt: [] };
    const at = bird.write(customer);
    guards[observer]?.post({ kind: 'probe', probe, inbound: { id: -1, address, contactId, at } });
  }
}
