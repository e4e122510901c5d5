import type { Report } from './report.js';

/** The deadline and a little. By what the event loop of its process stood still, a decision may be later. */
const LONGEST_DECISION_MS = 850;
const SOONEST_NEWS_MS = 50;
const LONGEST_RECOVERY_MS = 2_000;

/** What a run has broken; nothing: it is as promised. */
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

function notGood({ readsPerThousand, news, longestMs, stallMs }: Report): string[] {
  return [
    ...(readsPerThousand > 60 ? [`${readsPerThousand.toFixed(1)} reads per 1,000 sends`] : []),
    ...(news.p99Ms > SOONEST_NEWS_MS ? [`news took ${news.p99Ms.toFixed(1)} ms at p99`] : []),
    ...(longestMs - stallMs > LONGEST_DECISION_MS ? [`a decision took ${longestMs.toFixed(0)} ms`] : []),
  ];
}

function notRecovered({ recoveryMs, unknown, longestMs, stallMs }: Report): string[] {
  return [
    ...(recoveryMs === undefined || recoveryMs > LONGEST_RECOVERY_MS ? [`news soon again after ${recoveryMs} ms`] : []),
    ...(unknown.after > unknown.before + 1 ? [`${unknown.after.toFixed(2)} % unknown 2 s after the fault`] : []),
    ...(longestMs - stallMs > LONGEST_DECISION_MS ? [`a decision took ${longestMs.toFixed(0)} ms`] : []),
  ];
}
