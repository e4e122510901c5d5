import type { SendRequest } from '../bird/send/send-request.js';
import { requireList, requireObject } from '../core/argument-checks.js';
import { toInstant } from '../core/instant.js';
import { isObject } from '../core/option-checks.js';
import { own, ownFields } from '../core/own.js';
import { ignoreRejection, isPromiseLike } from '../core/promise-like.js';
import type { HeldNote, ReroutedSend } from '../core/reroute/policy.js';
import type { Decision, Instant, UnknownDecision, UnknownReason } from '../core/types.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import type { Policy, PolicyOwner } from './policy.js';
import type { Rerouting } from './reroute.js';

/** What to do with a message: send it as it is, block it, send something else, or hold it. */
export type OutcomeAction = 'send' | 'block' | 'reroute' | 'hold';

/** A decision, and what the workspace's policy makes of it. */
export interface Outcome {
  /** What to do with the message now. */
  readonly action: OutcomeAction;
  /** What the facts say, before any policy. */
  readonly decision: Decision;
  /** The mode in force; with `off` nothing was decided. */
  readonly mode: Policy['mode'];
  /** In `observe` mode, where `action` is always `send`: what `enforce` would have done. */
  readonly wouldBe?: OutcomeAction | undefined;
  /** With `reroute`: the sends that replace the message, all of them and in this order. */
  readonly sends?: readonly ReroutedSend[] | undefined;
  /** With `sends`: until when all of them are permitted, epoch ms; `null` where no end is known. */
  readonly sendsValidUntil?: number | null | undefined;
  /** With `reroute` and `hold`: labels for what was changed, such as `template`, `split`, `channel`. */
  readonly changes?: readonly string[] | undefined;
  /** With `hold`: how to find the held message. */
  readonly held?: HeldNote | undefined;
  /** Why reroute policies could not help, in the order they were tried. */
  readonly declined?: readonly string[] | undefined;
  /** Where the facts came from. A `service_window_closed` always comes from `bird`. */
  readonly source: 'memory' | 'bird' | 'none';
  /** When the decision was made, epoch ms. */
  readonly checkedAt: number;
  /** The channel's platform, where it is known. */
  readonly platform?: string | undefined;
  /** How long before the end of the window the message must leave, in ms: the policy's `safetyMarginMs`. */
  readonly safetyMarginMs: number;
  /** Whether a response may say when the window closed: the policy's `exposeExpiry`. */
  readonly exposeExpiry: boolean;
}

export interface OutcomeContext {
  readonly policy: Policy;
  readonly platform: string | undefined;
  readonly checkedAt: number;
}

/** A decision, and where the facts behind it came from. */
export interface SourcedDecision {
  readonly decision: Decision;
  readonly source: 'memory' | 'bird' | 'none';
}

export function undecided(reason: UnknownReason): SourcedDecision {
  return { decision: { verdict: 'unknown', reason }, source: 'none' };
}

/** What the policy wants done with a decision, before any way out is tried. */
export type Plan = 'send' | 'block' | 'reroute';

interface PlanContext {
  readonly policy: Policy;
  readonly send: SendRequest;
  readonly owner: PolicyOwner;
  readonly hooks: HookTroubles;
}

export function planFor({ decision }: SourcedDecision, { policy, ...asking }: PlanContext): Plan {
  if (policy.mode === 'off' || decision.verdict === 'allow') return 'send';
  const wayOut = policy.onClosed.some((one) => one !== 'block') ? 'reroute' : 'block';
  if (decision.verdict === 'deny') return wayOut;
  const answer = askOnUnknown(decision, policy, asking);
  if (answer === 'allow') return 'send';
  return answer === 'reroute' ? wayOut : 'block';
}

