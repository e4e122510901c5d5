import { isOptOutWord } from '../bird/opt-out-words.js';
import { ignoreRejection } from '../core/promise-like.js';
import type { Logger, WindowKey } from '../ports.js';
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
  async hear(key: WindowKey, reply: ReplyEvent, logger: Logger): Promise<boolean> {
    const { store } = this.#options;
    const isReleasing = this.#isReleasing(reply, logger);
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
      logger.error({ workspaceId, channelId }, 'The store of held messages could not note what a customer replied');
    }
    return isReleasing;
  }

  async isPaused(key: WindowKey): Promise<boolean> {
    return this.#own.has(nameOf(key)) || ((await this.#options.store.isPaused?.(key)) ?? false);
  }

  #isReleasing(reply: ReplyEvent, logger: Logger): boolean {
    const judged = this.#judged.get(reply) ?? this.#ask(reply, logger);
    this.#judged.set(reply, judged);
    return judged;
  }

  #ask(reply: ReplyEvent, logger: Logger): boolean {
    const { releaseOn } = this.#options;
    const byDefault = !isOptOutWord(reply.text);
    if (releaseOn === undefined) return byDefault;
    try {
      const answer: unknown = releaseOn(reply);
      if (typeof answer === 'boolean') return answer;
      // An async function answers too late, and its rejection must not end the process.
      ignoreRejection(answer);
      logger.error(
        { hook: 'releaseOn' },
        'A hook gave neither true nor false, so an opt-out word alone releases nothing',
      );
    } catch {
      // The hook's error is not logged: nobody knows what it holds.
      logger.error({ hook: 'releaseOn' }, 'A hook threw, so an opt-out word alone releases nothing');
    }
    return byDefault;
  }
}

function nameOf({ workspaceId, channelId, address }: WindowKey): string {
  return `${workspaceId} ${channelId} ${address}`;
}
