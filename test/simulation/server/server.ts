import type { Random } from '../model/random.js';
import type { ReadLease } from './read-leases.js';
import type { Members } from './read-limit.js';
import { Table } from './table.js';
import type { WindowRecord } from './windows.js';

/** A connection that is notified of changes. */
export interface Subscriber {
  /** @param key `undefined`: any may have changed */
  receive(key: string | undefined, writer: Subscriber | undefined): void;
}

interface Tables {
  readonly windows: Table<WindowRecord>;
  readonly tombstones: Table<string>;
  readonly leases: Table<ReadLease>;
  /** Until when reads have been granted, in microseconds. */
  readonly budgets: Table<number>;
  readonly members: Table<Members>;
}

function emptyTables(): Tables {
  return {
    windows: new Table(),
    tombstones: new Table(),
    leases: new Table(),
    budgets: new Table(),
    members: new Table(),
  };
}

/** A server that keeps what processes share, under the keys that they name, and notifies those that are connected. */
export class Server {
  readonly subscribers: Set<Subscriber> = new Set();
  /** The hashes of the scripts that it has been sent. */
  readonly scripts: Set<string> = new Set();
  /** Another server has taken over: what is written here is lost. */
  isDeposed = false;
  #tables: Tables;

  constructor(tables: Tables = emptyTables()) {
    this.#tables = tables;
  }

  get tables(): Tables {
    return this.#tables;
  }

  /** Notifies everybody, the writer too. */
  notify(key: string | undefined, writer?: Subscriber): void {
    for (const subscriber of this.subscribers) subscriber.receive(key, writer);
  }

  /** Loses everything but the scripts, and notifies everybody. */
  flush(): void {
    this.#tables = emptyTables();
    this.notify(undefined);
  }

  /** Loses some windows and tombstones, and notifies nobody, as a full server does. */
  evict(random: Random): void {
    this.#tables.windows.lose(0.3, random);
    this.#tables.tombstones.lose(0.3, random);
  }

  /** Takes over without what was written after an instant, and notifies nobody. */
  successor(after: number): { readonly server: Server; readonly lostWindows: number } {
    const { windows, tombstones, leases, budgets, members } = this.#tables;
    const kept = windows.without(after);
    const server = new Server({
      windows: kept.table,
      tombstones: tombstones.without(after).table,
      leases: leases.without(after).table,
      budgets: budgets.without(after).table,
      members: members.without(after).table,
    });
    this.isDeposed = true;
    return { server, lostWindows: kept.lost };
  }
}
