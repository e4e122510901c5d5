import type { SendRequest } from '../bird/send/send-request.js';
import { ownFields } from '../core/own.js';
import type { SendToReroute } from '../core/reroute/policy.js';
import type { Decision } from '../core/types.js';
import type { InFlight } from '../in-flight.js';
import type { Clock, Logger } from '../ports.js';
import type { ReportError } from '../telemetry/reported-error.js';
import { type Case, ownerOf, platformIn, timeOf } from './case.js';
import { type Deadline, deadlineOf } from './deadline.js';
import type { Directory } from './directory.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import { type Outcome, outcomeOf, type Plan, planFor, type SourcedDecision } from './outcome.js';
import { type Rerouting, reroute } from './reroute.js';
import type { Policy } from './workspaces/policy.js';

export interface PlannedSendParts {
  /** The send as it was asked about, with the channel and the contact of its conversation. */
  readonly send: SendRequest;
  readonly found: Case;
  readonly decided: SourcedDecision;
  /** When it was decided, epoch ms by the guard's clock. */
  readonly decidedAt: number;
  readonly support: RerouteSupport;
  /** By when the outcome has to be there. Default: as long from now as the policy allows. */
  readonly deadline?: Deadline | undefined;
}

/** What the guard has for all sends alike. */
export interface RerouteSupport {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hooks: HookTroubles;
  readonly reportError: ReportError;
  readonly inFlight: InFlight;
  /** What the facts say of another send. */
  decide(send: SendToReroute & Pick<SendRequest, 'sendAt' | 'sender'>, deadline: Deadline): Promise<Decision>;
  readonly directory: Directory;
}

export interface CarriedOut {
  readonly outcome: Outcome;
  /** The outcome as it is in mode `enforce`, of which mode `observe` only tells. */
  readonly enforced: Outcome;
  /** To be called once it is certain whether the outcome is used. */
  readonly settle: (isUsed: boolean) => Promise<void>;
}

type Done = readonly [action: Outcome['action'], rerouting?: Rerouting];

/**
 * Whatever is sent instead is sent no earlier, and by a machine where the send was a machine's. Only the message itself
 * can say to Bird that a human writes.
 */
function timingOf(send: SendRequest): Pick<SendRequest, 'sendAt' | 'sender'> {
  const { sendAt, sender } = ownFields(send);
  return { sendAt, sender: sender === 'automation' ? sender : undefined };
}

/** A send of which the decision is there, and of which the policy has said what is to be done, but nothing is yet. */
export class PlannedSend {
  /** As it was asked about, with the channel and the contact of its conversation. */
  readonly send: SendRequest;
  readonly found: Case;
  readonly policy: Policy;
  readonly plan: Plan;
  readonly #parts: PlannedSendParts;

  constructor(parts: PlannedSendParts) {
    const { found, decided, send, support } = parts;
    this.#parts = parts;
    this.send = send;
    this.found = found;
    this.policy = found.policy;
    this.plan = planFor(decided, { found, send, hooks: support.hooks });
  }

  /** The outcome where nothing is rerouted. */
  outcome(): Outcome {
    return this.#outcome(this.plan);
  }

  /** The outcome where the send is stopped because of others in the same request. */
  refuse(reason: string): Outcome {
    return this.#outcome('block', { declined: [reason] });
  }

  /** Does what is planned. */
  async carryOut(): Promise<CarriedOut> {
    if (this.plan !== 'reroute') return this.#carriedOut([this.plan], async () => {});
    return this.#parts.support.inFlight.track(this.#reroute());
  }

  async #reroute(): Promise<CarriedOut> {
    const { send, found, policy } = this;
    const { decided, support } = this.#parts;
    const { clock, hooks, directory } = support;
    const deadline = this.#parts.deadline ?? deadlineOf(policy, clock.now());
    let identifiers: ReturnType<Directory['identifiersOf']> | undefined;
    const rerouting = await reroute(policy.onClosed, {
      send,
      decision: decided.decision,
      platform: platformIn(found, decided.channel),
      at: timeOf(found, clock),
      isDryRun: policy.mode === 'observe',
      decide: (other) => support.decide({ ...timingOf(send), ...other }, deadline),
      platformOf: (channelId) => directory.platformOf(send, channelId, deadline),
      identifiers: () => (identifiers ??= directory.identifiersOf(send, deadline)),
      clock,
      hooks,
      owner: ownerOf(found),
      deadlineAt: deadline.at,
    });
    // What is only observed is not used, whatever becomes of the request.
    const settle = (isUsed: boolean): Promise<void> => rerouting.settle(isUsed && policy.mode === 'enforce');
    return this.#carriedOut([rerouting.action, rerouting], settle);
  }

  #carriedOut([action, rerouting]: Done, settle: CarriedOut['settle']): CarriedOut {
    const outcome = this.#outcome(action, rerouting);
    const isObserved = this.policy.mode === 'observe';
    const enforced = isObserved ? this.#outcome(action, rerouting, { ...this.policy, mode: 'enforce' }) : outcome;
    return { outcome, enforced, settle };
  }

  #outcome(action: Outcome['action'], rerouting?: Partial<Rerouting>, policy: Policy = this.policy): Outcome {
    const { decided, decidedAt } = this.#parts;
    const platform = platformIn(this.found, decided.channel);
    return outcomeOf(decided, action, { policy, platform, checkedAt: decidedAt }, rerouting);
  }
}
