import type { ServiceResult, SoakResult } from '../soak.js';
import { growthOf, MIN_READINGS } from './heap.js';

/** A service of long standing must not grow by more than this share of its heap. */
const MAX_GROWTH = 0.01;
/** While code is still compiled and caches are filled, more is normal. */
const MAX_GROWTH_OF_SHORT_RUN = 0.25;
/** What a timer may be late. A stall of the event loop may add to it. */
const MAX_LATENESS_MS = 500;

/** What a run has broken; empty: all is as promised. */
export function broken(result: SoakResult): string[] {
  const { unanswered, mistakes, eventAnswers, redis, streams, happened } = result;
  const refused = Object.entries(eventAnswers).filter(([status]) => !/^2\d\d$/.test(status));
  return [
    ...mistakes,
    ...(unanswered > 0 ? [`${unanswered} requests have no answer`] : []),
    ...refused.map(([status, count]) => `${count} events were answered with ${status}`),
    ...(streams.open > 0 ? [`${streams.open} streams are still open`] : []),
    ...(streams.events === 0 ? ['no stream said anything'] : []),
    ...(happened.size === 0 ? ['no fault happened'] : []),
    ...(redis?.endless ?? []).map((kind) => `in Redis ${kind} would stay forever`),
    ...result.services.flatMap((service, index) =>
      ofService(service, result).map((text) => `process ${index}: ${text}`),
    ),
  ];
}

function ofService(service: ServiceResult, { isLong, closeTimeoutMs }: SoakResult): string[] {
  const { closed, totals, hasEnded, heap, logged, logFiles } = service;
  const growth = heap.length < MIN_READINGS ? undefined : growthOf(heap).share;
  const maxGrowth = isLong ? MAX_GROWTH : MAX_GROWTH_OF_SHORT_RUN;
  const decided = decisionsOf(service);
  return [
    ...totals.mistakes,
    ...(growth === undefined ? [`only ${heap.length} readings of its heap`] : []),
    ...(growth !== undefined && growth > maxGrowth ? [`its heap grew by ${percent(growth)} over the run`] : []),
    ...closed.leftBehind.map((what) => `left behind: ${what}`),
    ...(closed.inFlight === 0 ? ['nothing was under way when it was closed'] : []),
    ...(closed.tookMs - totals.stallMs > closeTimeoutMs + MAX_LATENESS_MS
      ? [`close() took ${closed.tookMs.toFixed(0)} ms`]
      : []),
    ...(hasEnded ? [] : ['it did not end by itself']),
    ...(logged === decided ? [] : [`${decided} decisions, and ${logged} in its log`]),
    ...(totals.decisionsMeasured === decided
      ? []
      : [`${decided} decisions, and ${totals.decisionsMeasured} in its metrics`]),
    ...(logFiles > 1 ? [] : ['its log was not rotated']),
  ];
}

function decisionsOf({ totals: { actions } }: ServiceResult): number {
  return Object.values(actions).reduce((sum, count) => sum + count, 0);
}

/** As it stands in the documentation. */
export function printReport(result: SoakResult): void {
  const { seconds, sent, answered, left, streams, redis } = result;
  console.log(
    `${sent} sends in ${seconds.toFixed(0)} s: ${(sent / seconds).toFixed(0)} a second. ${answered} answered, ${left} clients left.`,
  );
  console.log(`Decisions as the clients saw them: ${listed(result.verdicts)}.`);
  console.log(`Events, by answer: ${listed(Object.entries(result.eventAnswers))}.`);
  console.log(`Streams: ${streams.opened}, which said ${streams.events} states.`);
  console.log(`Faults: ${listed(result.happened)}.`);
  if (redis !== undefined) {
    const { keys, usedBytes, maxLifeMs } = redis;
    console.log(
      `Redis: ${keys} keys, ${mib(usedBytes)}, the longest life ${(maxLifeMs / 86_400_000).toFixed(1)} days.`,
    );
  }
  for (const [index, { heap }] of result.services.entries()) {
    const sizes = heap.map(({ bytes }) => (bytes / 1024 / 1024).toFixed(1));
    console.log(`Heap of process ${index}, MiB: ${sizes.join(' ')}`);
  }
  console.log(
    '\n| process | requests | decisions | requests to Bird | heap, mean | growth over the run | code, from and to | rss, max | longest stall | in flight at close() | close() took | left behind |',
  );
  console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [index, service] of result.services.entries()) console.log(`| ${rowOf(service, index).join(' | ')} |`);
}

function rowOf(service: ServiceResult, index: number): readonly (string | number)[] {
  const { totals, closed, heap, codeBytes, maxResidentBytes } = service;
  const growth = heap.length < MIN_READINGS ? undefined : growthOf(heap);
  return [
    index,
    totals.requests,
    decisionsOf(service),
    totals.lookups,
    growth === undefined ? '-' : mib(growth.meanBytes),
    growth === undefined ? '-' : `${(growth.bytesPerRun / 1024).toFixed(0)} KiB, ${percent(growth.share)}`,
    codeBytes.map(mib).join(' '),
    mib(maxResidentBytes),
    `${totals.stallMs.toFixed(0)} ms`,
    closed.inFlight,
    `${closed.tookMs.toFixed(0)} ms`,
    closed.leftBehind.length === 0 ? 'nothing' : closed.leftBehind.join('; '),
  ];
}

function listed(counts: Iterable<readonly [string, number]>): string {
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
