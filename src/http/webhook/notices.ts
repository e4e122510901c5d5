import type { Hook } from '../../core/hook.js';
import { LookupError } from '../../errors.js';
import type { GuardInternals } from '../../guard/internals.js';
import type { HookTroubles } from '../../guard/notices/hook-troubles.js';
import type { Clock, Logger } from '../../ports.js';
import type { WebhookAnswer } from './answers.js';

const QUIET_MS = 60_000;

/** What somebody should look at when it goes on; the other answers are the sender's affair, or none at all. */
const problems: Readonly<Partial<Record<WebhookAnswer, string>>> = {
  signature_invalid:
    'Events arrive with an invalid signature; are publicUrl and signingKeys those of the subscription?',
  channel_not_found: 'Events arrive for channels of another workspace; whose subscription calls this endpoint?',
  unavailable: 'Events cannot be accepted now, so Bird repeats them',
  raw_body_required: 'Events arrive with a parsed body; mount the receiver in front of the body parser',
};

/** What the receiver logs: each thing once a minute at most, with its count since the last time. */
export class WebhookNotices {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #workspaceId: string;
  readonly #hooks: HookTroubles;
  readonly #onEvent: Hook;
  readonly #said = new Map<string, { count: number; quietUntil: number }>();

  constructor({ clock, logger, hooks }: Pick<GuardInternals, 'clock' | 'logger' | 'hooks'>, workspaceId: string) {
    this.#hooks = hooks;
    this.#onEvent = { name: 'onEvent', workspaceId };
    this.#clock = clock;
    this.#logger = logger;
    this.#workspaceId = workspaceId;
  }

  answered(code: WebhookAnswer): void {
    const text = problems[code];
    if (text === undefined) this.#logger.debug?.({ workspaceId: this.#workspaceId, code }, 'An event was not accepted');
    else this.#say(code, text);
  }

  /** Nothing can be checked: a function for the workspaces gave options without a key. */
  withoutKey(): void {
    // The answer is that the signature is invalid, which is not what is wrong.
    this.#said.set('signature_invalid', { count: 0, quietUntil: this.#clock.now() + QUIET_MS });
    this.#say(
      'signing_key_missing',
      'Events arrive, and there is no key to verify them with; give signingKeys, here or in the options of the workspace',
    );
  }

  /** A store or a lookup that failed, or a defect of ours. Only the class of the error: its message may hold anything. */
  failed(error: unknown): void {
    const kind = error instanceof LookupError ? error.code : error instanceof Error ? error.name : typeof error;
    this.#say(`unavailable ${kind}`, 'An event could not be accepted, so Bird repeats it', {
      error: kind,
    });
  }

  hookFailed(): void {
    this.#hooks.failed(this.#onEvent, { cause: 'hook_failed', text: 'A hook threw; its event stays answered' });
  }

  hookWorked(): void {
    this.#hooks.worked(this.#onEvent);
  }

  #say(name: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const now = this.#clock.now();
    const said = this.#said.get(name) ?? { count: 0, quietUntil: Number.NEGATIVE_INFINITY };
    this.#said.set(name, said);
    said.count += 1;
    if (now < said.quietUntil) return;
    this.#logger.warn({ workspaceId: this.#workspaceId, problem: name, count: said.count, ...fields }, text);
    said.count = 0;
    said.quietUntil = now + QUIET_MS;
  }
}
