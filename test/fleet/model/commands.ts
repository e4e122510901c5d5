import type { GuardHandle } from '../processes/guard-handle.js';
import type { FromGuard } from '../processes/messages.js';
import { type Phase, Tally } from '../results/tally.js';
import type { Customer } from './customers.js';

/** What the processes are told to do, and what came of it. */
export class Orders {
  readonly tally: Tally = new Tally();
  readonly #onTold = new Map<number, () => void>();
  #phase: Phase = 'warm-up';
  #inbounds = 0;

  /** What is ordered from now on belongs to it. Gives the instant, epoch ms. */
  enter(phase: Phase): number {
    this.#phase = phase;
    return Date.now();
  }

  send(guard: GuardHandle | undefined, customer: Customer): void {
    guard?.send({ id: this.tally.ask(customer, this.#phase), address: customer.address });
  }

  /** Tells a guard that the customer has written; `onTold` when it has taken that. */
  inbound(
    guard: GuardHandle | undefined,
    { address, contactId }: Customer,
    told: { readonly at: number; readonly onTold: () => void },
  ): void {
    this.#inbounds += 1;
    this.#onTold.set(this.#inbounds, told.onTold);
    guard?.inbound({ id: this.#inbounds, address, contactId, at: told.at });
  }

  hear({ observed, decided }: Extract<FromGuard, { kind: 'results' }>): void {
    for (const id of observed) {
      this.#onTold.get(id)?.();
      this.#onTold.delete(id);
    }
    for (const one of decided) this.tally.answer(one);
  }
}
