import type { Sample } from './messages.js';

/** What is in use after a forced collection of garbage. */
export async function sampleMemory(): Promise<Sample> {
  collectGarbage();
  // What a finalizer holds is free only afterwards.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, residentBytes: rss };
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('Start it with --expose-gc');
  globalThis.gc();
}
