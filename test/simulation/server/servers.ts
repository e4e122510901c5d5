import type { Random } from '../model/random.js';
import { Server } from './server.js';
import type { ServerLink } from './server-link.js';

export interface ServersParts {
  readonly now: () => number;
  readonly random: Random;
  /** The links of all processes, as they are now. */
  readonly links: () => readonly ServerLink[];
  /** Some of what the server held may be gone. */
  readonly onLoss: () => void;
  readonly count: (name: string) => void;
}

/** Which server new connections find, and what befalls it. */
export class Servers {
  current: Server = new Server();
  #twoAt = Number.NEGATIVE_INFINITY;
  readonly #parts: ServersParts;

  constructor(parts: ServersParts) {
    this.#parts = parts;
  }

  /** Whether for so long every process that was connected was so with the one that counts; asked at each read. */
  areOneFor(ms: number): boolean {
    const { now, links } = this.#parts;
    const areOne = links().every(({ server }) => server === undefined || server === this.current);
    if (!areOne) this.#twoAt = now();
    return this.#twoAt < now() - ms;
  }

  /**
   * Another server takes over, which lacks the last writes. Each process finds that out at its own time: until then the
   * old one serves it, and what it writes there is gone afterwards.
   *
   * @param move leads one process away from the old server
   */
  failOver(lagMs: number, move: (link: ServerLink) => void): void {
    const { now, links, count } = this.#parts;
    this.#twoAt = now();
    const old = this.current;
    const { server, lost } = old.successor(now() - lagMs);
    this.current = server;
    for (let write = 0; write < lost; write += 1) count('write lost');
    this.#disturb();
    for (const link of links()) if (link.server === old) move(link);
  }

  flush(): void {
    this.current.flush();
    this.#disturb();
  }

  /** Loses some windows and marks, and tells nobody, as a server does that is full. */
  evict(): void {
    const { random } = this.#parts;
    this.current.tables.windows.lose(0.3, random);
    this.current.tables.marks.lose(0.3, random);
    this.#disturb();
  }

  /** What processes share is not what it was, whether or not they notice. */
  #disturb(): void {
    this.#parts.onLoss();
    for (const link of this.#parts.links()) {
      link.disturbedAt = this.#parts.now();
      link.rouse();
    }
  }
}
