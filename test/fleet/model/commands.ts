import type { GuardHandle } from '../processes/guard-handle.js';
import type { FromGuard } from '../processes/messages.js';
import { type Phase, Tally } from '../results/tally.js';
import type { Customer } from './customers.js';

/** The commands to the processes, and their results. */
export class Commands {
  readonly tally: Tally = new Tally();
  readonly #onObserved = new Map<number, () => void>();
  #phase: Phase = 'warm-up';
  #inbounds = 0;

  /** Later sends belong to this phase. Returns the instant, epoch ms. */
  enter(phase: Phase): number {
    this.#phase = phase;
    return Date.now();
  }

  send(guard: GuardHandle | undefined, customer: Customer): void {
    guard?.send({ id: this.tally.ask(customer, this.#phase), address: customer.address });
  }

  /** Has a guard observe that the customer wrote; `onObserved` is called when it has. */
  inbound(
    guard: GuardHandle | undefined,
    { address, contactId }: Customer,
    observation: { readonly at: number; readonly onObserved: () => void },
  ): void {
    this.#inbounds += 1;
    this.#onObserved.set(this.#inbounds, observation.onObserved);
    guard?.inbound({ id: this.#inbounds, address, contactId, at: observation.at });
  }

  receive({ observed, decided }: Extract<FromGuard, { kind: 'results' }>): void {
    for (const id of observed) {
      this.#onObserved.get(id)?.();
      this.#onObserved.delete(id);
    }
    for (const one of decided) this.tally.answer(one);
  }
}
