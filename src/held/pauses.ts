import { isOptOutWord } from '../bird/opt-out-words.js';
import { ignoreRejection } from '../core/promise-like.js';
import type { WindowKey } from '../ports.js';
import type { HoldingHost } from './dispatch-host.js';
import type { ReplyEvent, ResolvedHold } from './options.js';

/** Which rows wait on although their window is open: those whose customers wrote nothing that is to be answered. */
export class Pauses {
  readonly #options: Pick<ResolvedHold, 'store' | 'releaseOn'>;
  /** What the store does not keep, or not yet. */
  readonly #own = new Set<string>();
  /** A customer's message may concern two rows, the address's and the contact id's: it is judged once. */
  readonly #judged = new WeakMap<ReplyEvent, boolean>();

  constructor(options: Pick<ResolvedHold, 'store' | 'releaseOn'>) {
    this.#options = options;
  }

  /** Notes what a customer's message means for a row; gives whether it releases it. */
  async hear(key: WindowKey, reply: ReplyEvent, host: HoldingHost): Promise<boolean> {
    const { store } = this.#options;
    const isReleasing = this.#isReleasing(reply, host);
    // At once: what is looked at while the store is told must wait, too.
    if (isReleasing) this.#own.delete(nameOf(key));
    else this.#own.add(nameOf(key));
    try {
      if (isReleasing) await store.resume?.(key);
      else await store.pause?.(key);
      // From here on the store knows, and so does every process.
      if (store.pause !== undefined) this.#own.delete(nameOf(key));
    } catch {
      const { workspaceId, channelId } = key;
      host.logger.error(
        { workspaceId, channelId },
        'The store of held messages could not note what a customer replied',
      );
    }
    return isReleasing;
  }

  async isPaused(key: WindowKey): Promise<boolean> {
    return this.#own.has(nameOf(key)) || ((await this.#options.store.isPaused?.(key)) ?? false);
  }

  #isReleasing(reply: ReplyEvent, host: HoldingHost): boolean {
    const judged = this.#judged.get(reply) ?? this.#ask(reply, host);
    this.#judged.set(reply, judged);
    return judged;
  }

  #ask(reply: ReplyEvent, { workspaceId, hooks }: HoldingHost): boolean {
    const { releaseOn } = this.#options;
    const byDefault = !isOptOutWord(reply.text);
    if (releaseOn === undefined) return byDefault;
    const hook = { name: 'releaseOn', workspaceId };
    try {
      const answer: unknown = releaseOn(reply);
      if (typeof answer === 'boolean') {
        hooks.worked(hook);
        return answer;
      }
      // An async function answers too late, and its rejection must not end the process.
      ignoreRejection(answer);
      const text = 'A hook gave neither true nor false, so an opt-out word alone releases nothing';
      hooks.failed(hook, { cause: 'hook_answer', text });
    } catch {
      // The hook's error is not logged: nobody knows what it holds.
      hooks.failed(hook, { cause: 'hook_failed', text: 'A hook threw, so an opt-out word alone releases nothing' });
    }
    return byDefault;
  }
}

function nameOf({ workspaceId, channelId, address }: WindowKey): string {
  return `${workspaceId} ${channelId} ${address}`;
}