/** The outcome of a decision, with what came of rerouting where that was the plan. */
export function outcomeOf(
  { decision, source }: SourcedDecision,
  action: OutcomeAction,
  { policy, platform, checkedAt }: OutcomeContext,
  rerouting?: Partial<Rerouting>,
): Outcome {
  const { mode, exposeExpiry, safetyMarginMs } = policy;
  const done = mode === 'enforce' ? action : 'send';
  // On the hit path this is all, and laid out at once.
  const plain = { action: done, decision, mode, source, checkedAt, platform, safetyMarginMs, exposeExpiry };
  if (mode === 'off' || (mode === 'enforce' && rerouting === undefined)) return plain;
  const { sends, sendsValidUntil, changes, held, declined = [] } = ownFields(rerouting ?? {});
  const told = declined.length === 0 ? plain : { ...plain, declined };
  if (mode === 'observe') return { ...told, wouldBe: action };
  if (action === 'reroute') return { ...told, sends, sendsValidUntil, changes };
  return action === 'hold' ? { ...told, held, changes } : told;
}

function askOnUnknown(
  decision: UnknownDecision,
  { onUnknown }: Policy,
  { send, owner, hooks }: Omit<PlanContext, 'policy'>,
): 'allow' | 'block' | 'reroute' {
  if (typeof onUnknown !== 'function') return onUnknown;
  const hook = { name: 'onUnknown', workspaceId: owner.workspaceId, part: owner.channelId };
  const fields = { reason: decision.reason };
  try {
    const answer: unknown = onUnknown(decision, send);
    if (answer === 'allow' || answer === 'block' || answer === 'reroute') {
      hooks.worked(hook);
      return answer;
    }
    // An async function answers too late, and its rejection must not end the process.
    ignoreRejection(answer);
    const text = "A hook gave none of 'allow', 'block' and 'reroute', so the send passes";
    hooks.failed(hook, { cause: 'hook_answer', text, fields });
  } catch {
    // The hook's error is not logged: nobody knows what it holds.
    hooks.failed(hook, { cause: 'hook_failed', text: 'A hook threw, so the send passes', fields });
  }
  return 'allow';
}

/**
 * Whether an outcome still holds at dispatch, after time in a queue. No I/O. What it means for each action:
 *
 * - `send`: the message may still go as it is. False from `safetyMarginMs` before the end of the window, and for a decision
 *   that was not `allow`: ask again.
 * - `reroute`: all of `sends` may still go. A template always may.
 * - `hold`: the message still waits. There is nothing to send and nothing to ask: another check would hold it twice.
 * - `block`: false. Ask again if the customer may have written since.
 *
 * @param at the instant of dispatch, default now
 * @throws {TypeError} for a promise of an outcome, and for what is no outcome
 */
export function isStillValid(outcome: Outcome, at: Instant = Date.now()): boolean {
  if (isPromiseLike(outcome)) {
    throw new TypeError('isStillValid takes an outcome, not a promise of one: await guard.check(send) first');
  }
  requireOutcome(outcome, 'isStillValid: outcome');
  const { action, decision, held, sendsValidUntil = null, safetyMarginMs } = ownFields(outcome);
  const isBefore = (end: number | null): boolean => end === null || (toInstant(at) ?? Number.NaN) < end;
  const withMargin = (end: number | null): number | null => (end === null ? null : end - safetyMarginMs);
  switch (action) {
    case 'send':
      return decision.verdict === 'allow' && isBefore(withMargin(decision.validUntil));
    case 'reroute':
      return isBefore(withMargin(sendsValidUntil));
    case 'hold':
      return isBefore(held?.expiresAt ?? null);
    case 'block':
      return false;
  }
}

/** @throws {TypeError} for anything but a list of outcomes */
export function requireOutcomes(outcomes: unknown, caller: string): void {
  requireList(outcomes, `${caller}: outcomes`, 'outcomes');
  for (const [position, outcome] of outcomes.entries()) requireOutcome(outcome, `${caller}: outcomes[${position}]`);
}

function requireOutcome(outcome: unknown, name: string): void {
  const shape = 'as guard.check gives it';
  requireObject(outcome, name, shape);
  const isOne = own(outcome, 'action') !== undefined && isObject(own(outcome, 'decision'));
  if (!isOne) throw new TypeError(`${name} must be an outcome, ${shape}; it has no action or no decision`);
}
