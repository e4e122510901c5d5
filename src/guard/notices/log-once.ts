import type { Cache, Clock, Logger } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';

type Fields = Readonly<Record<string, unknown>>;

const MAX_NAMES = 10_000;
const MAX_LINES = 1_000;
const HOUR_MS = 3_600_000;

interface Kind {
  readonly said: Cache<object>;
  lines: number;
  since: number;
}

/**
 * What is said once for each name. Each kind has lines of its own, 1000 an hour: what strangers can cause without end,
 * such as ids that nobody knows, must not silence anything else.
 */
export class LogOnce {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #kinds = new Map<string, Kind>();

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Warns once for a name. A kind is a name of ours, never anything that came from outside. */
  warn(kind: string, name: string, fields: Fields, text: string): void {
    const { said } = this.#kind(kind);
    if (said.get(name) !== undefined || !this.admits(kind)) return;
    said.set(name, {});
    this.#logger.warn(fields, text);
  }

  /** Takes one of the lines that a kind has in an hour. */
  admits(kind: string): boolean {
    const state = this.#kind(kind);
    const now = this.#clock.now();
    if (now - state.since >= HOUR_MS) Object.assign(state, { lines: 0, since: now });
    state.lines += 1;
    if (state.lines === MAX_LINES + 1) this.#logger.warn({ kind }, 'More lines of this kind are left out for an hour');
    return state.lines <= MAX_LINES;
  }

  #kind(kind: string): Kind {
    const state = this.#kinds.get(kind) ?? {
      said: memoryCache({ max: MAX_NAMES }),
      lines: 0,
      since: this.#clock.now(),
    };
    this.#kinds.set(kind, state);
    return state;
  }
}
