import { isOptOutWord } from '../bird/opt-out-words.js';
import { windowName } from '../core/contact-address.js';
import { ignoreRejection } from '../core/promise-like.js';
import type { WindowKey } from '../ports.js';
import type { DispatchHost } from './dispatch-host.js';
import type { ReplyEvent, ResolvedHold } from './options.js';

/** A pause that the store does not have, or not yet. */
interface OwnPause {
  readonly key: WindowKey;
  /** The customer has written again. */
  isOver: boolean;
}

/** In an outage of the store each message of a customer is one more. The oldest are forgotten first. */
const MAX_OWN = 10_000;

/** Which queues stay paused although their window is open: the customer's last message was a bare opt-out word. */
export class Pauses {
  readonly #options: Pick<ResolvedHold, 'store' | 'releaseOn'>;
  readonly #own = new Map<string, OwnPause>();
  /** By name, the queues that the store does not have resumed, or not yet. */
  readonly #unresumed = new Map<string, WindowKey>();
  /** What the log has said and what has not become better since. */
  #isFailing = false;
  /** One message may concern two queues, by address and by contact id; `releaseOn` is called once for it. */
  readonly #answers = new WeakMap<ReplyEvent, boolean>();

  constructor(options: Pick<ResolvedHold, 'store' | 'releaseOn'>) {
    this.#options = options;
  }

  /** Records what a customer's message means for a queue. Returns whether it releases the queue. */
  async onReply(key: WindowKey, reply: ReplyEvent, host: DispatchHost): Promise<boolean> {
    const isReleasing = this.#isReleasing(reply, host);
    const name = windowName(key, key.address);
    const own = isReleasing ? this.#drop(name) : this.#keep(name, key);
    try {
      if (own === undefined) await this.#resume(name, key);
      else await this.#record(name, own);
      this.#isFailing = false;
    } catch (error) {
      this.#failed(key, host, error);
    }
    return isReleasing;
  }

  /** Tries again what the store has failed to record. Rejects if it fails once more. */
  async recordAgain(workspaceId: string): Promise<void> {
    for (const [name, own] of this.#own) if (own.key.workspaceId === workspaceId) await this.#record(name, own);
    for (const [name, key] of this.#unresumed) if (key.workspaceId === workspaceId) await this.#resume(name, key);
  }

  /** At once, so that a release which runs during the store's write is paused too. */
  #keep(name: string, key: WindowKey): OwnPause {
    const own = { key, isOver: false };
    this.#drop(name);
    this.#unresumed.delete(name);
    this.#own.set(name, own);
    dropOldest(this.#own);
    return own;
  }

  #drop(name: string): undefined {
    const own = this.#own.get(name);
    if (own !== undefined) own.isOver = true;
    this.#own.delete(name);
  }

  /** If the store fails, it is asked again before the queue is next released, and with the next sweep. */
  async #resume(name: string, key: WindowKey): Promise<void> {
    this.#unresumed.set(name, key);
    dropOldest(this.#unresumed);
    await this.#options.store.resume?.(key);
    this.#unresumed.delete(name);
  }

  async #record(name: string, own: OwnPause): Promise<void> {
    const { store } = this.#options;
    await store.pause?.(own.key);
    // The customer's next message was recorded during the write, and counts.
    if (own.isOver && !this.#own.has(name)) await this.#resume(name, own.key);
    // From here on every process sees it in the store. Where nothing waits there is nothing to pause: anybody may write
    // an opt-out word, and each would be kept for good.
    const isKept = store.pause !== undefined || (await store.list(own.key)).length === 0;
    if (isKept && this.#own.get(name) === own) this.#own.delete(name);
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
    const name = windowName(key, key.address);
    if (this.#own.has(name)) return true;
    if (this.#unresumed.has(name)) await this.#resume(name, key);
    return (await this.#options.store.isPaused?.(key)) ?? false;
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

function dropOldest(queues: Map<string, unknown>): void {
  const [oldest] = queues.keys();
  if (queues.size > MAX_OWN && oldest !== undefined) queues.delete(oldest);
}
