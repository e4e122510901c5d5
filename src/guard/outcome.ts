import type { SendRequest } from '../bird/send/send-request.js';
import { ownFields } from '../core/own.js';
import { ignoreRejection } from '../core/promise-like.js';
import type { HeldNote, ReroutedSend } from '../core/reroute/policy.js';
import type { Decision, UnknownDecision, UnknownReason } from '../core/types.js';
import type { ChannelFacts } from '../ports.js';
import type { OutcomeAction } from '../telemetry/decision-event.js';
import { type Case, ownerOf } from './case.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import type { Rerouting } from './reroute.js';
import type { Policy } from './workspaces/policy.js';

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
  /** The channel's facts, where they were needed and at hand. */
  readonly channel: ChannelFacts | undefined;
}

/** By an own property, whatever somebody has put on `Object.prototype`. */
export function isSourced(value: object): value is SourcedDecision {
  return Object.hasOwn(value, 'decision');
}

export function undecided(reason: UnknownReason): SourcedDecision {
  return { decision: { verdict: 'unknown', reason }, source: 'none', channel: undefined };
}

/** What the policy wants done with a decision, before any reroute policy is asked. */
export type Plan = 'send' | 'block' | 'reroute';

interface PlanContext {
  readonly found: Case;
  readonly send: SendRequest;
  readonly hooks: HookTroubles;
}

export function planFor({ decision }: SourcedDecision, context: PlanContext): Plan {
  const { mode, onClosed } = context.found.policy;
  if (mode === 'off' || decision.verdict === 'allow') return 'send';
  const instead = onClosed.some((one) => one !== 'block') ? 'reroute' : 'block';
  if (decision.verdict === 'deny') return instead;
  const answer = askOnUnknown(decision, context);
  if (answer === 'allow') return 'send';
  return answer === 'reroute' ? instead : 'block';
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
  const outcome = declined.length === 0 ? plain : { ...plain, declined };
  if (mode === 'observe') return { ...outcome, wouldBe: action };
  if (action === 'reroute') return { ...outcome, sends, sendsValidUntil, changes };
  return action === 'hold' ? { ...outcome, held, changes } : outcome;
}

function askOnUnknown(decision: UnknownDecision, { found, send, hooks }: PlanContext): 'allow' | 'block' | 'reroute' {
  const { onUnknown } = found.policy;
  if (typeof onUnknown !== 'function') return onUnknown;
  const { workspaceId, channelId } = ownerOf(found);
  const hook = { name: 'onUnknown', workspaceId, part: channelId };
  const fields = { reason: decision.reason };
  try {
    const answer: unknown = onUnknown(decision, send);
    if (answer === 'allow' || answer === 'block' || answer === 'reroute') {
      hooks.worked(hook);
      return answer;
    }
    // An async function answers too late, and its rejection must not end the process.
    ignoreRejection(answer);
    const text = "Hook gave none of 'allow', 'block' and 'reroute', so the send passes";
    hooks.failed(hook, { cause: 'hook_answer', text, fields });
  } catch (error) {
    // The hook's error is not logged: nobody knows what it holds.
    hooks.failed(hook, { cause: 'hook_failed', text: 'Hook threw, so the send passes', fields, error });
  }
  return 'allow';
}
