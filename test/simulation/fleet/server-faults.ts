import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';
import type { LinkWeather, StormKind } from '../server/redis-link-faults.js';
import type { Servers } from '../server/servers.js';
import type { FleetProcess } from './process.js';

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;
/** Until after a process that is cut off reads by itself. */
const RUSH_MS: number = 2 * SECOND;

export interface FleetTroublesParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly processes: readonly FleetProcess[];
  readonly servers: Servers;
  readonly weather: LinkWeather;
  /** Somebody has what is known of a customer's window, or of all on a channel, forgotten. */
  readonly forget: (what: 'window' | 'channel') => void;
  /** Many want to know the window of somebody who never wrote, for so long. */
  readonly crowd: (ms: number) => void;
  /** A workspace needs more reads than it has, for so long. */
  readonly rush: (ms: number) => void;
  readonly count: (name: string) => void;
}

/** What goes wrong with the server that the processes share, and between it and them. */
export class FleetTroubles {
  readonly #parts: FleetTroublesParts;

  constructor(parts: FleetTroublesParts) {
    this.#parts = parts;
  }

  /** Spreads each of them over the times in which there is traffic; in the quiet after it windows are forgotten. */
  plan(shifts: readonly { readonly from: number; readonly to: number }[]): void {
    const { timeline, random, forget, servers, rush } = this.#parts;
    for (const { from, to } of shifts) {
      const longestMs = (to - from) / 4;
      const duration = (): number => random.spread(300, longestMs);
      const kinds: Readonly<Record<string, () => void>> = {
        'server away for one': () => {
          rush(RUSH_MS);
          this.#cut([this.#anyone()], duration());
        },
        'server away for all': () => this.#cut(this.#parts.processes, duration()),
        'two servers': () => this.#failOver(longestMs),
        'server flushed': () => {
          rush(RUSH_MS);
          // Its burst is spent by then.
          timeline.at(timeline.now + RUSH_MS / 4, () => servers.flush());
        },
        'windows evicted': () => servers.evict(),
        'failing for one': () => {
          rush(RUSH_MS);
          this.#storm('failing', this.#anyone(), duration());
        },
        'failing for all': () => this.#storm('failing', undefined, duration()),
        'slow for one': () => this.#storm('slow', this.#anyone(), duration()),
        'slow for all': () => this.#storm('slow', undefined, duration()),
        'late for all': () => this.#storm('late', undefined, duration()),
        'window forgotten': () => forget('window'),
        'channel forgotten': () => forget('channel'),
      };
      for (const [name, strike] of Object.entries(kinds)) this.#planOne(random.between(from, to), name, strike);
      for (let times = 0; times < 10; times += 1) {
        timeline.at(to + random.between(10 * MINUTE, 50 * MINUTE), () => forget('window'));
      }
    }
  }

  #planOne(at: number, name: string, strike: () => void): void {
    this.#parts.timeline.at(at, () => {
      this.#parts.count(name);
      strike();
    });
  }

  #anyone(): FleetProcess {
    return this.#parts.random.pick(this.#parts.processes);
  }

  #cut(processes: readonly FleetProcess[], ms: number): void {
    for (const { link, timeline } of processes) link.cut(timeline.now + ms);
  }

  #failOver(longestMs: number): void {
    const { timeline, random, servers, crowd } = this.#parts;
    for (let windows = 0; windows < 3; windows += 1) crowd(Math.min(longestMs, 3 * SECOND));
    servers.failOver(random.spread(10, 3 * SECOND), (link) => {
      const movesAt = timeline.now + random.spread(50, longestMs);
      timeline.at(movesAt, () => link.cut(movesAt));
    });
  }

  #storm(kind: StormKind, process: FleetProcess | undefined, ms: number): void {
    const { weather, processes, timeline } = this.#parts;
    const index = process === undefined ? undefined : processes.indexOf(process);
    weather.begin({ kind, process: index, until: timeline.now + ms });
  }
}
