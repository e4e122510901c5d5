import type { ReadFaults } from './faults/read-faults.js';
import type { Network } from './model/network.js';
import type { Case } from './oracle/oracle.js';
import type { Answer } from './systems/systems-under-test.js';

/** A part of a run, in true time, that is counted for itself. */
export interface Slice {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface SliceReport {
  readonly decisions: number;
  readonly unknown: number;
  readonly reads: number;
  /** 99th percentile in ms over all decisions, and over those that memory could not give. */
  readonly p99Ms: number;
  readonly askedP99Ms: number;
  /** How long after its beginning an answer of Bird's first decided something, in ms. */
  readonly firstProofMs: number | undefined;
}

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
  readonly slices: Readonly<Record<string, SliceReport>>;
  /** Stands for all decisions in their order: the same seed gives the same. */
  readonly trace: string;
}

/** One decision, and what it took. */
export interface Decided {
  readonly asked: Case;
  readonly answer: Answer;
  readonly now: number;
  /** Ms of virtual time, without those in which the process stood still; `undefined`: decided at once. */
  readonly tookMs: number | undefined;
}

/** Counts what a run does. */
export class Tally {
  /** Sends that wait for their decision. */
  pending = 0;
  readonly #counts = new Map<string, number>();
  readonly #whole: SliceTally;
  readonly #slices: readonly SliceTally[];
  #trace = 0x811c9dc5;

  constructor(slices: readonly Slice[]) {
    this.#whole = new SliceTally({ name: '', from: 0, to: Number.POSITIVE_INFINITY });
    this.#slices = slices.map((slice) => new SliceTally(slice));
  }

  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  read(now: number): void {
    for (const slice of this.#slices) slice.read(now);
  }

  decided(decided: Decided): void {
    const { asked, answer, tookMs = 0 } = decided;
    this.#whole.decided(decided);
    for (const slice of this.#slices) slice.decided(decided);
    const { verdict, reason } = answer;
    for (const number of [asked.customer, asked.arrivedAt & 0xffffff, tookMs, verdict.length * 32 + reason.length]) {
      this.#trace = Math.imul(this.#trace ^ number, 0x01000193);
    }
  }

  report(seed: number, violations: readonly string[], network: Network, readFaults: ReadFaults): Report {
    const { decisions, p99Ms } = this.#whole.report();
    return {
      seed,
      decisions,
      counts: Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1))),
      faults: Object.fromEntries(readFaults.met),
      violations,
      reads: network.reads,
      busiestSecond: network.busiestSecond,
      p99Ms,
      longestMs: this.#whole.longestMs,
      hangs: this.pending,
      slices: Object.fromEntries(this.#slices.map((slice) => [slice.name, slice.report()])),
      trace: (this.#trace >>> 0).toString(16).padStart(8, '0'),
    };
  }
}

class SliceTally {
  readonly name: string;
  readonly #slice: Slice;
  /** How many decisions took each number of ms, without those from memory. */
  readonly #durations: number[] = [];
  #fromMemory = 0;
  #asked = 0;
  #unknown = 0;
  #reads = 0;
  #firstProofMs: number | undefined;

  constructor(slice: Slice) {
    this.name = slice.name;
    this.#slice = slice;
  }

  get longestMs(): number {
    return Math.max(0, this.#durations.length - 1);
  }

  read(now: number): void {
    if (now >= this.#slice.from && now < this.#slice.to) this.#reads += 1;
  }

  decided({ answer: { verdict, source }, now, tookMs }: Decided): void {
    if (now < this.#slice.from || now >= this.#slice.to) return;
    if (verdict === 'unknown') this.#unknown += 1;
    if (source === 'bird') this.#firstProofMs ??= now - this.#slice.from;
    if (tookMs === undefined) {
      this.#fromMemory += 1;
      return;
    }
    this.#asked += 1;
    this.#durations[tookMs] = (this.#durations[tookMs] ?? 0) + 1;
  }

  report(): SliceReport {
    const decisions = this.#asked + this.#fromMemory;
    return {
      decisions,
      unknown: this.#unknown,
      reads: this.#reads,
      p99Ms: this.#durationAt(0.99 * decisions - this.#fromMemory),
      askedP99Ms: this.#durationAt(0.99 * this.#asked),
      firstProofMs: this.#firstProofMs,
    };
  }

  #durationAt(position: number): number {
    let seen = 0;
    return Math.max(
      0,
      this.#durations.findIndex((count = 0) => {
        seen += count;
        return seen >= position;
      }),
    );
  }
}
