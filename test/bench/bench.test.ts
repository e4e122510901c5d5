import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { codeBlocks, projectRoot, readProjectFile, tableRows } from '../docs/markdown.js';

interface Figure {
  readonly value: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}
interface Bars {
  readonly bars: readonly { readonly what: string; readonly atMost?: number; readonly atLeast?: number }[];
  judge(bar: { readonly atMost?: number; readonly atLeast?: number }, value: number): string;
}
interface Rounds {
  interleave(
    candidates: readonly { readonly name: string }[],
    measure: (candidate: { readonly name: string }) => number,
    plan: { readonly rounds: number; readonly warmUps?: number },
  ): Promise<Record<string, number[]>>;
}
interface Statistics {
  ratioOf(samples: readonly number[], base: readonly number[]): Figure;
  differenceOf(samples: readonly number[], base: readonly number[]): Figure;
}

// The bench is JavaScript, which a checked import would need declarations for.
const load = (name: string): Promise<unknown> => import(`../../bench/${name}.mjs`);
const { bars, judge } = (await load('bars')) as Bars;
const { interleave } = (await load('rounds')) as Rounds;
const { ratioOf, differenceOf } = (await load('statistics')) as Statistics;

it('shows in docs/performance.md exactly the figures that have a bar, with these bars', () => {
  const [documented = ''] = codeBlocks(readProjectFile('docs/performance.md'), 'text');
  const rows = tableRows(documented.slice(documented.indexOf('| figure '))).map(([what, bar]) => [what, bar]);
  const limit = (bar: Bars['bars'][number]): string =>
    bar.atMost === undefined ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`;
  expect(rows).toEqual(bars.map((bar) => [bar.what, limit(bar)]));
});

it.each([
  [{ atMost: 5 }, 4.9, 'holds'],
  [{ atMost: 5 }, 5, 'holds'],
  [{ atMost: 5 }, 5.1, 'within 20 %'],
  [{ atMost: 5 }, 6, 'within 20 %'],
  [{ atMost: 5 }, 6.1, 'missed'],
  [{ atMost: 0 }, 1, 'missed'],
  [{ atLeast: 10 }, 10, 'holds'],
  [{ atLeast: 10 }, 9.9, 'within 20 %'],
  [{ atLeast: 10 }, 8, 'within 20 %'],
  [{ atLeast: 10 }, 7.9, 'missed'],
  [{ atMost: 5 }, Number.NaN, 'missed'],
])('judges %j with %d: %s', (bar, value, verdict) => {
  expect(judge(bar, value)).toBe(verdict);
});

describe('interleaved rounds', () => {
  const candidates = ['a', 'b', 'c'].map((name) => ({ name }));

  it('take a sample of each candidate, and none of the rounds that warm up', async () => {
    let calls = 0;
    const samples = await interleave(candidates, () => calls++, { rounds: 4, warmUps: 2 });
    expect(Object.values(samples).map(({ length }) => length)).toEqual([4, 4, 4]);
    expect(Math.min(...Object.values(samples).flat())).toBe(6);
    expect(calls).toBe(18);
  });

  it('let each candidate begin, and end, equally often', async () => {
    const order: string[] = [];
    await interleave(candidates, ({ name }) => order.push(name), { rounds: 6, warmUps: 0 });
    const firsts = order.filter((_, index) => index % 3 === 0);
    const lasts = order.filter((_, index) => index % 3 === 2);
    expect(firsts.toSorted().join('')).toBe('aabbcc');
    expect(lasts.toSorted().join('')).toBe('aabbcc');
  });
});

it('compares minima, and shows where the middle half of the rounds lies', () => {
  const base = [10, 10, 20, 10, 10];
  expect(ratioOf([20, 30, 40, 50, 60], base)).toEqual({ value: 2, median: 3, low: 2, high: 5 });
  expect(differenceOf([20, 30, 40, 50, 60], base)).toEqual({ value: 10, median: 20, low: 20, high: 40 });
});

it('prints finite figures in a smoke test, and does not judge them', async () => {
  const output = await run('--smoke', '--only', 'decision');
  const cells = tableRows(output).flatMap(([, ...figures]) => figures);
  expect(cells.length).toBeGreaterThan(20);
  expect(output).not.toMatch(/NaN|Infinity|undefined/);
});

it('compares another build instead of judging', async () => {
  const output = await run('--smoke', '--only', 'decision', '--against', '.');
  const verdicts = tableRows(output.slice(output.indexOf('\n| minimum '))).map((cells) => cells.at(-1));
  expect(verdicts).toEqual([expect.stringMatching(/^(?:not )?more$/), expect.stringMatching(/^(?:not )?more$/)]);
  expect(output).not.toContain('at most');
});

it('rejects a section that does not exist, and a folder that is not a build', async () => {
  await expect(run('--only', 'speed')).rejects.toThrow('--only speed is not a valid section; valid sections are hit-');
  await expect(run('--against', 'docs')).rejects.toThrow('docs is not a build of freeform-guard');
});

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.mjs', ...args], { cwd: projectRoot });
  return stdout;
}
