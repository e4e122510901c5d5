import type { Knowledge, Scenario } from './simulate.js';
import { START_AT } from './simulate.js';

const SECOND = 1000;

/** 95 % replies, 4 % follow-ups, 1 % to people who never wrote; a quarter of the follow-ups come after the window. */
export const usualMix = { followUps: 0.04, colds: 0.01, lateFollowUps: 0.25 } as const;

export interface SteadyOptions {
  readonly seed: number;
  readonly knowledge: Knowledge;
  readonly seconds: number;
  readonly isWarm?: boolean;
}

/** One workspace with 500 sends a second, as many as Bird allows, on a good day. */
export function steady({ seed, knowledge, seconds, isWarm = true }: SteadyOptions): Scenario {
  return {
    seed,
    knowledge,
    isWarm,
    workspaces: 1,
    customers: 150_000 + 200 * seconds,
    readLagMs: 1000,
    traffic: {
      ...usualMix,
      shifts: [{ from: START_AT, to: START_AT + seconds * SECOND }],
      sendsPerSecond: 500,
      earlierCustomers: 100_000,
    },
  };
}
