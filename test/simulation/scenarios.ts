import { passingFaults } from './faults/answer-faults.js';
import type { Slice } from './report.js';
import { type Knowledge, type Scenario, START_AT } from './scenario.js';

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;
const HOUR: number = 60 * MINUTE;

/** 95 % replies, 4 % follow-ups, 1 % to people who never wrote. */
const mix = { followUps: 0.04, coldSends: 0.01 } as const;

/** Of the follow-ups, how many come after the window has closed: one in four, or, to see the worst, all of them. */
export const followUps = { usual: 0.25, late: 1 } as const;

export interface SteadyOptions {
  readonly seed: number;
  readonly knowledge: Knowledge;
  readonly minutes: number;
  readonly mix?: keyof typeof followUps | undefined;
  readonly system?: Scenario['system'];
}

/** One workspace with 500 sends a second, as many as Bird allows, on a good day. */
export function steady({ seed, knowledge, minutes, mix: kind = 'usual', system }: SteadyOptions): Scenario {
  return {
    seed,
    knowledge,
    isWarm: true,
    hasFaults: false,
    workspaces: 1,
    customers: 50_000 + 40_000 * Math.ceil(minutes),
    readLagMs: SECOND / 2,
    system,
    traffic: {
      ...mix,
      lateFollowUps: followUps[kind],
      shifts: [{ from: START_AT, to: START_AT + minutes * MINUTE }],
      sendsPerSecond: 500,
      earlierCustomers: Math.round(Math.min(20_000, 60_000 * minutes) + 30_000 * minutes),
      // A second each for the days of the tests; the figures in docs/ are of longer ones.
      withUnanswered: minutes >= 1,
    },
  };
}

export interface OutageOptions extends Omit<SteadyOptions, 'minutes'> {
  /** Default 5. */
  readonly outageMinutes?: number | undefined;
}

/** The same, but Bird's reads fail for some minutes, with half a minute before and after them, or less for a short one. */
export function outage({ outageMinutes = 5, ...options }: OutageOptions, faultName: string): Scenario {
  const fault = passingFaults.find(({ name }) => name === faultName);
  if (fault === undefined) throw new RangeError(`there is no fault ${faultName}`);
  const marginMinutes = Math.min(1, outageMinutes) / 2;
  const from = START_AT + marginMinutes * MINUTE;
  const to = from + outageMinutes * MINUTE;
  const slices = [
    { name: 'outage', from, to },
    { name: 'breaker open', from: from + 10 * SECOND, to },
    { name: 'healed', from: to, to: to + marginMinutes * MINUTE },
  ];
  return {
    ...steady({ ...options, minutes: outageMinutes + 2 * marginMinutes }),
    outages: [{ from, to, fault }],
    slices,
  };
}

/** The same, but the guard has just been started and knows nothing. */
export function coldStart(options: SteadyOptions): Scenario {
  const slices: Slice[] = Array.from({ length: options.minutes }, (_, minute) => ({
    name: `minute ${minute + 1}`,
    from: START_AT + minute * MINUTE,
    to: START_AT + (minute + 1) * MINUTE,
  }));
  return { ...steady(options), isWarm: false, slices };
}

/** When people write on bad days, in hours from the start: windows end in later shifts, and in the quiet between. */
const hoursOfShifts: readonly number[] = [0, 5, 24, 29, 48];

/** Days on which everything goes wrong that can, with at least this number of decisions. */
export function badDays(seed: number, decisions: number, system?: Scenario['system']): Scenario {
  const sendsPerSecond = [60, 150, 400][seed % 3] ?? 150;
  const lengthMs = Math.ceil((decisions / sendsPerSecond / hoursOfShifts.length) * SECOND);
  return {
    seed,
    knowledge: (['lookups', 'webhooks', 'observed'] as const)[Math.floor(seed / 3) % 3] ?? 'lookups',
    isWarm: seed % 4 !== 0,
    hasFaults: true,
    workspaces: 2,
    customers: 30_000 + decisions,
    readLagMs: [0, 500, 5_000][Math.floor(seed / 9) % 3] ?? 0,
    system,
    traffic: {
      ...mix,
      lateFollowUps: 0.5,
      shifts: hoursOfShifts.map((hour) => ({ from: START_AT + hour * HOUR, to: START_AT + hour * HOUR + lengthMs })),
      sendsPerSecond,
      earlierCustomers: 20_000,
    },
  };
}

/**
 * The same days for four processes, with longer shifts: what happens between them takes its time.
 *
 * @param hours when the shifts begin, from the start
 */
export function badDaysOfFleet(seed: number, decisions: number, hours: readonly number[] = hoursOfShifts): Scenario {
  const sendsPerSecond = [8, 16, 32][seed % 3] ?? 16;
  const lengthMs = Math.ceil((decisions / sendsPerSecond / hours.length) * SECOND);
  const scenario = badDays(seed, decisions);
  const shifts = hours.map((hour) => ({ from: START_AT + hour * HOUR, to: START_AT + hour * HOUR + lengthMs }));
  return {
    ...scenario,
    customers: 12_000 + decisions,
    traffic: { ...scenario.traffic, shifts, sendsPerSecond, earlierCustomers: 3_000 },
  };
}
