import type { Cache, Clock, Logger } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import type { LogOnce } from './log-once.js';
import { Troubles } from './troubles.js';

const MAX_FAILING = 1_000;
const CAUSE = 'workspace_options';

interface Tools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logOnce: LogOnce;
}

/** The workspaces for which the function for options fails, which has been logged. */
export class OptionsTroubles {
  readonly #tools: Tools;
  readonly #byId: Cache<Troubles> = memoryCache({ max: MAX_FAILING });

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  isOpen(workspaceId: string): boolean {
    return this.#byId.get(workspaceId)?.isOpen(CAUSE) === true;
  }

  failed(workspaceId: string, problem: string): void {
    const known = this.#byId.get(workspaceId);
    // Where it fails for whatever id a stranger writes, not each id is logged.
    if (known === undefined && !this.#tools.logOnce.admits(CAUSE)) return;
    const troubles = known ?? new Troubles(this.#tools, { workspaceId });
    this.#byId.set(workspaceId, troubles);
    troubles.failed({
      cause: CAUSE,
      part: CAUSE,
      level: 'error',
      fields: { problem },
      text: 'The options of a workspace could not be obtained',
      overText: 'The options of a workspace can be obtained again',
    });
  }

  worked(workspaceId: string): void {
    this.#byId.get(workspaceId)?.worked(CAUSE);
  }
}
