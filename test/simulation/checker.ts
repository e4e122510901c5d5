import { type Limits, OneWindow, type Step } from './one-window.js';

export interface Coverage {
  /** Different situations that were reached, and the steps between them that were taken. */
  readonly states: number;
  readonly steps: number;
  /** Orders in which everything can happen, from the beginning to the end. */
  readonly orders: number;
  /** What went wrong, with a shortest way to it. */
  readonly violations: readonly string[];
}

interface Situation {
  readonly path: readonly Step[];
  readonly enabled: readonly Step[];
  readonly next: string[];
}

/**
 * Tries every order of everything that may happen to one window. Each step is taken by the real guard, from a fresh
 * one that is led along a way to the situation; situations that cannot be told apart are gone on from once.
 */
export async function checkOneWindow(limits: Limits): Promise<Coverage> {
  const situations = new Map<string, Situation>();
  const violations: string[] = [];
  let steps = 0;
  const reach = async (path: readonly Step[]): Promise<string> => {
    const window = await new OneWindow(limits).prime();
    for (const step of path) await window.take(step);
    const state = window.state();
    for (const violation of window.violations) violations.push(`${violation}: ${path.join(', ')}`);
    if (!situations.has(state)) situations.set(state, { path, enabled: window.enabled(), next: [] });
    return state;
  };
  const first = await reach([]);
  // A map goes on to what is added while it is walked, so this is breadth first.
  for (const { path, enabled, next } of situations.values()) {
    for (const step of enabled) {
      next.push(await reach([...path, step]));
      steps += 1;
    }
    if (violations.length > 0) break;
  }
  return { states: situations.size, steps, orders: ordersFrom(first, situations, new Map()), violations };
}

/** The same without going on from a situation once only: all orders, one by one, which few steps alone allow. */
export async function checkEveryOrder(limits: Limits): Promise<Pick<Coverage, 'orders' | 'violations'>> {
  const violations: string[] = [];
  let orders = 0;
  const goOn = async (path: readonly Step[]): Promise<void> => {
    const window = await new OneWindow(limits).prime();
    for (const step of path) await window.take(step);
    for (const violation of window.violations) violations.push(`${violation}: ${path.join(', ')}`);
    const enabled = window.enabled();
    if (enabled.length === 0) orders += 1;
    for (const step of enabled) await goOn([...path, step]);
  };
  await goOn([]);
  return { orders, violations };
}

/** Every step happens a limited number of times, so that no way comes back to where it was. */
function ordersFrom(state: string, situations: ReadonlyMap<string, Situation>, known: Map<string, number>): number {
  const already = known.get(state);
  if (already !== undefined) return already;
  const next = situations.get(state)?.next ?? [];
  const orders = next.length === 0 ? 1 : next.reduce((sum, one) => sum + ordersFrom(one, situations, known), 0);
  known.set(state, orders);
  return orders;
}
