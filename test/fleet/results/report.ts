import type { Fault } from '../faults.js';
import type { Rig } from '../processes/rig.js';
import type { Probe } from './propagation-probe.js';
import type { Phase, Tally } from './tally.js';

/** When what was measured began and ended, epoch ms. */
export interface Timeline {
  readonly from: number;
  readonly faultFrom: number;
  readonly faultTo: number;
  readonly to: number;
}

export interface Report {
  readonly name: string;
  readonly sends: number;
  readonly sendsPerSecond: number;
  readonly wrongBlocks: number;
  readonly wrongAllows: number;
  readonly atTheEdge: number;
  /** Shares of the sends in percent; without a fault only before. */
  readonly unknown: { readonly before: number; readonly during: number; readonly after: number };
  readonly reasons: string;
  readonly reads: number;
  readonly readsPerThousand: number;
  readonly busiestSecond: number;
  /** Requests that Bird refused as too many, searches among them. */
  readonly refused: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  readonly undecided: number;
  /** How long until a message that one process observed opened the window in another, apart from the fault. */
  readonly propagation: {
    readonly count: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** From the end of the fault until propagation was as fast as before; `undefined`: it never was. */
  readonly recoveryMs: number | undefined;
  /** The longest stall of a guard process's event loop: a delay of that length is the machine's. */
  readonly stallMs: number;
  readonly wrong: readonly string[];
}

export interface ReportParts {
  readonly name: string;
  readonly fault?: Fault | undefined;
  readonly tally: Tally;
  readonly timeline: Timeline;
  readonly rig: Rig;
  readonly probes: readonly Probe[];
  readonly stallMs: number;
}

/** Propagation within this is as fast as before. */
const MAX_PROPAGATION_MS = 50;
/** After this, everything has to be as before. */
export const RECOVERY_MS = 2_000;

export function toReport({ name, fault, tally, timeline, rig, probes, stallMs }: ReportParts): Report {
  const { from, faultFrom, faultTo, to } = timeline;
  const phases = ['before', 'fault', 'recovery', 'after'] as const;
  const sends = phases.reduce((sum, phase) => sum + tally.count(`${phase} sends`), 0);
  const share = (...those: Phase[]): number => {
    const count = (name: 'unknown' | 'sends'): number =>
      those.reduce((sum, at) => sum + tally.count(`${at} ${name}`), 0);
    return (100 * count('unknown')) / Math.max(1, count('sends'));
  };
  const startedAt = from - Date.now() + performance.now();
  const reads = rig.bird.reads.filter((at) => at >= startedAt).length;
  const quiet = probes.filter(
    ({ at }) => (at >= from && at < faultFrom - MAX_PROPAGATION_MS) || (at > faultTo + RECOVERY_MS && at < to),
  );
  const recovered = probes.find(({ at, delaysMs, isComplete }) => {
    return at >= faultTo && isComplete && Math.max(...delaysMs) <= MAX_PROPAGATION_MS;
  });
  return {
    name,
    sends,
    sendsPerSecond: (1000 * sends) / (to - from),
    wrongBlocks: tally.count('wrong block') + tally.count('unproved block'),
    wrongAllows: tally.count('wrong allow'),
    atTheEdge: tally.count('at the edge'),
    unknown: { before: share('before'), during: share('fault', 'recovery'), after: share('after') },
    reasons: tally.reasons,
    reads,
    readsPerThousand: (1000 * reads) / Math.max(1, sends),
    busiestSecond: busiestSecond(rig.bird.reads),
    refused: rig.bird.refused(),
    p99Ms: quantile(tally.tookMs, 0.99),
    longestMs: quantile(tally.tookMs, 1),
    undecided: tally.open,
    propagation: propagationOf(quiet),
    recoveryMs: fault === undefined || recovered === undefined ? undefined : recovered.at - faultTo,
    stallMs,
    wrong: tally.wrong,
  };
}

function propagationOf(probes: readonly Probe[]): Report['propagation'] {
  // What never arrived took infinitely long.
  const all = probes.flatMap(({ delaysMs, isComplete }) =>
    isComplete ? delaysMs : [...delaysMs, Number.POSITIVE_INFINITY],
  );
  return { count: all.length, p50Ms: quantile(all, 0.5), p99Ms: quantile(all, 0.99), maxMs: quantile(all, 1) };
}

/** The most in any second that ends with one of them; ascending. */
function busiestSecond(instants: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of instants.entries()) {
    while ((instants[first] ?? at) <= at - 1000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
