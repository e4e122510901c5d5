import type { Exchange } from '../model/network.js';
import { Deck, type Random } from '../model/random.js';
import { type Fault, type FaultSource, lastingFaults, passingFaults } from './answer-faults.js';

/** How many other faults come between two that stop all reads. */
const PASSING_PER_LASTING = 30;

export interface Outage {
  readonly from: number;
  readonly to: number;
  /** Only this workspace's reads; `undefined`: all. */
  readonly workspaceId?: string | undefined;
  readonly fault: Fault;
}

export interface ReadFaultsOptions {
  readonly random: Random;
  /** The share of requests that meet a fault. */
  readonly faulty: number;
  readonly outages?: readonly Outage[] | undefined;
}

/** Faults at random, each as often as the others, and outages in which every read meets the same fault. */
export class ReadFaults implements FaultSource {
  /** How often each fault was met. */
  readonly met: Map<string, number> = new Map();
  readonly #options: ReadFaultsOptions;
  readonly #passing: Deck<Fault>;
  readonly #lasting: Deck<Fault>;
  #untilLasting = PASSING_PER_LASTING;

  constructor(options: ReadFaultsOptions) {
    this.#options = options;
    this.#passing = new Deck(passingFaults, options.random);
    this.#lasting = new Deck(lastingFaults, options.random);
  }

  of(exchange: Exchange, now: number): Fault | undefined {
    const fault = this.#outage(exchange, now)?.fault ?? this.#byChance();
    if (fault !== undefined) this.met.set(fault.name, (this.met.get(fault.name) ?? 0) + 1);
    return fault;
  }

  #outage({ kind, workspaceId }: Exchange, now: number): Outage | undefined {
    if (kind === 'search') return undefined;
    const isAffected = (outage: Outage): boolean => (outage.workspaceId ?? workspaceId) === workspaceId;
    return this.#options.outages?.find((outage) => now >= outage.from && now < outage.to && isAffected(outage));
  }

  #byChance(): Fault | undefined {
    const { random, faulty } = this.#options;
    if (!random.chance(faulty)) return undefined;
    this.#untilLasting -= 1;
    if (this.#untilLasting > 0) return this.#passing.draw();
    this.#untilLasting = PASSING_PER_LASTING;
    return this.#lasting.draw();
  }
}

/** Every fault that a bad day must meet. */
export const allFaults: readonly string[] = [...passingFaults, ...lastingFaults].map(({ name }) => name);
