import type { StrangersResult } from '../strangers.js';

/** A window takes 210 bytes, and 290 with an id. The rest is what every process has. */
const MAX_BYTES_EACH = 1_500;
const MAX_FIXED_BYTES = 12 * 1024 * 1024;
/** With so many, every cache with a limit of its own is full before the end. */
const FILLING = 150_000;
/**
 * In its second half no reading is higher than the highest of the first. A line through them says less: what is under way
 * at a reading makes it 2 MiB higher or lower.
 */
const MAX_GROWTH = 0.01;

/** What the strangers have broken; empty: all is as promised. */
export function brokenByStrangers(result: StrangersResult): string[] {
  const { count, done, redis, hasEnded } = result;
  const { addedBytes, lateGrowth } = memoryOf(result);
  const maxBytes = MAX_FIXED_BYTES + MAX_BYTES_EACH * Math.min(count, 40_000);
  return [
    ...(addedBytes > maxBytes ? [`strangers added ${mib(addedBytes)} to the heap, more than ${mib(maxBytes)}`] : []),
    ...(count >= FILLING && lateGrowth > MAX_GROWTH
      ? [`after half of the strangers the heap was ${percent(lateGrowth)} larger than before`]
      : []),
    ...(done.knownUnknown > 0
      ? [`${done.knownUnknown} of ${done.knownAsked} sends to open windows were not allowed`]
      : []),
    ...(hasEnded ? [] : ['the process did not end by itself']),
    ...(redis?.after.endless ?? []).map((kind) => `in Redis ${kind} would stay forever`),
  ];
}

export function printStrangers(result: StrangersResult): void {
  const { count, max, met, done, redis } = result;
  const { addedBytes, maxHeapBytes, lateGrowth } = memoryOf(result);
  console.log(`\n${count} strangers in ${done.seconds.toFixed(0)} s, with room for ${max} windows.`);
  console.log(`Those who were written to: ${listed(done.outcomes)}.`);
  console.log(
    `Sends to known open windows meanwhile: ${done.knownAsked}, not allowed: ${done.knownUnknown}. Longest stall ${done.stallMs.toFixed(0)} ms.`,
  );
  console.log(`Heap: ${met.map(({ heapBytes }) => (heapBytes / 1024 / 1024).toFixed(1)).join(', ')} MiB.`);
  console.log(
    `At most ${mib(maxHeapBytes)}, ${mib(addedBytes)} more than at the start: ${(addedBytes / count).toFixed(0)} bytes for each stranger. The highest of the second half beside that of the first: ${percent(lateGrowth)}.`,
  );
  if (redis === undefined) return;
  const { before, after } = redis;
  const usedBytes = after.usedBytes - before.usedBytes;
  console.log(
    `Redis: ${after.keys} keys, ${mib(usedBytes)} more: ${(usedBytes / count).toFixed(0)} bytes for each stranger. The longest life is ${(after.maxLifeMs / 86_400_000).toFixed(1)} days.`,
  );
}

function memoryOf({ met, count }: StrangersResult): {
  readonly addedBytes: number;
  readonly maxHeapBytes: number;
  readonly lateGrowth: number;
} {
  const highest = (half: StrangersResult['met']): number => Math.max(...half.map(({ heapBytes }) => heapBytes));
  const early = highest(met.filter((one) => one.count <= count / 2));
  const late = highest(met.filter((one) => one.count > count / 2));
  const maxHeapBytes = Math.max(early, late);
  return { addedBytes: maxHeapBytes - (met[0]?.heapBytes ?? 0), maxHeapBytes, lateGrowth: late / early - 1 };
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function percent(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(2)} %`;
}
