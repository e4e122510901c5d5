import {
  createSandbox,
  type FaultHook,
  type Sandbox,
  type SandboxOptions,
  type SandboxWorkspace,
  type SwitchOptions,
} from 'freeform-guard/sandbox';
import { catchUp, HISTORY_MS } from '../../fleet/model/bird.js';
import type { Customer } from '../../fleet/model/customers.js';
import type { Random } from '../../simulation/model/random.js';

/** On what channel a customer is. */
export interface Place {
  readonly workspace: SandboxWorkspace;
  readonly channelId: string;
  /** Whether the guard of that workspace may stop a message. */
  readonly isEnforced: boolean;
}

/** The sandbox as a real server in real time, with a workspace that enforces and one that observes. */
export class Bird {
  readonly enforced: SandboxWorkspace;
  readonly observed: SandboxWorkspace;
  readonly holdChannelId: string;
  readonly blockChannelId: string;
  readonly places: readonly Place[];
  readonly #sandbox: Sandbox;
  readonly #placeOf = new Map<string, Place>();

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.enforced = sandbox.addWorkspace();
    this.observed = sandbox.addWorkspace();
    const channel = (workspace: SandboxWorkspace): string => workspace.addChannel({ platformId: 'whatsapp' }).id;
    this.holdChannelId = channel(this.enforced);
    this.blockChannelId = channel(this.enforced);
    this.places = [
      { workspace: this.enforced, channelId: channel(this.enforced), isEnforced: true },
      { workspace: this.enforced, channelId: this.holdChannelId, isEnforced: true },
      { workspace: this.enforced, channelId: this.blockChannelId, isEnforced: true },
      { workspace: this.observed, channelId: channel(this.observed), isEnforced: false },
    ];
  }

  static async start(options: Pick<SandboxOptions, 'readsPerSecond'> = {}): Promise<Bird> {
    return new Bird(await createSandbox({ ...options, startAt: Date.now() - HISTORY_MS }));
  }

  get url(): string {
    return this.#sandbox.url;
  }

  /** From now on time goes on, and each request meets this fault. */
  run(fault: FaultHook): void {
    this.#sandbox.setFault((request) => {
      this.catchUp();
      return fault(request);
    });
  }

  catchUp(): void {
    catchUp(this.#sandbox, Date.now());
  }

  set(switches: SwitchOptions): void {
    this.#sandbox.set(switches);
  }

  newContact(address: string, random: Random): string {
    const place = random.pick(this.places);
    this.#placeOf.set(address, place);
    return place.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: address }] }).id;
  }

  placeOf({ address }: Customer): Place {
    const place = this.#placeOf.get(address);
    if (place === undefined) throw new RangeError('The customer is on no channel');
    return place;
  }

  /** What was written before now, in order. */
  remember(customers: readonly Customer[]): void {
    const wrote = customers.flatMap((customer) => customer.inbounds.map((at) => ({ customer, at })));
    for (const { customer, at } of wrote.toSorted((one, other) => one.at - other.at)) {
      catchUp(this.#sandbox, at);
      this.#receive(customer, 'Hello');
    }
    this.catchUp();
  }

  /** The customer writes now. */
  write(customer: Customer, text: string): void {
    this.catchUp();
    this.#receive(customer, text);
    customer.inbounds.push(this.#sandbox.clock.now());
  }

  /** The share of events, by status, that the service has answered so; the key of a lost one is `none`. */
  async answersToEvents(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { status } of await this.#sandbox.deliveries())
      counts[status ?? 'none'] = (counts[status ?? 'none'] ?? 0) + 1;
    return counts;
  }

  /** How many requests it has answered. */
  requests(): number {
    return this.#sandbox.requests().length;
  }

  close(): Promise<void> {
    return this.#sandbox.close();
  }

  #receive({ address, contactId }: Customer, text: string): void {
    const { workspace, channelId } = this.placeOf({ address } as Customer);
    workspace.receiveInbound({ channelId, contactId, text });
  }
}
