import { isOptOutWord } from '../bird/opt-out-words.js';
import { windowName } from '../core/contact-address.js';
import { ignoreRejection } from '../core/promise-like.js';
import type { WindowKey } from '../ports.js';
import type { DispatchHost } from './dispatch-host.js';
import type { ReplyEvent, ResolvedHold } from './options.js';

/** Which queues stay paused although their window is open: the customer's last message was a bare opt-out word. */
export class Pauses {
  readonly #options: Pick<ResolvedHold, 'store' | 'releaseOn'>;
  /** Paused queues that the store does not keep, or not yet. */
  readonly #own = new Set<string>();
  /** What the log has said and what has not become better since. */
  #isFailing = false;
  /** One message may concern two queues, by address and by contact id; `releaseOn` is called once for it. */
  readonly #answers = new WeakMap<ReplyEvent, boolean>();

  constructor(options: Pick<ResolvedHold, 'store' | 'releaseOn'>) {
    this.#options = options;
  }

  /** Records what a customer's message means for a queue. Returns whether it releases the queue. */
  async onReply(key: WindowKey, reply: ReplyEvent, host: DispatchHost): Promise<boolean> {
    const { store } = this.#options;
    const isReleasing = this.#isReleasing(reply, host);
    const name = windowName(key, key.address);
    // At once, so that a release which runs during the store's write is paused too.
    if (isReleasing) this.#own.delete(name);
    else this.#own.add(name);
    try {
      if (isReleasing) await store.resume?.(key);
      else await store.pause?.(key);
      // From here on every process sees it in the store. Where nothing waits there is nothing to pause: anybody may write
      // an opt-out word, and each would be kept for good.
      if (store.pause !== undefined || (await store.list(key)).length === 0) this.#own.delete(name);
      this.#isFailing = false;
    } catch (error) {
      this.#failed(key, host, error);
    }
    return isReleasing;
  }

  /** Every message of every customer asks the store, so an outage is logged once. */
  #failed({ workspaceId, channelId }: WindowKey, host: DispatchHost, error: unknown): void {
    host.reportError({ source: 'held_store', workspaceId, error });
    if (!this.#isFailing) {
      host.logger.error({ workspaceId, channelId }, 'The store of held messages failed to record a reply');
    }
    this.#isFailing = true;
  }

  async isPaused(key: WindowKey): Promise<boolean> {
    return this.#own.has(windowName(key, key.address)) || ((await this.#options.store.isPaused?.(key)) ?? false);
  }

  #isReleasing(reply: ReplyEvent, host: DispatchHost): boolean {
    const answer = this.#answers.get(reply) ?? this.#ask(reply, host);
    this.#answers.set(reply, answer);
    return answer;
  }

  #ask(reply: ReplyEvent, { workspaceId, hooks }: DispatchHost): boolean {
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
      const text = 'Hook returned no boolean; every message but an opt-out word releases';
      hooks.failed(hook, { cause: 'hook_answer', text });
    } catch (error) {
      // The hook's error is not logged: it may contain anything.
      const text = 'Hook threw; every message but an opt-out word releases';
      hooks.failed(hook, { cause: 'hook_failed', text, error });
    }
    return byDefault;
  }
}
