import { isMatterOfTime } from '../core/reroute/matter-of-time.js';
import type { WindowKey } from '../ports.js';
import type { HeldMessage } from '../stores/held-store.js';
import type { DispatchHost } from './dispatch-host.js';
import type { ResolvedHold } from './options.js';
import { type Outgoing, RELEASE_MS } from './outgoing.js';
import type { Pauses } from './pauses.js';

/** The lock on a queue outlives the longest time that sending one message may take. */
const LOCK_MS = 2 * RELEASE_MS;

export interface WindowReleaseParts {
  readonly options: ResolvedHold;
  readonly pauses: Pauses;
  readonly outgoing: Outgoing;
  /** Whether the request that brought a message is still undecided. */
  readonly isSuspended: (message: HeldMessage) => boolean;
}

/** Releases one window's queue: in order, by one process at a time, and only while the window is open. */
export class WindowRelease {
  readonly #parts: WindowReleaseParts;
  readonly #owner = crypto.randomUUID();

  constructor(parts: WindowReleaseParts) {
    this.#parts = parts;
  }

  /** Rejects if the queue has to be released again later. */
  async release(key: WindowKey, host: DispatchHost): Promise<void> {
    const { store } = this.#parts.options;
    const lock = (): boolean | Promise<boolean> => store.lock(key, this.#owner, host.now() + LOCK_MS);
    if ((await store.list(key)).length === 0) return;
    if (!(await lock())) throw new Error('Another process releases this queue');
    try {
      for (const message of await this.#certain(key)) {
        if (!(await lock()) || !(await this.#finish(message, host))) return;
      }
    } finally {
      await store.unlock(key, this.#owner);
    }
  }

  /** A queue up to the first message that may yet be withdrawn. */
  async #certain(key: WindowKey): Promise<readonly HeldMessage[]> {
    const { options, isSuspended } = this.#parts;
    const queue = await options.store.list(key);
    const end = queue.findIndex(isSuspended);
    return end === -1 ? queue : queue.slice(0, end);
  }

  /** Sends a message or gives it up, then removes it. False: the message waits on, and so do those behind it. */
  async #finish(message: HeldMessage, host: DispatchHost): Promise<boolean> {
    const { options, pauses, outgoing } = this.#parts;
    if (host.now() >= message.expiresAt) {
      await outgoing.giveUp(message, 'expired', host);
    } else {
      if (await pauses.isPaused(message)) return false;
      const { verdict, reason } = await host.decide(message);
      if (verdict === 'unknown') throw new Error('It is not known whether the window is open');
      if (verdict === 'deny') {
        // Only now is it known that the customer has to write first.
        if (message.isWindowUnknown === true && isMatterOfTime(reason)) void outgoing.nudge(message, host);
        return false;
      }
      const result = await outgoing.send(message, host);
      if (result === 'rejected') await outgoing.giveUp(message, 'rejected', host);
      else outgoing.reportReleased(message, host);
    }
    await options.store.remove(message);
    return true;
  }
}
