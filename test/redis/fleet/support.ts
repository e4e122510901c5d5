import type { RedisStore } from 'freeform-guard/redis';
import { FleetBudget } from '../../../src/lookup/reads/fleet-budget.js';
import { systemClock } from '../support.js';

export const limit: { readonly perSecond: number; readonly burst: number } = { perSecond: 40, burst: 10 };
export const PROCESSES = 4;

/** Reads as often as it may until then. */
export async function readOn(store: RedisStore, reads: number[], until: number): Promise<void> {
  const budget = new FleetBudget({ ...limit, clock: systemClock, fleet: store.fleet, workspaceId: 'w' });
  const readOne = async (): Promise<void> => {
    while (performance.now() < until) {
      await budget.take(Date.now() + 800).then(
        () => reads.push(performance.now()),
        () => new Promise((resolve) => setTimeout(resolve, 10)),
      );
    }
  };
  await Promise.all(Array.from({ length: 12 }, readOne));
}

export function busiestSecond(reads: readonly number[]): number {
  return Math.max(...reads.map((at) => reads.filter((other) => other > at - 1000 && other <= at).length));
}
