import type { HookWatcher } from '../core/hook.js';
import { isPromiseLike } from '../core/promise-like.js';
import type { Logger } from '../ports.js';
import type { DecisionEvent, OutcomeAction } from './decision-event.js';
import type { DecisionListener } from './decisions.js';

/** Logs each decision: on `info` what is not sent as it is, or is unknown, and on `debug` the rest. */
export function loggingListener({ debug, info }: Logger): DecisionListener | undefined {
  if (debug === undefined && info === undefined) return undefined;
  return (event) => (isRemarkable(event) ? info : debug)?.({ ...event }, textOf(event));
}

function isRemarkable({ action, wouldBe = action, verdict }: DecisionEvent): boolean {
  return wouldBe !== 'send' || verdict === 'unknown';
}

const texts: Readonly<Record<Exclude<OutcomeAction, 'send'>, readonly [done: string, observed: string]>> = {
  block: ['Message blocked', 'Message would be blocked'],
  reroute: ['Message rerouted', 'Message would be rerouted'],
  hold: ['Message held', 'Message would be held'],
};

function textOf({ action, wouldBe = 'send', verdict }: DecisionEvent): string {
  if (action !== 'send') return texts[action][0];
  if (wouldBe !== 'send') return texts[wouldBe][1];
  return verdict === 'unknown' ? 'Message passes, as its window is unknown' : 'Message allowed';
}

/** The application's function for decisions. */
export interface OnDecision {
  (event: DecisionEvent): unknown;
  /** Brings out what the function keeps back, such as the lines of a decision log. `guard.close()` waits for it. */
  readonly flush?: (() => unknown) | undefined;
}

const hook = { name: 'onDecision' } as const;
const failure = { cause: 'hook_failed', text: 'Hook threw; the decision stands' } as const;

/** Calls a function of the application, which can make no decision fail or wait. */
export function callingListener(onDecision: OnDecision, hooks: HookWatcher): DecisionListener {
  return (event) => {
    try {
      const given = onDecision(event);
      if (!isPromiseLike(given)) return hooks.worked(hook);
      Promise.resolve(given).then(
        () => hooks.worked(hook),
        (error: unknown) => hooks.failed(hook, { ...failure, error }),
      );
    } catch (error) {
      hooks.failed(hook, { ...failure, error });
    }
  };
}

/** Never rejects: the guard that is closed has no use for the error. */
export async function flushListener(onDecision: OnDecision | undefined, hooks: HookWatcher): Promise<void> {
  try {
    await onDecision?.flush?.();
  } catch (error) {
    hooks.failed(hook, { cause: 'hook_failed', text: 'Hook threw; decisions may be lost', error });
  }
}
