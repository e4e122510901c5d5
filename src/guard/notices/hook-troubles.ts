import type { Hook, HookFailure, HookWatcher } from '../../core/hook.js';
import type { Cache, Clock, Logger } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import type { LogOnce } from './log-once.js';
import { Troubles } from './troubles.js';

const MAX_FAILING = 1_000;

interface Tools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logOnce: LogOnce;
}

/**
 * Tells when a hook begins to fail and when it works again, once for each hook and workspace, and not for each request.
 */
export class HookTroubles implements HookWatcher {
  readonly #tools: Tools;
  readonly #byName: Cache<Troubles> = memoryCache({ max: MAX_FAILING });
  /** Every request reports that a hook works, and nearly always there is nothing to end. */
  #hasFailed = false;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  failed(hook: Hook, { cause, text, fields = {}, overText = 'Hook works again' }: HookFailure): void {
    const known = this.#byName.get(nameOf(hook));
    // Each hook has lines of its own, so that none silences another, in whatever many workspaces it fails.
    if (known === undefined && !this.#tools.logOnce.admits(`hook ${hook.name}`)) return;
    const { name, workspaceId, part = '' } = hook;
    const ids = workspaceId === undefined ? { hook: name } : { workspaceId, hook: name };
    const troubles = known ?? new Troubles(this.#tools, ids);
    this.#byName.set(nameOf(hook), troubles);
    this.#hasFailed = true;
    troubles.failed({ cause, part, level: 'error', fields, text, overText });
  }

  worked(hook: Hook): void {
    if (this.#hasFailed) this.#byName.get(nameOf(hook))?.worked(hook.part ?? '');
  }
}

function nameOf({ name, workspaceId = '' }: Hook): string {
  return `${name} ${workspaceId}`;
}
