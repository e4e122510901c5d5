import type { Random } from '../model/random.js';
import { endOf, type Member } from './members.js';

/** A process that is connected to a server. */
export interface Listener {
  /** A key was changed; `undefined`: it may have been any. */
  receive(key: string | undefined): void;
}

/**
 * Who may read a window, and what the last read brought. Like everything that servers keep, it is replaced and never
 * changed.
 */
export interface ReadLease {
  readonly number: number;
  readonly reader?: string | undefined;
  readonly until?: number | undefined;
  /** The read that brought `answer`. */
  readonly answeredNumber?: number | undefined;
  readonly answer?: string | undefined;
  readonly expiresAt: number;
}

/** Entries with the memory of what the last writes have replaced, so that these can be lost. */
export class Table<V> {
  readonly #entries: Map<string, V>;
  readonly #undo: { readonly at: number; readonly name: string; readonly before: V | undefined }[] = [];

  constructor(entries: ReadonlyMap<string, V> = new Map()) {
    this.#entries = new Map(entries);
  }

  get(name: string): V | undefined {
    return this.#entries.get(name);
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }

  set(name: string, value: V, at: number): void {
    this.#undo.push({ at, name, before: this.#entries.get(name) });
    if (this.#undo.length > 20_000) this.#undo.splice(0, 10_000);
    this.#entries.set(name, value);
  }

  /** As it would be without what was written after an instant. */
  without(after: number): { readonly table: Table<V>; readonly lost: number } {
    const table = new Table(this.#entries);
    const lost = this.#undo.filter(({ at }) => at > after);
    for (const { name, before } of lost.toReversed()) {
      if (before === undefined) table.#entries.delete(name);
      else table.#entries.set(name, before);
    }
    return { table, lost: lost.length };
  }

  map(change: (value: V) => V): Table<V> {
    return new Table(new Map([...this.#entries].map(([name, value]) => [name, change(value)])));
  }

  /** Loses some of what it holds. */
  lose(share: number, random: Random): void {
    for (const name of [...this.#entries.keys()]) if (random.chance(share)) this.#entries.delete(name);
  }
}

/** By key in Redis, except for the members. */
interface Tables {
  /** The records of windows, as text. */
  readonly windows: Table<string>;
  readonly tombstones: Table<string>;
  readonly leases: Table<ReadLease>;
  /** Until when reads have been granted. */
  readonly budgets: Table<number>;
  /** The members, by process. */
  readonly members: Table<Member>;
  /** Until when nobody knows what was read. */
  readonly unknownUntil: Table<number>;
}

function emptyTables(): Tables {
  return {
    windows: new Table(),
    tombstones: new Table(),
    leases: new Table(),
    budgets: new Table(),
    members: new Table(),
    unknownUntil: new Table(),
  };
}

/** A server that keeps what processes share, and notifies those that are connected of changes. */
export class Server {
  readonly listeners: Set<Listener> = new Set();
  /** Another server has taken over: what is written here is lost. */
  isDeposed = false;
  /** The scripts that it has run, by their hashes. No other server learns them from it. */
  readonly scripts: Set<string> = new Set();
  #tables: Tables;

  constructor(tables: Tables = emptyTables()) {
    this.#tables = tables;
  }

  get tables(): Tables {
    return this.#tables;
  }

  /** Notifies everybody who is connected, the writer too. */
  notify(key: string | undefined): void {
    for (const listener of this.listeners) listener.receive(key);
  }

  /** Loses everything, and notifies everybody. */
  flush(): void {
    this.#tables = emptyTables();
    this.notify(undefined);
  }

  /** Takes over without what was written after an instant, and notifies nobody. */
  successor(after: number): { readonly server: Server; readonly lost: number } {
    const { windows, tombstones, leases, budgets, members, unknownUntil } = this.#tables;
    const kept = windows.without(after);
    const server = new Server({
      windows: kept.table,
      tombstones: tombstones.without(after).table,
      leases: leases.without(after).table,
      budgets: budgets.without(after).table,
      members: members.without(after).table.map((member) => ({ endsAt: endOf(member, after) })),
      unknownUntil: unknownUntil.without(after).table,
    });
    this.isDeposed = true;
    return { server, lost: kept.lost };
  }
}
