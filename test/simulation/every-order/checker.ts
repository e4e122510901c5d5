import { type Limits, OneWindow, type Step } from './one-window.js';

export interface Coverage {
  /** Different situations that were reached, and the steps between them that were taken. */
  readonly states: number;
  readonly steps: number;
  /** Orders in which everything can happen, from the beginning to the end. */
  readonly orders: number;
  /** What went wrong, and the way on which it did. */
  readonly violations: readonly string[];
}

interface Situation {
  readonly path: readonly Step[];
  readonly enabled: readonly Step[];
  readonly next: string[];
}

/**
 * Tries every order of everything that may happen to one window. The real guard takes each step. Situations that cannot be
 * distinguished are continued once. A guard continues while there is a step that was not taken yet; then a fresh one is led
 * to the next situation that has such a step.
 */
export async function checkOneWindow(limits: Limits): Promise<Coverage> {
  const situations = new Map<string, Situation>();
  const violations: string[] = [];
  let steps = 0;
  const note = (window: OneWindow, path: readonly Step[]): string => {
    const state = window.state();
    if (!situations.has(state)) situations.set(state, { path, enabled: window.enabled(), next: [] });
    return state;
  };
  const goOnFrom = async (start: Situation): Promise<void> => {
    const window = await leadAlong(start.path, limits);
    const path = [...start.path];
    let here: Situation | undefined = start;
    for (let step = untried(here); here !== undefined && step !== undefined; step = untried(here)) {
      path.push(step);
      await window.take(step);
      steps += 1;
      const state = note(window, [...path]);
      here.next.push(state);
      here = situations.get(state);
    }
    for (const violation of window.violations) violations.push(`${violation}: ${path.join(', ')}`);
  };
  const first = note(await leadAlong([], limits), []);
  // A map goes on to what is added while it is walked.
  for (const situation of situations.values()) {
    while (untried(situation) !== undefined && violations.length === 0) await goOnFrom(situation);
  }
  return { states: situations.size, steps, orders: ordersFrom(first, situations, new Map()), violations };
}

async function leadAlong(path: readonly Step[], limits: Limits): Promise<OneWindow> {
  const window = await new OneWindow(limits).prime();
  for (const step of path) await window.take(step);
  return window;
}

function untried(situation: Situation | undefined): Step | undefined {
  return situation?.enabled[situation.next.length];
}

/** The same without going on from a situation once only: all orders, one by one, which few steps alone allow. */
export async function checkEveryOrder(limits: Limits): Promise<Pick<Coverage, 'orders' | 'violations'>> {
  const violations: string[] = [];
  let orders = 0;
  const goOn = async (path: readonly Step[]): Promise<void> => {
    const window = await leadAlong(path, limits);
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
