import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';
import type { LinkFaultKind, RedisLinkFaults } from '../server/redis-link-faults.js';
import type { Servers } from '../server/servers.js';
import type { FleetProcess } from './process.js';

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;
/** Longer than it takes until a process that is cut off reads by itself. */
const OVERLOAD_MS: number = 2 * SECOND;

export interface ServerFaultsParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly processes: readonly FleetProcess[];
  readonly servers: Servers;
  readonly linkFaults: RedisLinkFaults;
  /** Calls `forget` for a window, or for a channel. */
  readonly forget: (what: 'window' | 'channel') => void;
  /** Many sends to somebody who never wrote, for this long. */
  readonly burst: (ms: number) => void;
  /** Sends that need more reads than the workspace has, for this long. */
  readonly overload: (ms: number) => void;
  readonly count: (name: string) => void;
}

/** What goes wrong with the server that the processes share, and between it and them. */
export class ServerFaults {
  readonly #parts: ServerFaultsParts;

  constructor(parts: ServerFaultsParts) {
    this.#parts = parts;
  }

  /** Spreads the faults over the times with traffic. In the quiet times after it, windows are forgotten. */
  plan(shifts: readonly { readonly from: number; readonly to: number }[]): void {
    const { timeline, random, forget, servers, overload } = this.#parts;
    for (const { from, to } of shifts) {
      const maxMs = (to - from) / 4;
      const duration = (): number => random.spread(300, maxMs);
      const kinds: Readonly<Record<string, () => void>> = {
        'server unavailable for one': () => {
          overload(OVERLOAD_MS);
          this.#cut([this.#anyone()], duration());
        },
        'server unavailable for all': () => this.#cut(this.#parts.processes, duration()),
        'two servers': () => this.#failOver(maxMs),
        'server flushed': () => {
          overload(OVERLOAD_MS);
          // By then its burst is spent.
          timeline.at(timeline.now + OVERLOAD_MS / 4, () => servers.flush());
        },
        'windows evicted': () => servers.evict(),
        'failing for one': () => {
          overload(OVERLOAD_MS);
          this.#begin('failing', this.#anyone(), duration());
        },
        'failing for all': () => this.#begin('failing', undefined, duration()),
        'slow for one': () => this.#begin('slow', this.#anyone(), duration()),
        'slow for all': () => this.#begin('slow', undefined, duration()),
        'late for all': () => this.#begin('late', undefined, duration()),
        'window forgotten': () => forget('window'),
        'channel forgotten': () => forget('channel'),
      };
      for (const [name, inject] of Object.entries(kinds)) this.#planOne(random.between(from, to), name, inject);
      for (let times = 0; times < 10; times += 1) {
        timeline.at(to + random.between(10 * MINUTE, 50 * MINUTE), () => forget('window'));
      }
    }
  }

  #planOne(at: number, name: string, inject: () => void): void {
    this.#parts.timeline.at(at, () => {
      this.#parts.count(name);
      inject();
    });
  }

  #anyone(): FleetProcess {
    return this.#parts.random.pick(this.#parts.processes);
  }

  #cut(processes: readonly FleetProcess[], ms: number): void {
    for (const { link, timeline } of processes) link.cut(timeline.now + ms);
  }

  #failOver(maxMs: number): void {
    const { timeline, random, servers, burst } = this.#parts;
    for (let windows = 0; windows < 3; windows += 1) burst(Math.min(maxMs, 3 * SECOND));
    servers.failOver(random.spread(10, 3 * SECOND), (link) => {
      const movesAt = timeline.now + random.spread(50, maxMs);
      timeline.at(movesAt, () => link.cut(movesAt));
    });
  }

  #begin(kind: LinkFaultKind, process: FleetProcess | undefined, ms: number): void {
    const { linkFaults, processes, timeline } = this.#parts;
    const index = process === undefined ? undefined : processes.indexOf(process);
    linkFaults.begin({ kind, process: index, until: timeline.now + ms });
  }
}
