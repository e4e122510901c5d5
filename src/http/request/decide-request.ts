import type { HttpRequestLike } from '../../bird/send/send-request.js';
import type { ReroutedSend } from '../../core/reroute/policy.js';
import type { GuardInternals } from '../../guard/internals.js';
import type { Outcome } from '../../guard/outcome.js';
import type { PlannedSend } from '../../guard/planned-send.js';
import { blockedAnswer, type HttpAnswer, heldAnswer } from './answer.js';
import { asPlanned, carryOut, type RequestOutcome } from './carry-out.js';
import type { Rewrite } from './rewrite.js';
import type { Sends } from './sends-of.js';
import { headerOf } from './window-header.js';

/** The decision about a whole request, all recipients together. */
export interface RequestDecision {
  /** One per recipient, in the order of the request. */
  readonly outcomes: readonly Outcome[];
  /** The value of the `Freeform-Window` header, for every response. */
  readonly header: string;
  /** The response to give instead of sending: the request is blocked, or all of it is held. */
  readonly response?: HttpAnswer | undefined;
  /** After a reroute: all sends that replace the request, in this order. */
  readonly sends?: readonly ReroutedSend[] | undefined;
  /** After a reroute: the request's new body. Of a split text, it is only the first of `sends`. */
  readonly body?: unknown;
  /** After a reroute to another channel: the channel of the new body. */
  readonly channelId?: string | undefined;
  /**
   * Call it once, when it is certain whether the decision is used: `false` where the client has gone or something else
   * has answered. Then everything is undone, such as a held message.
   */
  readonly settle: (isUsed: boolean) => void;
}

/** The same, with what only the middleware needs. */
export interface HostDecision extends RequestDecision {
  readonly isBlocked: boolean;
  readonly rewrite?: Rewrite | undefined;
  /** A guard that is off, or knows nothing of the workspace, leaves the request to the next one. */
  readonly isDecided: boolean;
}

export interface DecideOptions {
  readonly statusCode?: number | undefined;
}

/** Decides about all sends of a request: from memory in this very tick where that is possible, else with Bird's help. */
export function decideRequest(
  request: HttpRequestLike,
  sends: Sends,
  internals: GuardInternals,
  options: DecideOptions,
): HostDecision | undefined | Promise<HostDecision | undefined> {
  if (sends.length === 0) return undefined;
  const conclude = (outcome: RequestOutcome): HostDecision | undefined => conclusionOf(outcome, sends, options);
  const planned = sends.map((send) => internals.plan(send));
  if (planned.every(isThere) && !planned.some(isNotWhole)) return conclude(asPlanned(planned));
  return Promise.all(planned).then(async (all) =>
    conclude(all.some(isNotWhole) ? await carryOut(all, sends, request) : asPlanned(all)),
  );
}

function conclusionOf(
  { outcomes, rewrite, isRefused, settle }: RequestOutcome,
  sends: Sends,
  { statusCode }: DecideOptions,
): HostDecision | undefined {
  const [first, ...others] = outcomes.filter(({ mode }) => mode !== 'off');
  if (first === undefined) return undefined;
  const header = headerOf([first, ...others], rewrite?.sends.length);
  const isDecided = outcomes.some(({ mode, decision }) => mode !== 'off' && decision.reason !== 'workspace_unknown');
  const plain = { outcomes, header, isDecided, isBlocked: isRefused, settle };
  if (isRefused) return { ...plain, response: blockedAnswer(outcomes, sends, header, statusCode) };
  if (rewrite === undefined) return plain;
  const { sends: instead, body } = rewrite;
  const isHeld = instead.length === 0;
  return {
    ...plain,
    rewrite,
    sends: instead,
    body,
    channelId: rewrite.channel?.to,
    response: isHeld ? heldAnswer(outcomes, sends, header) : undefined,
  };
}

function isThere(planned: PlannedSend | Promise<PlannedSend>): planned is PlannedSend {
  return !(planned instanceof Promise);
}

/** Neither passes nor stops with all of its request: it is rerouted, or the others go without it. */
function isNotWhole({ plan, policy }: PlannedSend): boolean {
  return plan === 'reroute' || (plan === 'block' && policy.onMixed === 'split');
}
