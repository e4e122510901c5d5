import type { Cache, Clock, Logger } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import type { LogOnce } from './log-once.js';
import { type Failure, Troubles } from './troubles.js';

const MAX_FAILING = 1_000;

export interface TroublesTools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logOnce: LogOnce;
}

/** What is in trouble: its name, the kind whose lines in the log are counted together, and the ids for each line. */
export interface Troubled {
  readonly name: string;
  readonly kind: string;
  readonly ids: Readonly<Record<string, unknown>>;
}

/**
 * The troubles of many things, each with its own beginning and end. Strangers may name as many as they like: of each kind
 * only so many begin in an hour.
 */
export class TroublesByName {
  readonly #tools: TroublesTools;
  readonly #byName: Cache<Troubles> = memoryCache({ max: MAX_FAILING });

  constructor(tools: TroublesTools) {
    this.#tools = tools;
  }

  isOpen(name: string, cause: string): boolean {
    return this.#byName.get(name)?.isOpen(cause) === true;
  }

  failed({ name, kind, ids }: Troubled, failure: Failure): void {
    const known = this.#byName.get(name);
    if (known === undefined && !this.#tools.logOnce.admits(kind)) return;
    const troubles = known ?? new Troubles(this.#tools, ids);
    this.#byName.set(name, troubles);
    troubles.failed(failure);
  }

  worked(name: string, part: string): void {
    this.#byName.get(name)?.worked(part);
  }
}
