import { sharedMessageReader } from '../../bird/send/message.js';
import type { ReroutedSend } from '../../core/reroute/policy.js';
import type { GuardInternals } from '../../guard/internals.js';
import type { Outcome } from '../../guard/outcome.js';
import type { PlannedSend } from '../../guard/planned-send.js';
import { blockedAnswer, type HttpAnswer, heldAnswer } from './answer.js';
import { asBlocked, asWouldBlock, carryOut, type RequestOutcome } from './carry-out.js';
import type { Rewrite } from './rewrite.js';
import { type RewriteOption, requestWriter } from './rewrite-request.js';
import type { HookedRequest, Sends } from './sends-of.js';
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
  /**
   * After a reroute: the request's new body. Of a split text, it is only the first of `sends`. `undefined` with
   * `rewrite: 'handler-sends'`.
   */
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

export interface DecideOptions<R> {
  readonly statusCode?: number | undefined;
  readonly rewrite?: RewriteOption<R> | undefined;
}

/**
 * Decides about all sends of a request: from memory in this very tick where that is possible, else with Bird's help.
 */
export function decideRequest<R>(
  request: HookedRequest<R>,
  sends: Sends,
  internals: GuardInternals,
  options: DecideOptions<R>,
): HostDecision | undefined | Promise<HostDecision | undefined> {
  if (sends.length === 0) return undefined;
  const { plan, decisions } = internals;
  const begunAt = decisions.begin();
  const messages = sends.length > 1 ? sharedMessageReader() : undefined;
  const planned = sends.map((send) => plan(send, messages));
  if (planned.every(isWhole)) {
    const outcome = asPlanned(planned);
    decisions.made(planned, outcome.fates, begunAt);
    return conclude(outcome, sends, options);
  }
  const write = requestWriter({ request, sends, rewrite: options.rewrite, internals });
  return Promise.all(planned).then(async (all) => {
    const outcome = all.every(isWhole) ? asPlanned(all) : await carryOut(all, sends, write);
    decisions.made(all, outcome.fates, begunAt);
    return conclude(outcome, sends, options);
  });
}

/** Is there, and passes or stops with all of its request: it is not rerouted, and the others do not go without it. */
function isWhole(planned: PlannedSend | Promise<PlannedSend>): planned is PlannedSend {
  if (planned instanceof Promise) return false;
  return planned.plan === 'send' || (planned.plan === 'block' && planned.policy.onMixed !== 'split');
}

/** The outcome of a request of which nothing is rerouted. */
function asPlanned(planned: readonly PlannedSend[]): RequestOutcome {
  const outcomes: Outcome[] = [];
  let isRefused = false;
  let isStopped = false;
  for (const one of planned) {
    outcomes.push(one.outcome());
    if (one.plan !== 'block') continue;
    isStopped = true;
    if (one.policy.mode === 'enforce') isRefused = true;
  }
  const fates = isStopped ? outcomes.map(isRefused ? asBlocked : asWouldBlock) : outcomes;
  return { outcomes, fates, isRefused, settle: doNothing };
}

function doNothing(): void {}

function conclude(
  { outcomes, rewrite, isRefused, settle }: RequestOutcome,
  sends: Sends,
  { statusCode }: Pick<DecideOptions<unknown>, 'statusCode'>,
): HostDecision | undefined {
  const decided = outcomes.filter(({ mode }) => mode !== 'off');
  if (decided.length === 0) return undefined;
  const header = headerOf(decided, rewrite?.sends.length);
  const isDecided = decided.some(({ decision }) => decision.reason !== 'workspace_unknown');
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

/** What handlers downstream find at `req.freeformGuard`. */
export interface GuardedSends {
  /** One outcome per recipient, in the order of the request. */
  readonly outcomes: readonly Outcome[];
  /** The request's body as it arrived. */
  readonly original: unknown;
  /** After a reroute: the request's body as it is now. */
  readonly rewritten?: unknown;
  /** After a reroute: all sends that replace the message, in order. Of a split text, `req.body` is only the first. */
  readonly sends?: readonly ReroutedSend[] | undefined;
}

/** Marks a request that a guard has decided: mounted twice, by whichever copy of the package, it still decides once. */
const decided = Symbol.for('freeform-guard.decided');

/**
 * What a guard leaves that has decided. The mark is on the prototype, and not a second property of the request: one more
 * on a request of Express costs 1.5 µs, as much as half of the decision.
 */
export class DecidedSends implements GuardedSends {
  readonly outcomes: readonly Outcome[];
  readonly original: unknown;

  static {
    Object.defineProperty(DecidedSends.prototype, decided, { value: true });
  }

  constructor(outcomes: readonly Outcome[], original: unknown) {
    this.outcomes = outcomes;
    this.original = original;
  }
}

/** Own, so that no look-up along the prototypes of a request is needed: those cost 0.4 µs on Express. */
export function isDecidedAlready(req: object): boolean {
  return Object.hasOwn(req, 'freeformGuard') && decided in Object(Reflect.get(req, 'freeformGuard'));
}
