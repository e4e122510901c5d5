import { memoryStore, type Outcome } from 'freeform-guard';
import type { Fault, RequestKind, Sandbox } from 'freeform-guard/sandbox';
import * as whole from '../support/world.js';

export const SECOND = 1000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** A world whose guard has a small store: laying out the default one would take most of the tests' time. */
export function createWorld(options: whole.WorldOptions = {}): Promise<whole.World> {
  return whole.createWorld({ ...options, guard: { store: memoryStore({ max: 1000 }), ...options.guard } });
}

/** A workspace, channel or contact that nobody has. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/** How many requests of a kind Bird has had. */
export function countOf(sandbox: Sandbox, kind: RequestKind): number {
  return sandbox.requests().filter((request) => request.kind === kind).length;
}

/** What happened to each of these: `verdict reason`, counted. */
export function tally(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { decision } of outcomes) {
    const name = `${decision.verdict} ${decision.reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Requests as they reach Bird, one after the other. */
export interface Arrivals<T> {
  /** Settles when the next request has arrived that no earlier call has seen. */
  next(): Promise<T>;
}

/** Every request of a kind gets this fault; the test is told when it arrives. */
export function faultOn(sandbox: Sandbox, kind: RequestKind, fault: Fault | undefined): Arrivals<void> {
  return hookOn(sandbox, kind, () => ({ fault, told: undefined }));
}

/** Answers of a kind are computed when the request arrives, and come only when the test lets them go. */
export function holdAnswers(sandbox: Sandbox, kind: RequestKind): Arrivals<() => void> {
  return hookOn(sandbox, kind, () => {
    const { promise, resolve } = deferred<void>();
    return { fault: { holdUntil: promise }, told: resolve };
  });
}

interface Hooked<T> {
  readonly fault: Fault | undefined;
  readonly told: T;
}

function hookOn<T>(sandbox: Sandbox, kind: RequestKind, hook: () => Hooked<T>): Arrivals<T> {
  const arrived: T[] = [];
  const waiting: ((told: T) => void)[] = [];
  sandbox.setFault((request) => {
    if (request.kind !== kind) return undefined;
    const { fault, told } = hook();
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(told);
    else waiter(told);
    return fault;
  });
  return {
    next: () => {
      if (arrived.length > 0) return Promise.resolve(arrived.shift() as T);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything run that waits for nothing but the event loop. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
