import type { Random } from '../model/random.js';

interface Entry<V> {
  readonly value: V;
  readonly expiresAt: number;
}

/** Entries under keys, with the memory of what the last writes have replaced, so that these can be lost. */
export class Table<V> {
  readonly #entries: Map<string, Entry<V>>;
  readonly #undo: { readonly at: number; readonly key: string; readonly before: Entry<V> | undefined }[] = [];

  constructor(entries: ReadonlyMap<string, Entry<V>> = new Map()) {
    this.#entries = new Map(entries);
  }

  get(key: string | undefined, now: number): V | undefined {
    const entry = key === undefined ? undefined : this.#entries.get(key);
    return entry === undefined || entry.expiresAt <= now ? undefined : entry.value;
  }

  set(key: string, value: V, now: number, expiresAt: number = Number.POSITIVE_INFINITY): void {
    this.#undo.push({ at: now, key, before: this.#entries.get(key) });
    if (this.#undo.length > 20_000) this.#undo.splice(0, 10_000);
    this.#entries.set(key, { value, expiresAt });
  }

  /** As it would be without what was written after an instant. */
  without(after: number): { readonly table: Table<V>; readonly lost: number } {
    const table = new Table(this.#entries);
    const lost = this.#undo.filter(({ at }) => at > after);
    for (const { key, before } of lost.toReversed()) {
      if (before === undefined) table.#entries.delete(key);
      else table.#entries.set(key, before);
    }
    return { table, lost: lost.length };
  }

  /** Loses some of what it holds. */
  lose(share: number, random: Random): void {
    for (const key of [...this.#entries.keys()]) if (random.chance(share)) this.#entries.delete(key);
  }
}
