import type { Network } from './network.js';
import type { Case } from './oracle.js';
import type { Answer } from './subjects.js';
import type { Weather } from './weather.js';

export interface Report {
  readonly seed: number;
  readonly decisions: number;
  /** What happened how often. */
  readonly counts: Readonly<Record<string, number>>;
  /** How often each fault was met. */
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly reads: number;
  /** The most reads that one workspace made within any 1000 ms. */
  readonly busiestSecond: number;
  /** Ms of virtual time that decisions took while the process was not stalled: the 99th percentile, and the longest. */
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Sends that were never decided. */
  readonly hangs: number;
  /** Stands for all decisions in their order: the same seed gives the same. */
  readonly trace: string;
}

/** Counts what a run does. */
export class Tally {
  /** Sends that wait for their decision. */
  pending = 0;
  readonly #counts = new Map<string, number>();
  /** How many decisions took so many ms. */
  readonly #durations: number[] = [];
  #decisions = 0;
  #trace = 0x811c9dc5;

  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  decided({ customer, arrivedAt }: Case, { verdict, reason }: Answer, tookMs: number): void {
    this.#decisions += 1;
    this.#durations[tookMs] = (this.#durations[tookMs] ?? 0) + 1;
    for (const number of [customer, arrivedAt & 0xffffff, tookMs, verdict.length * 32 + reason.length]) {
      this.#trace = Math.imul(this.#trace ^ number, 0x01000193);
    }
  }

  report(seed: number, violations: readonly string[], network: Network, weather: Weather): Report {
    return {
      seed,
      decisions: this.#decisions,
      counts: Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1))),
      faults: Object.fromEntries(weather.met),
      violations,
      reads: network.reads,
      busiestSecond: network.busiestSecond,
      p99Ms: this.#durationOf(0.99),
      longestMs: this.#durations.length - 1,
      hangs: this.pending,
      trace: (this.#trace >>> 0).toString(16).padStart(8, '0'),
    };
  }

  #durationOf(share: number): number {
    let seen = 0;
    return this.#durations.findIndex((count = 0) => {
      seen += count;
      return seen >= share * this.#decisions;
    });
  }
}
