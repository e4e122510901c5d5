import type { Hook, HookFailure, HookWatcher } from '../../core/hook.js';
import { TroublesByName, type TroublesTools } from './troubles-by-name.js';

/**
 * Tells when a hook begins to fail and when it works again, once for each hook and workspace, and not for each request.
 */
export class HookTroubles implements HookWatcher {
  readonly #troubles: TroublesByName;
  /** Every request reports that a hook works, and nearly always there is nothing to end. */
  #hasFailed = false;

  constructor(tools: TroublesTools) {
    this.#troubles = new TroublesByName(tools);
  }

  failed(hook: Hook, { cause, text, fields = {}, overText = 'Hook works again' }: HookFailure): void {
    const { name, workspaceId, part = '' } = hook;
    this.#hasFailed = true;
    // Each hook has lines of its own, so that none silences another, in whatever many workspaces it fails.
    this.#troubles.failed(
      {
        name: nameOf(hook),
        kind: `hook ${name}`,
        ids: workspaceId === undefined ? { hook: name } : { workspaceId, hook: name },
      },
      { cause, part, level: 'error', fields, text, overText },
    );
  }

  worked(hook: Hook): void {
    if (this.#hasFailed) this.#troubles.worked(nameOf(hook), hook.part ?? '');
  }
}

function nameOf({ name, workspaceId = '' }: Hook): string {
  return `${name} ${workspaceId}`;
}
