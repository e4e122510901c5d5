import { type Fate, fates, type LoggedDecision } from './log-line.js';

/** Numbers of messages by what they became. */
export type Counts = Readonly<Record<Fate, number>>;

/** Beyond these, keys are counted together, so that no log fills the memory. */
const MAX_KEYS = 10_000;

/** Counts messages by one field of their decisions. */
export class Tally<Key extends string | number> {
  readonly #counts = new Map<Key, Record<Fate, number>>();
  #others: Record<Fate, number> | undefined;

  add(key: Key, fate: Fate, messages: number): void {
    this.#countsOf(key)[fate] += messages;
  }

  /** In the order of their first line. */
  entries(): readonly (readonly [Key, Counts])[] {
    return [...this.#counts];
  }

  /** The messages of all keys beyond the first 10 000. */
  get others(): Counts | undefined {
    return this.#others;
  }

  #countsOf(key: Key): Record<Fate, number> {
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    if (this.#counts.size >= MAX_KEYS) {
      this.#others ??= noCounts();
      return this.#others;
    }
    const counts = noCounts();
    this.#counts.set(key, counts);
    return counts;
  }
}

export const HOUR_MS = 3_600_000;

/** Counts the decisions of one mode by each of their fields. */
export class ModeTally {
  readonly total: Record<Fate, number> = noCounts();
  readonly workspaces: Tally<string> = new Tally();
  readonly channels: Tally<string> = new Tally();
  readonly platforms: Tally<string> = new Tally();
  readonly reasons: Tally<string> = new Tally();
  /** By the beginning of the hour, epoch ms. */
  readonly hours: Tally<number> = new Tally();
  readonly #platformOf = new Map<string, string>();

  add({ at, workspaceId, channelId, platform, reason, fate, recipients }: LoggedDecision): void {
    this.total[fate] += recipients;
    this.workspaces.add(workspaceId ?? NONE, fate, recipients);
    this.channels.add(channelId ?? NONE, fate, recipients);
    this.platforms.add(platform ?? NONE, fate, recipients);
    this.reasons.add(reason, fate, recipients);
    this.hours.add(at - (at % HOUR_MS), fate, recipients);
    if (channelId !== undefined && platform !== undefined && this.#platformOf.size < MAX_KEYS) {
      this.#platformOf.set(channelId, platform);
    }
  }

  platformOf(channelId: string): string | undefined {
    return this.#platformOf.get(channelId);
  }
}

/** In place of an id or a platform that the decision did not know. */
export const NONE = '(none)';

export function noCounts(): Record<Fate, number> {
  return { blocked: 0, rerouted: 0, held: 0, unknown: 0, sent: 0 };
}

export function messagesIn(counts: Counts): number {
  return fates.reduce((sum, fate) => sum + counts[fate], 0);
}

/** Those that `enforce` does not send as they are. */
export function changedIn({ blocked, rerouted, held }: Counts): number {
  return blocked + rerouted + held;
}
