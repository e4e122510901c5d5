import type { Outage } from './faults/read-faults.js';
import type { TrafficOptions } from './model/traffic.js';
import type { Slice } from './report.js';
import type { SystemParts, SystemUnderTest } from './systems/systems-under-test.js';

/** What the guard gets to know of the customers' messages: nothing, Bird's events, or also what the application has seen. */
export type Knowledge = 'lookups' | 'webhooks' | 'observed';

export interface Scenario {
  readonly seed: number;
  readonly traffic: TrafficOptions;
  readonly customers: number;
  readonly workspaces: number;
  readonly knowledge: Knowledge;
  /** The longest time for which Bird's reads do not show an inbound, in ms. */
  readonly readLagMs: number;
  /** The system knows what was written in the three days before. */
  readonly isWarm: boolean;
  /** Everything goes wrong that can: reads, events, clocks, keys, the process. */
  readonly hasFaults: boolean;
  readonly slices?: readonly Slice[] | undefined;
  readonly outages?: readonly Outage[] | undefined;
  readonly system?: ((parts: SystemParts) => SystemUnderTest) | undefined;
}

export const START_AT: number = Date.UTC(2026, 0, 5, 9);

/** How wrong the guard's idea of Bird's time may be where clocks are: `docs/correctness.md`. */
export const CLOCK_BOUND_MS: number = 5_000;
