import type { LoggedDecision } from './log-line.js';
import { HOUR_MS, NONE } from './tally.js';

/** Bird's limit, for each workspace. */
export const READS_PER_SECOND = 50;

/** How much of Bird's limit the decisions of a workspace needed. */
export interface WorkspaceReads {
  readonly workspaceId: string;
  /** Messages that were decided on an answer of Bird's, and not from memory. */
  readonly asked: number;
  /** Messages that are unknown because no read was left. */
  readonly budgetSpent: number;
  /** The busiest minute: when it began, epoch ms, and how many messages asked Bird in it, per second. */
  readonly busiest: { readonly at: number; readonly perSecond: number } | undefined;
}

/** The busiest minute of an hour, of whichever workspace. */
export interface HourReads {
  /** The beginning of the hour, epoch ms. */
  readonly at: number;
  readonly perSecond: number;
}

/** Each takes 500 bytes. Beyond these no minutes are counted, so that no log fills the memory. */
const MAX_HOURS = 20_000;
const MINUTE_MS = 60_000;

/**
 * Counts what asked Bird. A decision does not say how many reads it took: messages that come together share one, and a
 * new channel or contact takes another. So this measures the need for reads, and is no count of them.
 */
export class ReadsTally {
  readonly #workspaces = new Map<string, WorkspaceTally>();
  #hours = 0;

  add({ at, workspaceId = NONE, source, reason, recipients }: LoggedDecision): void {
    const isSpent = reason === 'lookup_budget_spent';
    if (source !== 'bird' && !isSpent) return;
    const tally = this.#tallyOf(workspaceId);
    if (isSpent) tally.budgetSpent += recipients;
    if (source !== 'bird') return;
    tally.asked += recipients;
    const minutes = this.#minutesOf(tally, at - (at % HOUR_MS));
    const minute = Math.floor((at % HOUR_MS) / MINUTE_MS);
    if (minutes !== undefined) minutes[minute] = (minutes[minute] ?? 0) + recipients;
  }

  /** Those that asked most come first. */
  workspaces(): readonly WorkspaceReads[] {
    return [...this.#workspaces]
      .map(([workspaceId, { asked, budgetSpent, hours }]) => ({
        workspaceId,
        asked,
        budgetSpent,
        busiest: busiestOf(hours),
      }))
      .toSorted((one, other) => other.asked - one.asked || other.budgetSpent - one.budgetSpent);
  }

  hours(): readonly HourReads[] {
    const most = new Map<number, number>();
    for (const { hours } of this.#workspaces.values()) {
      for (const [hour, minutes] of hours) most.set(hour, Math.max(most.get(hour) ?? 0, ...minutes));
    }
    return [...most].map(([at, count]) => ({ at, perSecond: count / 60 })).toSorted((one, other) => one.at - other.at);
  }

  #tallyOf(workspaceId: string): WorkspaceTally {
    const known = this.#workspaces.get(workspaceId);
    if (known !== undefined) return known;
    const tally: WorkspaceTally = { asked: 0, budgetSpent: 0, hours: new Map() };
    if (this.#workspaces.size < MAX_HOURS) this.#workspaces.set(workspaceId, tally);
    return tally;
  }

  #minutesOf({ hours }: WorkspaceTally, hour: number): Float64Array | undefined {
    const known = hours.get(hour);
    if (known !== undefined || this.#hours >= MAX_HOURS) return known;
    this.#hours += 1;
    const minutes = new Float64Array(60);
    hours.set(hour, minutes);
    return minutes;
  }
}

interface WorkspaceTally {
  asked: number;
  budgetSpent: number;
  /** The messages of each minute, by the hour. */
  readonly hours: Map<number, Float64Array>;
}

function busiestOf(hours: ReadonlyMap<number, Float64Array>): WorkspaceReads['busiest'] {
  let busiest: { at: number; count: number } | undefined;
  for (const [hour, minutes] of hours) {
    const count = Math.max(...minutes);
    if (count > (busiest?.count ?? 0)) busiest = { at: hour + minutes.indexOf(count) * MINUTE_MS, count };
  }
  return busiest && { at: busiest.at, perSecond: busiest.count / 60 };
}
