import type { Report } from './report.js';

/** The deadline and a margin. A stall of the event loop may add to it. */
const MAX_DECISION_MS = 850;
const MAX_PROPAGATION_MS = 50;
const MAX_RECOVERY_MS = 2_000;

/** What a run has broken; empty: all is as promised. */
export function broken(report: Report, hasFault: boolean): string[] {
  return [...wrong(report), ...(hasFault ? notRecovered(report) : notGood(report))];
}

/** Holds on any machine. */
export function wrong({ wrong, busiestSecond, refused, undecided }: Report): string[] {
  return [
    ...wrong.slice(0, 10),
    ...(busiestSecond > 50 ? [`${busiestSecond} reads in a second`] : []),
    ...(refused > 0 ? [`Bird refused ${refused} requests as too many`] : []),
    ...(undecided > 0 ? [`${undecided} sends were never decided`] : []),
  ];
}

function notGood({ readsPerThousand, propagation, longestMs, stallMs }: Report): string[] {
  return [
    ...(readsPerThousand > 60 ? [`${readsPerThousand.toFixed(1)} reads per 1,000 sends`] : []),
    ...(propagation.p99Ms > MAX_PROPAGATION_MS ? [`propagation took ${propagation.p99Ms.toFixed(1)} ms at p99`] : []),
    ...(longestMs - stallMs > MAX_DECISION_MS ? [`a decision took ${longestMs.toFixed(0)} ms`] : []),
  ];
}

function notRecovered({ recoveryMs, unknown, longestMs, stallMs }: Report): string[] {
  return [
    ...(recoveryMs === undefined || recoveryMs > MAX_RECOVERY_MS
      ? [`propagation fast again after ${recoveryMs} ms`]
      : []),
    ...(unknown.after > unknown.before + 1 ? [`${unknown.after.toFixed(2)} % unknown 2 s after the fault`] : []),
    ...(longestMs - stallMs > MAX_DECISION_MS ? [`a decision took ${longestMs.toFixed(0)} ms`] : []),
  ];
}
