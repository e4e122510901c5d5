import type { SendRequest } from '../bird/send-request.js';
import { toInstant } from '../core/instant.js';
import type { Decision, Instant, UnknownDecision } from '../core/types.js';
import type { Logger } from '../ports.js';
import type { Judgement } from './judgement.js';
import type { Policy } from './policy.js';

export type Action = 'send' | 'block' | 'reroute' | 'hold';

/** A decision, and what the workspace's policy makes of it. */
export interface Outcome {
  readonly action: Action;
  readonly decision: Decision;
  /** The mode in force; with `off` nothing was decided. */
  readonly mode: Policy['mode'];
  /** In `observe` mode, where `action` is always `send`: what `enforce` would do. */
  readonly wouldBe?: Action | undefined;
  /** Where the facts came from; a `service_window_closed` always comes from `bird`. */
  readonly source: 'memory' | 'bird' | 'none';
  /** When it was decided, epoch ms. */
  readonly checkedAt: number;
  /** The channel's platform, where it is known. */
  readonly platform?: string | undefined;
  /** Whether the customer's side may be told when the window closed: the policy's `exposeExpiry`. */
  readonly exposeExpiry: boolean;
}

export interface OutcomeContext {
  readonly policy: Policy;
  readonly send: SendRequest;
  readonly platform: string | undefined;
  readonly checkedAt: number;
  readonly logger: Logger;
}

export function outcomeOf({ decision, source }: Judgement, context: OutcomeContext): Outcome {
  const { policy, platform, checkedAt } = context;
  const { mode, exposeExpiry } = policy;
  const facts = { decision, mode, source, checkedAt, platform, exposeExpiry };
  if (mode === 'off') return { action: 'send', ...facts };
  const action = actionOf(decision, context);
  return mode === 'observe' ? { action: 'send', wouldBe: action, ...facts } : { action, ...facts };
}

function actionOf(decision: Decision, { policy, send, logger }: OutcomeContext): Action {
  switch (decision.verdict) {
    case 'allow':
      return 'send';
    case 'deny':
      return policy.onClosed;
    case 'unknown':
      return askOnUnknown(decision, policy, send, logger) === 'block' ? 'block' : 'send';
  }
}

function askOnUnknown(decision: UnknownDecision, { onUnknown }: Policy, send: SendRequest, logger: Logger): unknown {
  if (typeof onUnknown !== 'function') return onUnknown;
  const fields = { hook: 'onUnknown', reason: decision.reason };
  try {
    const answer: unknown = onUnknown(decision, send);
    if (answer === 'allow' || answer === 'block') return answer;
    // An async function answers too late, and its rejection must not end the process.
    if (answer instanceof Promise) answer.catch(() => undefined);
    logger.error(fields, "A hook gave neither 'allow' nor 'block', so the send passes");
  } catch {
    // The hook's error is not logged: nobody knows what it holds.
    logger.error(fields, 'A hook threw, so the send passes');
  }
  return 'allow';
}

/**
 * Whether a send that was allowed still is at dispatch, after time in a queue. False for what was never allowed: ask
 * again. No I/O.
 *
 * @param at the instant of dispatch, default now
 */
export function isStillValid(outcome: Outcome, at: Instant = Date.now()): boolean {
  const { decision } = outcome;
  if (decision.verdict !== 'allow') return false;
  return decision.validUntil === null || (toInstant(at) ?? Number.NaN) < decision.validUntil;
}
