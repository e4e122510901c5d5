import type { Decision, Verdict } from '../core/types.js';
import { verdictRank } from '../core/verdict-rank.js';

/** What to do with a message: send it as it is, block it, send something else, or hold it. */
export type OutcomeAction = 'send' | 'block' | 'reroute' | 'hold';

/**
 * What became of a message or a request, without personal data. Recipients to whom the same happens share one event, so
 * the sum of `recipients` by `action` is right.
 */
export interface DecisionEvent {
  /** When the decision was made, epoch ms. */
  readonly at: number;
  /** The workspace, a lower-case UUID; `undefined` where the send names none. */
  readonly workspaceId: string | undefined;
  /** The channel, a lower-case UUID; `undefined` where it is not known. */
  readonly channelId: string | undefined;
  /** The channel's platform, where it is known. */
  readonly platform: string | undefined;
  /** What the facts say. Of several recipients: the worst, as in the header. */
  readonly verdict: Verdict;
  /** The reason of that verdict. */
  readonly reason: Decision['reason'];
  /** What becomes of the message: `block` for all recipients of a request that one of them stops. */
  readonly action: OutcomeAction;
  /** In `observe` mode, where `action` is `send`: what `enforce` would have done. */
  readonly wouldBe?: OutcomeAction | undefined;
  /** The mode in force. With `off` nothing is decided, and there is no event. */
  readonly mode: 'enforce' | 'observe';
  /** Where the facts came from. */
  readonly source: 'memory' | 'bird' | 'none';
  /** How long the decision took, in ms, policies included. */
  readonly durationMs: number;
  /** The number of recipients that the event speaks for. */
  readonly recipients: number;
}

/** A send that was decided. */
export interface DecidedSend {
  readonly found: {
    readonly parsed: Readonly<Record<'workspaceId' | 'channelId', string | undefined>>;
    readonly workspace: 'unknown' | { readonly counter: { count(outcome: DecidedOutcome): void } };
  };
}

/** What became of it. */
export interface DecidedOutcome extends Pick<DecisionEvent, 'action' | 'wouldBe' | 'source'> {
  readonly decision: Decision;
  readonly mode: DecisionEvent['mode'] | 'off';
  readonly checkedAt: number;
  readonly platform?: string | undefined;
}

/** The events of what was decided together: one for each thing that happens. */
export function eventsOf(
  sends: readonly DecidedSend[],
  outcomes: readonly DecidedOutcome[],
  durationMs: number,
): readonly DecisionEvent[] {
  const groups = new Map<string, Group>();
  for (const [index, send] of sends.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined || outcome.mode === 'off') continue;
    const { workspaceId, channelId } = send.found.parsed;
    const name = [workspaceId, channelId, outcome.mode, outcome.action, outcome.wouldBe].join(' ');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { send, worst: outcome, recipients: 1 });
    else addTo(group, outcome);
  }
  return [...groups.values()].map((group) => eventOf(group, durationMs));
}

/** Those to whom the same happens on one channel. */
interface Group {
  readonly send: DecidedSend;
  worst: DecidedOutcome;
  recipients: number;
}

function addTo(group: Group, outcome: DecidedOutcome): void {
  group.recipients += 1;
  if (verdictRank[outcome.decision.verdict] > verdictRank[group.worst.decision.verdict]) group.worst = outcome;
}

/** Frozen, since several listeners get the same one. */
function eventOf({ send, worst, recipients }: Group, durationMs: number): DecisionEvent {
  const { workspaceId, channelId } = send.found.parsed;
  const { checkedAt: at, platform, decision, action, wouldBe, mode, source } = worst;
  const { verdict, reason } = decision;
  return Object.freeze({
    ...{ at, workspaceId, channelId, platform, verdict, reason, action },
    ...(wouldBe === undefined ? {} : { wouldBe }),
    mode: mode === 'observe' ? 'observe' : 'enforce',
    source,
    durationMs: Math.round(durationMs * 1000) / 1000,
    recipients,
  });
}
