import { LookupError } from '../../errors.js';
import type { GuardInternals } from '../../guard/internals.js';
import type { HookTroubles } from '../../guard/notices/hook-troubles.js';
import { Troubles } from '../../guard/notices/troubles.js';
import type { Logger } from '../../ports.js';
import type { WebhookAnswer } from './answers.js';

type Problem =
  | Extract<WebhookAnswer, 'signature_invalid' | 'channel_not_found' | 'unavailable' | 'raw_body_required'>
  | 'signing_key_missing';

/** A function of the application that is called after the answer. */
export type WebhookHook = 'onEvent' | 'onOptOut';

/** What somebody should look at; the other answers are the sender's affair, or none at all. */
const texts: Readonly<Record<Problem, string>> = {
  signature_invalid:
    'Events arrive with an invalid signature; are publicUrl and signingKeys those of the subscription?',
  signing_key_missing:
    'Events arrive, and there is no key to verify them with; give signingKeys, here or in the options of the workspace',
  channel_not_found: 'Events arrive for channels of another workspace; whose subscription calls this endpoint?',
  unavailable: 'Events cannot be accepted now, so Bird repeats them',
  raw_body_required: 'Events arrive with a parsed body; mount the receiver in front of the body parser',
};

/** What the receiver logs: each trouble when it begins, and when an event is accepted again. */
export class WebhookNotices {
  readonly #logger: Logger;
  readonly #workspaceId: string;
  readonly #hooks: HookTroubles;
  readonly #reportError: GuardInternals['reportError'];
  readonly #troubles: Troubles;

  constructor(guard: Pick<GuardInternals, 'clock' | 'logger' | 'hooks' | 'reportError'>, workspaceId: string) {
    this.#logger = guard.logger;
    this.#workspaceId = workspaceId;
    this.#hooks = guard.hooks;
    this.#reportError = guard.reportError;
    this.#troubles = new Troubles(guard, { workspaceId });
  }

  answered(code: WebhookAnswer): void {
    // Without a key no signature is valid, which is not what is wrong.
    if (code === 'signature_invalid' && this.#troubles.isOpen('signing_key_missing')) return;
    if (isProblem(code)) this.#failed(code);
    else this.#logger.debug?.({ workspaceId: this.#workspaceId, code }, 'An event was not accepted');
  }

  /** Nothing can be verified: a function for the workspaces gave options without a key. */
  withoutKey(): void {
    this.#failed('signing_key_missing');
  }

  accepted(): void {
    this.#troubles.worked('');
  }

  /**
   * A store or a lookup that failed, or a defect of ours. Only the class of the error: its message may hold anything.
   */
  failed(error: unknown): void {
    if (!(error instanceof LookupError)) {
      this.#reportError({ source: 'guard', workspaceId: this.#workspaceId, error });
    }
    const kind = error instanceof LookupError ? error.code : error instanceof Error ? error.name : typeof error;
    this.#failed('unavailable', { error: kind });
  }

  hookFailed(name: WebhookHook, error: unknown): void {
    const text = 'Hook threw; its event stays answered';
    this.#hooks.failed({ name, workspaceId: this.#workspaceId }, { cause: 'hook_failed', text, error });
  }

  hookWorked(name: WebhookHook): void {
    this.#hooks.worked({ name, workspaceId: this.#workspaceId });
  }

  #failed(cause: Problem, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#troubles.failed({ cause, part: '', fields, text: texts[cause], overText: 'Events are accepted again' });
  }
}

function isProblem(code: WebhookAnswer): code is Problem & WebhookAnswer {
  return Object.hasOwn(texts, code);
}
