import type { Clock } from '../ports.js';
import { decisionChannel } from './channels.js';
import {
  type DecidedOutcome,
  type DecidedSend,
  type DecisionEvent,
  eventsOf,
  type OutcomeAction,
} from './decision-event.js';

type ByAction = Readonly<Record<OutcomeAction, number>>;

/** Numbers of decisions. Each recipient counts once, with the reason for that recipient. */
export interface DecisionCounts {
  /** Number of decisions by reason. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Number of decisions answered from memory, without I/O. */
  readonly fromMemory: number;
  /** Number of decisions by what was done. */
  readonly actions: ByAction;
  /** In `observe` mode: number of decisions by what `enforce` would have done. */
  readonly wouldBe: ByAction;
}

export type DecisionListener = (event: DecisionEvent) => void;

/** Counts each decision, and tells it to whoever listens. Where nobody does, no clock is read and no event is made. */
export class Decisions {
  readonly #clock: Clock;
  readonly #others: DecisionCounter;
  readonly #channel = decisionChannel();
  readonly #listeners = new Set<DecisionListener>();

  /** @param others counts the decisions for workspaces that the guard does not know */
  constructor(clock: Clock, others: DecisionCounter) {
    this.#clock = clock;
    this.#others = others;
  }

  /** @returns a function that ends it */
  listen(listener: DecisionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** When a decision began, if anybody listens. To be handed on with what comes of it. */
  begin(): number | undefined {
    return this.#listeners.size > 0 || this.#channel?.hasSubscribers === true ? this.#passed() : undefined;
  }

  /** @param outcomes what became of the sends, one for each; of those that are decided together, as all of them are told */
  made(sends: readonly DecidedSend[], outcomes: readonly DecidedOutcome[], begunAt: number | undefined): void {
    for (let index = 0; index < sends.length; index += 1) {
      const send = sends[index];
      const outcome = outcomes[index];
      if (send === undefined || outcome === undefined || outcome.mode === 'off') continue;
      const { workspace } = send.found;
      (workspace === 'unknown' ? this.#others : workspace.counter).count(outcome);
    }
    if (begunAt !== undefined) this.#tell(sends, outcomes, this.#passed() - begunAt);
  }

  #tell(sends: readonly DecidedSend[], outcomes: readonly DecidedOutcome[], durationMs: number): void {
    for (const event of eventsOf(sends, outcomes, durationMs)) {
      for (const listener of this.#listeners) listener(event);
      if (this.#channel?.hasSubscribers === true) this.#channel.publish(event);
    }
  }

  #passed(): number {
    return this.#clock.monotonic?.() ?? this.#clock.now();
  }
}

/** Counts the decisions of one workspace. */
export class DecisionCounter {
  readonly #reasons = new Map<string, { count: number }>();
  readonly #actions = noActions();
  readonly #wouldBe = noActions();
  #fromMemory = 0;

  count({ decision: { reason }, source, action, wouldBe }: DecidedOutcome): void {
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { count: 1 });
    else known.count += 1;
    if (source === 'memory') this.#fromMemory += 1;
    this.#actions[action] += 1;
    if (wouldBe !== undefined) this.#wouldBe[wouldBe] += 1;
  }

  read(): DecisionCounts {
    const decisions = Object.fromEntries([...this.#reasons].map(([reason, { count }]) => [reason, count]));
    return { decisions, fromMemory: this.#fromMemory, actions: { ...this.#actions }, wouldBe: { ...this.#wouldBe } };
  }

  /** Takes over what another has counted. */
  add({ decisions, fromMemory, actions, wouldBe }: DecisionCounts): void {
    for (const [reason, count] of Object.entries(decisions)) {
      this.#reasons.set(reason, { count: (this.#reasons.get(reason)?.count ?? 0) + count });
    }
    this.#fromMemory += fromMemory;
    for (const action of ACTIONS) {
      this.#actions[action] += actions[action];
      this.#wouldBe[action] += wouldBe[action];
    }
  }
}

const ACTIONS = ['send', 'block', 'reroute', 'hold'] as const;

function noActions(): Record<OutcomeAction, number> {
  return { send: 0, block: 0, reroute: 0, hold: 0 };
}
