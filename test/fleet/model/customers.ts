import type { Random } from '../../simulation/model/random.js';

export const WINDOW_MS = 86_400_000;
const HOUR = 3_600_000;

/** A customer, and when he wrote: the truth about his window. */
export interface Customer {
  readonly address: string;
  readonly contactId: string;
  /** Epoch ms, ascending. */
  readonly inbounds: number[];
}

/** Those who wrote at some time, before anything is sent, or never. */
export type Group =
  /** Open, and the fleet was told. */
  | 'open'
  /** Open, and nobody was told. */
  | 'unheard'
  /** Their windows close while the fleet runs. */
  | 'closing'
  | 'closed'
  /** They have never written. */
  | 'strangers'
  /** One after the other of them writes while processes watch. */
  | 'probes';

export interface CrowdOptions {
  readonly random: Random;
  readonly startAt: number;
  readonly runMs: number;
  /** More or less, beside the probes. */
  readonly customers: number;
  readonly probes: number;
  readonly newContact: (address: string) => string;
}

/** All customers, by what is known of them at the start. */
export class Crowd {
  readonly groups: Readonly<Record<Group, readonly Customer[]>>;

  constructor({ random, startAt, runMs, customers, probes, newContact }: CrowdOptions) {
    const ages: Record<Group, () => number | undefined> = {
      open: () => random.between(60_000, 23 * HOUR),
      unheard: () => random.between(HOUR, 23 * HOUR),
      closing: () => WINDOW_MS - random.between(0, runMs),
      closed: () => random.between(WINDOW_MS + 60_000, 3 * WINDOW_MS),
      strangers: () => undefined,
      probes: () => undefined,
    };
    let count = 0;
    const customer = (age: number | undefined): Customer => {
      count += 1;
      const address = `+3161${String(1_000_000 + count)}`;
      return { address, contactId: newContact(address), inbounds: age === undefined ? [] : [startAt - age] };
    };
    const group = (name: Group, size: number): Customer[] => {
      return Array.from({ length: Math.ceil(size) }, () => customer(ages[name]()));
    };
    this.groups = {
      open: group('open', 0.3 * customers),
      unheard: group('unheard', 0.02 * customers),
      closing: group('closing', 0.05 * customers),
      closed: group('closed', 0.43 * customers),
      strangers: group('strangers', 0.2 * customers),
      probes: group('probes', probes),
    };
  }

  get all(): readonly Customer[] {
    return Object.values(this.groups).flat();
  }
}

/** Whether the window is open at every instant from one to the other. */
export function isOpenThroughout({ inbounds }: Customer, from: number, to: number): boolean {
  return inbounds.some((at) => at <= from && to < at + WINDOW_MS);
}

/** Whether it is open at some instant of these. */
export function isOpenWithin({ inbounds }: Customer, from: number, to: number): boolean {
  return inbounds.some((at) => at <= to && from < at + WINDOW_MS);
}
