import type { Random } from '../model/random.js';
import { Server } from './server.js';
import type { ServerLink } from './server-link.js';

export interface ServersParts {
  readonly now: () => number;
  readonly random: Random;
  /** The links of all processes, as they are now. */
  readonly links: () => readonly ServerLink[];
  /** The server may have lost something. */
  readonly onLoss: () => void;
  readonly count: (name: string) => void;
}

/** Which server new connections find, and the faults of it. */
export class Servers {
  current: Server = new Server();
  #twoAt = Number.NEGATIVE_INFINITY;
  readonly #parts: ServersParts;

  constructor(parts: ServersParts) {
    this.#parts = parts;
  }

  /** Whether nobody was connected to another server than the current one for this long. Asked at each read. */
  areOneFor(ms: number): boolean {
    const { now, links } = this.#parts;
    const areOne = links().every(({ server }) => server === undefined || server === this.current);
    if (!areOne) this.#twoAt = now();
    return this.#twoAt < now() - ms;
  }

  /**
   * Another server takes over, without the last writes. Each process notices at its own time. Until then the old server
   * serves it, and what it writes there is lost.
   *
   * @param move has one process leave the old server
   */
  failOver(lagMs: number, move: (link: ServerLink) => void): void {
    const { now, links, count } = this.#parts;
    this.#twoAt = now();
    const old = this.current;
    const { server, lostWindows } = old.successor(now() - lagMs);
    this.current = server;
    for (let write = 0; write < lostWindows; write += 1) count('write lost');
    this.#disturb();
    for (const link of links()) if (link.server === old) move(link);
  }

  flush(): void {
    this.current.flush();
    this.#disturb();
  }

  evict(): void {
    this.current.evict(this.#parts.random);
    this.#disturb();
  }

  /** What processes share has changed, whether or not they notice. */
  #disturb(): void {
    this.#parts.onLoss();
    for (const link of this.#parts.links()) link.disturbedAt = this.#parts.now();
  }
}
