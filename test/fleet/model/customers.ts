import type { Random } from '../../simulation/model/random.js';

export const WINDOW_MS = 86_400_000;
const HOUR = 3_600_000;

/** A customer, and when they wrote: the truth about the window. */
export interface Customer {
  readonly address: string;
  readonly contactId: string;
  /** Epoch ms, ascending. */
  readonly inbounds: number[];
}

/** Customers by when they wrote before the run, if ever. */
export type Group =
  /** Open, and observed by the fleet. */
  | 'open'
  /** Open, and observed by nobody. */
  | 'unobserved'
  /** Their windows close while the fleet runs. */
  | 'closing'
  | 'closed'
  /** They have never written. */
  | 'strangers'
  /** They write one after the other, while processes watch. */
  | 'probes';

export interface CustomersOptions {
  readonly random: Random;
  readonly startAt: number;
  readonly runMs: number;
  /** About how many, beside the probes. */
  readonly customers: number;
  readonly probes: number;
  readonly newContact: (address: string) => string;
}

/** All customers, by what is known of them at the start. */
export class Customers {
  readonly groups: Readonly<Record<Group, readonly Customer[]>>;

  constructor({ random, startAt, runMs, customers, probes, newContact }: CustomersOptions) {
    const ages: Record<Group, () => number | undefined> = {
      open: () => random.between(60_000, 23 * HOUR),
      unobserved: () => random.between(HOUR, 23 * HOUR),
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
      unobserved: group('unobserved', 0.02 * customers),
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
