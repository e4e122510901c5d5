import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { leftBehind } from './processes/left-behind.js';
import { growthOf } from './results/heap.js';
import { keptBytes } from './results/kept-bytes.js';

const MIB = 1024 * 1024;
const readings = (bytesAt: (second: number) => number): { at: number; bytes: number }[] =>
  Array.from({ length: 60 }, (_, index) => ({ at: 10 * index, bytes: bytesAt(10 * index) }));

it('a heap that grows by 1 % over the run is told from one that swings, and what happens in the first third does not count', () => {
  const swing = (second: number): number => (second % 20 === 0 ? MIB / 10 : 0);
  const start = (second: number): number => (second < 190 ? second * 100_000 : 0);
  expect(Math.abs(growthOf(readings((second) => 20 * MIB + swing(second) + start(second))).share)).toBeLessThan(0.002);
  const growing = growthOf(readings((second) => 20 * MIB + (second / 590) * 0.2 * MIB + start(second)));
  expect(growing.bytesPerRun / MIB).toBeCloseTo(0.2, 3);
  expect(growing.share).toBeCloseTo(0.01, 3);
});

it('too few samples are an error, and no growth of none', () => {
  expect(() => growthOf([{ at: 0, bytes: 1 }])).toThrow(RangeError);
});

it('only what there is more of than before is left behind', () => {
  expect(leftBehind({ one: 1, two: 2 }, { one: 1, two: 3, three: 1 })).toEqual(['1 x two', '1 x three']);
});

it('what is kept is told from the table of a Map, whose size V8 chooses', () => {
  const directory = mkdtempSync(join(tmpdir(), 'soak-heap-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const bytesWith = (name: string, kept: string): number => {
    const path = join(directory, `${name}.heapsnapshot`);
    const program = `const numbers = Array.from({ length: 10_000 }, (_, index) => index);
      globalThis.kept = ${kept};
      require('node:v8').writeHeapSnapshot(${JSON.stringify(path)})`;
    execFileSync(process.execPath, ['-e', program]);
    return keptBytes(path);
  };
  const nothing = bytesWith('nothing', 'numbers');
  // Its table has 460 kB.
  expect(bytesWith('map', 'new Map(numbers.map((number) => [number, number]))') - nothing).toBeLessThan(10_000);
  // An object of one field, and the text in it.
  const objects = bytesWith('objects', 'numbers.map((number) => ({ text: String(number).padStart(8) }))') - nothing;
  expect(objects / 10_000).toBeGreaterThan(40);
});
