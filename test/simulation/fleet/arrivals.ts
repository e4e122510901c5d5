import { addressOfId } from '../../../src/core/contact-address.js';
import type { Customers } from '../model/customers.js';
import type { Directory } from '../model/directory.js';
import type { Events } from '../model/events.js';
import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';
import type { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import { type Scenario, START_AT } from '../scenario.js';
import type { Servers } from '../server/servers.js';
import { keep } from './shared-store.js';

export interface FleetArrivalsParts {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly customers: Customers;
  readonly directory: Directory;
  readonly servers: Servers;
  readonly observedByAny: ExpectedKnowledge;
  readonly events: Events;
  /** For when Bird shows a message, and for what the platform does. */
  readonly surroundings: Random;
  readonly platform: Random;
  readonly count: (name: string) => void;
}

/** What customers write, and what becomes of it before a process observes it. */
export class FleetArrivals {
  readonly #parts: FleetArrivalsParts;
  readonly #lastWriters: number[] = [];

  constructor(parts: FleetArrivalsParts) {
    this.#parts = parts;
  }

  inbound(customer: number, at: number): void {
    const { scenario, customers, events, surroundings, platform } = this.#parts;
    const { knowledge, readLagMs, isWarm } = scenario;
    const isEarlier = at < START_AT;
    customers.write(customer, at, isEarlier ? at : at + surroundings.between(0, readLagMs));
    if (!isEarlier && platform.chance(0.03)) this.#closeEarly(customer, at);
    if (this.#lastWriters.push(customer) > 1_000) this.#lastWriters.splice(0, 500);
    if (knowledge === 'lookups' || (isEarlier && !isWarm)) return;
    if (isEarlier) this.#keep(customer, at);
    else events.inbound(customer, at);
  }

  /** Somebody who wrote not long ago. */
  someWriter(): number {
    return this.#parts.surroundings.pick(this.#lastWriters);
  }

  /** What processes observed before the simulation is on the server. */
  #keep(customer: number, at: number): void {
    const { directory, servers, observedByAny } = this.#parts;
    const workspaceId = directory.workspaceId(customer);
    const channelId = directory.channelId(customer);
    const byAddress = { workspaceId, channelId, address: directory.address(customer) };
    const byId = { ...byAddress, address: addressOfId(directory.contactId(customer)) };
    keep(servers.current, byAddress, { lastInboundAt: at }, at);
    keep(servers.current, byId, { contactWroteAt: at }, at);
    observedByAny.inbound(customer, at);
  }

  /** The platform closes a window before its time; Bird may or may not know. */
  #closeEarly(customer: number, at: number): void {
    const { timeline, customers, platform, count } = this.#parts;
    const closesAt = at + platform.spread(1, 600_000);
    const doesBirdKnow = platform.chance(0.5);
    timeline.at(closesAt, () => {
      count('window closed by the platform');
      customers.close(customer, closesAt, doesBirdKnow);
    });
  }
}
