import { getHeapCodeStatistics } from 'node:v8';
import type { Sample } from './messages.js';

/**
 * What is in use after a forced collection of garbage. Compiled code stands by itself: V8 goes on to compile functions that
 * are rarely used for hours, which is no growth of what is kept.
 */
export async function sampleMemory(): Promise<Sample> {
  collectGarbage();
  // What a finalizer holds is free only afterwards.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  const { code_and_metadata_size: machineCode, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
  const codeBytes = machineCode + bytecode;
  return { heapBytes: heapUsed - codeBytes, codeBytes, residentBytes: rss };
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('Start it with --expose-gc');
  globalThis.gc();
}
