import { DecisionCounter, type DecisionCounts } from './decisions.js';

/** Counters of a guard since its creation. */
export interface GuardStats extends DecisionCounts {
  /** Number of requests to Bird by kind. All but `contactId` count as reads, of which Bird allows 50 a second. */
  readonly lookups: Readonly<Record<'channel' | 'contactId' | 'window' | 'conversation' | 'identifiers', number>>;
  /** The decisions of each workspace by id, of 10 000 at most. */
  readonly workspaces: Readonly<Record<string, DecisionCounts>>;
}

/** A function may bring in workspaces without end: those beyond are counted together. */
const MAX_WORKSPACES = 10_000;

/** Counts; of ids it holds none but those of workspaces. */
export class Statistics {
  /** Counts the decisions for workspaces that the guard does not know. */
  readonly others: DecisionCounter = new DecisionCounter();
  readonly #byWorkspace = new Map<string, DecisionCounter>();
  readonly #lookups = { channel: 0, contactId: 0, window: 0, conversation: 0, identifiers: 0 };

  counterOf(workspaceId: string): DecisionCounter {
    const known = this.#byWorkspace.get(workspaceId);
    if (known !== undefined || this.#byWorkspace.size >= MAX_WORKSPACES) return known ?? this.others;
    const counter = new DecisionCounter();
    this.#byWorkspace.set(workspaceId, counter);
    return counter;
  }

  countLookup(kind: keyof GuardStats['lookups']): void {
    this.#lookups[kind] += 1;
  }

  read(): GuardStats {
    const byWorkspace = [...this.#byWorkspace].map(([id, counter]) => [id, counter.read()] as const);
    const total = new DecisionCounter();
    for (const counts of [this.others.read(), ...byWorkspace.map(([, counts]) => counts)]) total.add(counts);
    return { ...total.read(), lookups: { ...this.#lookups }, workspaces: Object.fromEntries(byWorkspace) };
  }
}
