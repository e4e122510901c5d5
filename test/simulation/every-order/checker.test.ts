import { expect, it } from 'vitest';
import { checkEveryOrder, checkOneWindow } from './checker.js';
import type { Limits } from './one-window.js';

/** How long a machine takes for all orders is no failure. */
const slow = { timeout: 60_000 };

/** What happens, how often at most, and the least number of situations that it must lead to. */
const trials: readonly (readonly [name: string, limits: Limits, states: number])[] = [
  [
    'four requests, a message that is shown late, and observed late and twice, a read that fails',
    { doesBirdKnow: true, arrive: 4, write: 1, show: 1, observe: 2, fail: 1 },
    300,
  ],
  [
    'four requests, a reset that Bird does not know of, observed late, and a message after it',
    {
      doesBirdKnow: false,
      arrive: 4,
      write: 1,
      show: 1,
      observe: 2,
      close: 1,
      refuse: 1,
      write2: 1,
      show2: 1,
      observe2: 1,
    },
    1_000,
  ],
  [
    'two requests, a reset that Bird knows of, and everything observed twice',
    {
      doesBirdKnow: true,
      arrive: 2,
      write: 1,
      show: 1,
      observe: 2,
      close: 1,
      refuse: 2,
      write2: 1,
      show2: 1,
      observe2: 2,
    },
    1_000,
  ],
];

it.each(trials)('one window, in every order: %s [U23]', slow, async (_, limits, states) => {
  const coverage = await checkOneWindow(limits);
  console.log(`${coverage.states} situations, ${coverage.steps} steps, ${coverage.orders} orders`);
  expect(coverage.violations).toEqual([]);
  expect(coverage.states).toBeGreaterThan(states);
});

it(
  'situations that are taken for the same go on in the same ways: as many orders are found by trying each',
  slow,
  async () => {
    const limits: Limits = { doesBirdKnow: false, arrive: 2, write: 1, show: 1, observe: 1, fail: 1 };
    const { orders, violations } = await checkEveryOrder(limits);
    expect(violations).toEqual([]);
    expect(orders).toBe((await checkOneWindow(limits)).orders);
    expect(orders).toBeGreaterThan(1_000);
  },
);
