import type { Clock } from '../../ports.js';
import type { WindowStatus } from '../window-query.js';

export interface WatchedWindowParts {
  readonly clock: Clock;
  /** The time as Bird has it, epoch ms. */
  readonly now: () => number;
  /** What is remembered, up to the window's true end; `undefined` where Bird must be asked. */
  readonly recall: () => WindowStatus | undefined | Promise<WindowStatus | undefined>;
  /** What Bird says; `undefined` where it must not be asked now. Never rejects. */
  readonly ask: () => Promise<WindowStatus | undefined>;
  /** After how long memory is asked again, in ms, where nobody says that it has changed. */
  readonly recallAgainMs: number;
  readonly onChange: (status: WindowStatus) => void;
}

/** Bird is asked again after so long, where the customer may have written without anybody having said so. */
const CLOSED_ASK_AGAIN_MS = 5 * 60_000;
/** An open window needs no question, but its channel may have been switched off. It is read every 10 minutes at most. */
const OPEN_ASK_AGAIN_MS = 10 * 60_000;
const UNKNOWN_ASK_AGAIN_MS = 15_000;
const MAX_UNKNOWN_ASK_AGAIN_MS = 5 * 60_000;
/** However often something happens. */
const MIN_APART_MS = 5_000;

/** After which a question that could not be asked is tried again. */
const MIN_WAIT_MS = 1_000;

/**
 * Keeps an eye on one window for all who watch it. Memory is asked as soon as something was observed, and from time to
 * time; Bird only when the window ends, when memory knows no more, and at long intervals.
 */
export class WatchedWindow {
  /** `undefined`: nobody has answered yet. */
  status: WindowStatus | undefined;
  readonly #parts: WatchedWindowParts;
  /** By the guard's clock, epoch ms. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #askAt = Number.NEGATIVE_INFINITY;
  #unknownAskAgainMs = UNKNOWN_ASK_AGAIN_MS;
  #isAsking = false;
  #isStopped = false;
  #timer: unknown;

  constructor(parts: WatchedWindowParts) {
    this.#parts = parts;
  }

  /** Takes what is remembered, and asks Bird where that is due. */
  look(): void {
    if (this.#isStopped) return;
    const recalled = this.#parts.recall();
    if (recalled instanceof Promise) void recalled.then((status) => this.#take(status));
    else this.#take(recalled);
  }

  /** Something was observed: where memory does not say open, Bird has to be asked. */
  changed(): void {
    this.#askAt = Math.min(this.#askAt, this.#askedAt + MIN_APART_MS);
    this.look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#parts.clock.clearTimeout(this.#timer);
  }

  #take(recalled: WindowStatus | undefined): void {
    if (this.#isStopped) return;
    const now = this.#parts.clock.now();
    // Before what is remembered now becomes the status.
    const isDue = recalled === undefined && this.#isLost(now);
    if (recalled !== undefined) this.#remembered(recalled, now);
    if (isDue || now >= this.#askAt) this.#ask(now);
    this.#schedule(now);
  }

  /** Whether an open window has ended, or memory knows it no more. */
  #isLost(now: number): boolean {
    if (this.status?.verdict !== 'allow') return false;
    const { openUntil, source } = this.status;
    if (openUntil !== null && openUntil <= this.#parts.now()) return true;
    return source === 'memory' && now >= this.#askedAt + MIN_APART_MS;
  }

  #remembered(status: WindowStatus, now: number): void {
    if (this.#askedAt === Number.NEGATIVE_INFINITY) this.#askedAt = now;
    this.#unknownAskAgainMs = UNKNOWN_ASK_AGAIN_MS;
    this.#askAt = this.#askedAt + OPEN_ASK_AGAIN_MS;
    this.#publish(status);
  }

  #ask(now: number): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    void this.#parts.ask().then(async (answered) => {
      // Recalling would put the window into the index of its watches again, and nobody would take it out.
      if (this.#isStopped) return;
      // What was observed while Bird was asked is newer than the answer.
      const recalled = await this.#parts.recall();
      this.#isAsking = false;
      if (this.#isStopped) return;
      if (answered !== undefined) this.#answered(answered, now);
      if (recalled !== undefined) this.#remembered(recalled, now);
      else if (answered !== undefined) this.#publish(answered);
      this.#schedule(this.#parts.clock.now());
    });
  }

  #answered({ verdict }: WindowStatus, askedAt: number): void {
    this.#askedAt = askedAt;
    this.#askAt = askedAt + this.#askAgainMs(verdict);
  }

  #askAgainMs(verdict: WindowStatus['verdict']): number {
    const afterMs = this.#unknownAskAgainMs;
    this.#unknownAskAgainMs =
      verdict === 'unknown' ? Math.min(MAX_UNKNOWN_ASK_AGAIN_MS, afterMs * 2) : UNKNOWN_ASK_AGAIN_MS;
    if (verdict === 'unknown') return afterMs;
    return verdict === 'deny' ? CLOSED_ASK_AGAIN_MS : OPEN_ASK_AGAIN_MS;
  }

  #publish(status: WindowStatus): void {
    const before = this.status;
    this.status = status;
    if (before === undefined || !isSame(before, status)) this.#parts.onChange(status);
  }

  #schedule(now: number): void {
    const { clock, recallAgainMs } = this.#parts;
    clock.clearTimeout(this.#timer);
    const dueInMs = this.#isAsking ? recallAgainMs : Math.min(recallAgainMs, this.#askAt - now, this.#endsInMs());
    this.#timer = clock.setTimeout(() => this.look(), Math.max(MIN_WAIT_MS, dueInMs));
  }

  /** In how many ms the open window ends. */
  #endsInMs(): number {
    const openUntil = this.status?.openUntil ?? null;
    return openUntil === null ? Number.POSITIVE_INFINITY : openUntil - this.#parts.now();
  }
}

function isSame(one: WindowStatus, other: WindowStatus): boolean {
  return (
    one.verdict === other.verdict &&
    one.reason === other.reason &&
    one.openUntil === other.openUntil &&
    one.closedAt === other.closedAt
  );
}
