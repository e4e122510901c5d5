import type { Clock, Logger } from '../../ports.js';

type Fields = Readonly<Record<string, unknown>>;

/** Something that keeps the guard from working. */
export interface Failure {
  /** Which trouble it is, as a program reads it. */
  readonly cause: string;
  /** What failed of several things that can fail and work apart from each other. */
  readonly part: string;
  readonly fields: Fields;
  /** What is said when the trouble begins. */
  readonly text: string;
  /** What is said when it is over. */
  readonly overText: string;
  /** Default `warn`. */
  readonly level?: 'warn' | 'error' | undefined;
  /** Whatever part works again, the trouble is over: parts do not have it by themselves. */
  readonly isOfAllParts?: boolean | undefined;
}

interface Trouble {
  readonly parts: Set<string>;
  readonly beganAt: number;
  readonly isOfAllParts: boolean;
  readonly overText: string;
  failures: number;
  lastAt: number;
  isTold: boolean;
}

interface Rest {
  readonly loggedAt: number;
  readonly restMs: number;
}

const FIRST_REST_MS = 60_000;
const MAX_REST_MS = 3_600_000;
/** What has not failed for so long was over, though nobody saw it work. */
const FORGOTTEN_MS = 3_600_000;

/**
 * Logs when a trouble begins and when it is over, however many sends it touches. One that comes and goes is logged ever
 * more rarely: a minute apart at first, an hour in the end.
 */
export class Troubles {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ids: Fields;
  readonly #open = new Map<string, Trouble>();
  readonly #rests = new Map<string, Rest>();

  /** @param ids goes into each line */
  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }, ids: Fields = {}) {
    this.#clock = clock;
    this.#logger = logger;
    this.#ids = ids;
  }

  isOpen(cause: string): boolean {
    return this.#open.has(cause);
  }

  failed(failure: Failure): void {
    const { cause, part, fields, text, level = 'warn' } = failure;
    const now = this.#clock.now();
    const known = this.#open.get(cause);
    const trouble = known !== undefined && now - known.lastAt < FORGOTTEN_MS ? known : beginning(failure, now);
    this.#open.set(cause, trouble);
    trouble.parts.add(part);
    trouble.failures += 1;
    trouble.lastAt = now;
    if (trouble.isTold || !this.#mayTell(cause, now)) return;
    trouble.isTold = true;
    this.#logger[level]({ ...this.#ids, cause, ...fields }, text);
  }

  /** A part has worked. */
  worked(part: string): void {
    for (const [cause, trouble] of this.#open) {
      trouble.parts.delete(part);
      if (trouble.parts.size === 0 || trouble.isOfAllParts) this.#end(cause, trouble);
    }
  }

  #end(cause: string, { isTold, failures, beganAt, overText }: Trouble): void {
    this.#open.delete(cause);
    if (!isTold) return;
    const fields = { ...this.#ids, cause, failures, lastedMs: this.#clock.now() - beganAt };
    // Whoever saw it begin has to see it end.
    if (this.#logger.info === undefined) this.#logger.warn(fields, overText);
    else this.#logger.info(fields, overText);
  }

  #mayTell(cause: string, now: number): boolean {
    const rest = this.#rests.get(cause);
    const sinceMs = rest === undefined ? Number.POSITIVE_INFINITY : now - rest.loggedAt;
    if (rest !== undefined && sinceMs < rest.restMs) return false;
    const isAgain = rest !== undefined && sinceMs < 2 * rest.restMs;
    this.#rests.set(cause, { loggedAt: now, restMs: isAgain ? Math.min(2 * rest.restMs, MAX_REST_MS) : FIRST_REST_MS });
    return true;
  }
}

function beginning({ overText, isOfAllParts = false }: Failure, now: number): Trouble {
  return { parts: new Set(), beganAt: now, isOfAllParts, overText, failures: 0, lastAt: now, isTold: false };
}
