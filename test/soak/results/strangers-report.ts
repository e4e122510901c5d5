import { FILLING, type StrangersResult } from '../strangers.js';
import { type Growth, growthOf } from './heap.js';

/** A window takes 210 bytes, and 290 with an id. The rest is what every process has. */
const MAX_BYTES_EACH = 1_500;
const MAX_FIXED_BYTES = 12 * 1024 * 1024;
/** From its middle on nothing grows. */
const MAX_GROWTH = 0.01;

/** What the strangers have broken; empty: all is as promised. */
export function brokenByStrangers(result: StrangersResult): string[] {
  const { count, done, redis, hasEnded } = result;
  const { addedBytes, late } = memoryOf(result);
  const maxBytes = MAX_FIXED_BYTES + MAX_BYTES_EACH * Math.min(count, 40_000);
  return [
    ...(addedBytes > maxBytes ? [`strangers added ${mib(addedBytes)} to the heap, more than ${mib(maxBytes)}`] : []),
    ...(count >= FILLING && late.share > MAX_GROWTH
      ? [`after half of the strangers the heap grew by ${percent(late)}`]
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
  const { addedBytes, maxHeapBytes, late } = memoryOf(result);
  console.log(`\n${count} strangers in ${done.seconds.toFixed(0)} s, with room for ${max} windows.`);
  console.log(`Those who were written to: ${listed(done.outcomes)}.`);
  console.log(
    `Sends to known open windows meanwhile: ${done.knownAsked}, not allowed: ${done.knownUnknown}. Longest stall ${done.stallMs.toFixed(0)} ms.`,
  );
  console.log(`Heap: ${mib(...met.map(({ heapBytes }) => heapBytes))}.`);
  const kept = met.flatMap(({ keptBytes }) => (keptBytes === undefined ? [] : [keptBytes]));
  if (kept.length > 0) console.log(`Of which what is kept, without what V8 adds: ${mib(...kept)}.`);
  console.log(`Compiled code: ${mib(met[0]?.codeBytes ?? 0)} at first, ${mib(met.at(-1)?.codeBytes ?? 0)} at last.`);
  console.log(
    `At most ${mib(maxHeapBytes)}, ${mib(addedBytes)} more than at the start: ${(addedBytes / count).toFixed(0)} bytes for each stranger. Second half: ${percent(late)}.`,
  );
  if (redis === undefined) return;
  const { before, after } = redis;
  const usedBytes = after.usedBytes - before.usedBytes;
  console.log(
    `Redis: ${after.keys} keys, ${mib(usedBytes)} more: ${(usedBytes / count).toFixed(0)} bytes for each stranger. The longest life is ${(after.maxLifeMs / 86_400_000).toFixed(1)} days.`,
  );
}

function memoryOf({ met, count }: StrangersResult): { addedBytes: number; maxHeapBytes: number; late: Growth } {
  const maxHeapBytes = Math.max(...met.map(({ heapBytes }) => heapBytes));
  const second = met.filter((one) => one.count >= count / 4);
  const late = growthOf(second.map((one) => ({ at: one.count, bytes: one.keptBytes ?? one.heapBytes })));
  return { addedBytes: maxHeapBytes - (met[0]?.heapBytes ?? 0), maxHeapBytes, late };
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function mib(...sizes: readonly number[]): string {
  return `${sizes.map((bytes) => (bytes / 1024 / 1024).toFixed(1)).join(', ')} MiB`;
}

function percent({ bytesPerRun, share }: Growth): string {
  return `${(bytesPerRun / 1024).toFixed(0)} KiB, ${(100 * share).toFixed(2)} %`;
}
