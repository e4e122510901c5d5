import type { Knowledge, Scenario } from './simulate.js';
import { START_AT } from './simulate.js';

const SECOND = 1000;
const HOUR = 3_600_000;

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
    isFoul: false,
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

/** A run of which nothing may come out wrong, whatever goes wrong: days of it, with about so many decisions. */
export function foul(seed: number, decisions: number): Scenario {
  const sendsPerSecond = [60, 150, 400][seed % 3] ?? 150;
  const lengthMs = Math.ceil((decisions / sendsPerSecond / hoursOfShifts.length) * SECOND);
  return {
    seed,
    knowledge: (['lookups', 'webhooks', 'observed'] as const)[Math.floor(seed / 3) % 3] ?? 'lookups',
    isWarm: seed % 4 !== 0,
    isFoul: true,
    workspaces: 2,
    customers: 30_000 + decisions,
    readLagMs: [0, 500, 5_000][Math.floor(seed / 9) % 3] ?? 0,
    traffic: {
      followUps: 0.04,
      colds: 0.01,
      lateFollowUps: 0.5,
      shifts: hoursOfShifts.map((hour) => ({ from: START_AT + hour * HOUR, to: START_AT + hour * HOUR + lengthMs })),
      sendsPerSecond,
      earlierCustomers: 20_000,
    },
  };
}

/** When people write, in hours from the start: so that windows end in later shifts, and in the quiet between them. */
const hoursOfShifts: readonly number[] = [0, 5, 24, 29, 48];
