import { type DroppedLines, type LoggedDecision, readLogLine } from './log-line.js';
import { READS_PER_SECOND, ReadsTally, type WorkspaceReads } from './reads.js';
import { type ModeSummary, summaryOfMode } from './rows.js';
import { sentenceOf } from './sentence.js';
import { ModeTally } from './tally.js';

/** What the lines of a log say together. It goes out as JSON, so instants are texts. */
export interface Summary {
  /** The first and the last decision. */
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly files: number;
  /** Lines that count: neither damaged, nor of another time or workspace than asked for. */
  readonly decisions: number;
  readonly damaged: { readonly lines: number; readonly first: readonly string[] };
  /** Decisions that have no line, because the log could not keep up. */
  readonly dropped: number;
  /** What `enforce` would change. */
  readonly sentence: string;
  /** What `enforce` would have done; absent where nothing was decided in `observe` mode. */
  readonly observe: ModeSummary | undefined;
  /** What was done; absent where nothing was decided in `enforce` mode. */
  readonly enforce: ModeSummary | undefined;
  readonly reads: ReadsSummary;
}

export interface ReadsSummary {
  readonly allowedPerSecond: number;
  readonly workspaces: readonly (Omit<WorkspaceReads, 'busiest'> & {
    readonly busiest: { readonly at: string; readonly perSecond: number } | undefined;
  })[];
  readonly hours: readonly { readonly at: string; readonly perSecond: number }[];
}

export interface Filter {
  /** Epoch ms. */
  readonly since: number | undefined;
  readonly workspaceId: string | undefined;
}

const MAX_EXAMPLES = 5;

/** Takes in the lines of a log, in any order, in bounded memory. */
export class LogTally {
  readonly #filter: Filter;
  readonly #modes = { observe: new ModeTally(), enforce: new ModeTally() };
  readonly #reads = new ReadsTally();
  readonly #damaged: string[] = [];
  #damagedLines = 0;
  #decisions = 0;
  #dropped = 0;
  #from = Number.POSITIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  /** @param line `undefined`: one that could not be read */
  add(line: string | undefined, where: () => string): void {
    const said = line === undefined ? undefined : readLogLine(line);
    if (said === undefined) this.#addDamaged(where);
    else if (said.at < (this.#filter.since ?? 0)) return;
    else if ('dropped' in said) this.#addDropped(said);
    else this.#addDecision(said);
  }

  summary(files: number): Summary {
    const isEmpty = this.#decisions === 0;
    const [observe, enforce] = [summaryOfMode(this.#modes.observe), summaryOfMode(this.#modes.enforce)];
    return {
      from: isEmpty ? undefined : new Date(this.#from).toISOString(),
      until: isEmpty ? undefined : new Date(this.#until).toISOString(),
      files,
      decisions: this.#decisions,
      damaged: { lines: this.#damagedLines, first: this.#damaged },
      dropped: this.#dropped,
      sentence: sentenceOf({ observe, enforce, spanMs: isEmpty ? 0 : this.#until - this.#from }),
      observe,
      enforce,
      reads: readsOf(this.#reads),
    };
  }

  #addDecision(decision: LoggedDecision): void {
    const { workspaceId } = this.#filter;
    if (workspaceId !== undefined && decision.workspaceId !== workspaceId) return;
    this.#decisions += 1;
    this.#from = Math.min(this.#from, decision.at);
    this.#until = Math.max(this.#until, decision.at);
    this.#modes[decision.mode].add(decision);
    this.#reads.add(decision);
  }

  #addDropped({ dropped }: DroppedLines): void {
    this.#dropped += dropped;
  }

  #addDamaged(where: () => string): void {
    this.#damagedLines += 1;
    if (this.#damaged.length < MAX_EXAMPLES) this.#damaged.push(where());
  }
}

function readsOf(tally: ReadsTally): ReadsSummary {
  return {
    allowedPerSecond: READS_PER_SECOND,
    workspaces: tally
      .workspaces()
      .map(({ busiest, ...workspace }) => ({ ...workspace, busiest: busiest && withText(busiest) })),
    hours: tally.hours().map(withText),
  };
}

function withText({
  at,
  perSecond,
}: {
  readonly at: number;
  readonly perSecond: number;
}): ReadsSummary['hours'][number] {
  return { at: new Date(at).toISOString(), perSecond: Math.round(perSecond * 100) / 100 };
}
