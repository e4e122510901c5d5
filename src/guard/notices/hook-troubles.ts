import type { Hook, HookFailure, HookWatcher } from '../../core/hook.js';
import type { ReportError } from '../../telemetry/reported-error.js';
import { TroublesByName, type TroublesTools } from './troubles-by-name.js';

/**
 * Tells when a hook begins to fail and when it works again, once for each hook and workspace, and not for each request.
 */
export class HookTroubles implements HookWatcher {
  readonly #troubles: TroublesByName;
  readonly #reportError: ReportError;
  /** Every request reports that a hook works, and nearly always there is nothing to end. */
  #hasFailed = false;

  constructor(tools: TroublesTools, reportError: ReportError) {
    this.#troubles = new TroublesByName(tools);
    this.#reportError = reportError;
  }

  failed(hook: Hook, failure: HookFailure): void {
    const { name, workspaceId, part = '' } = hook;
    const { cause, text, fields = {}, overText = 'Hook works again', error } = failure;
    if (Object.hasOwn(failure, 'error')) this.#reportError({ source: 'hook', hook: name, workspaceId, error });
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
