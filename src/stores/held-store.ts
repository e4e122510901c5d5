import type { WindowKey } from '../ports.js';

/** A message that waits until the customer writes. It contains the message's text and the contact's address. */
export interface HeldMessage extends WindowKey {
  /** The message's id in the store, a UUID, unique even among messages with the same reference. */
  readonly id: string;
  /** The message's own reference, or one generated for it. The message is released under it, however often. */
  readonly reference: string;
  /** The conversation that it goes into; absent for one to a channel. */
  readonly conversationId?: string | undefined;
  /** The recipient, as an entry of Bird's `receiver.contacts`. */
  readonly contact?: unknown;
  /** The whole create-message body as JSON, reference included. */
  readonly message: Readonly<Record<string, unknown>>;
  /** When the message was held, epoch ms. */
  readonly heldAt: number;
  /** When the message expires and is no longer sent, epoch ms. */
  readonly expiresAt: number;
  /** Whether the message was held because the window was unknown: Bird is asked until it is known. */
  readonly isWindowUnknown?: boolean | undefined;
}

/**
 * Keeps held messages. What `add` has accepted must stay until `remove`, or messages are lost; a store that forgets
 * when the process ends has to say so. Methods may return a value or a promise; one that rejects is called again.
 */
export interface HeldStore {
  /**
   * Appends a message to its window's queue. Returns the message that already waits with the same reference *and* the
   * same content (`conversationId`, `contact`, `message`): that is a repetition. Other content waits separately.
   * Returns `full` where `maxPerWindow` messages wait, or the store has no room.
   */
  add(message: HeldMessage, maxPerWindow: number): Answer<'added' | 'full' | HeldMessage>;
  /** A window's queue, in the order of `add`. */
  list(key: WindowKey): Answer<readonly HeldMessage[]>;
  /** Removes a message; removing one that is not there changes nothing. */
  remove(message: HeldMessage): Answer<void>;
  /**
   * Confirms or withdraws a message after `add`, for stores that processes share; others omit it. Until `settle`, or
   * for one minute, the store lists the message only for the process that added it, because another recipient may still
   * stop the request. With `isUsed` false the message is removed, unless another request has confirmed it.
   *
   * @returns whether nothing is left to do for it to be sent: it waits, or has been released just now
   */
  settle?(message: HeldMessage, isUsed: boolean): Answer<boolean>;
  /** The windows of a workspace for which messages wait. */
  windows(workspaceId: string): Answer<readonly WindowKey[]>;
  /**
   * Whether the caller alone may release this queue until `until`, epoch ms. True again for the same `owner`, which
   * extends the lock. A store of one process may always return true.
   */
  lock(key: WindowKey, owner: string, until: number): Answer<boolean>;
  /** Releases the lock before `until`. Does nothing for anybody but its owner. */
  unlock(key: WindowKey, owner: string): Answer<void>;
  /** True for the first call since `endNudge`. The answer must be kept as long as the messages. */
  claimNudge(key: WindowKey): Answer<boolean>;
  /** Allows the next nudge, after the customer has written. */
  endNudge(key: WindowKey): Answer<void>;
  /**
   * Records that a queue keeps waiting although its window is open, because the customer's last message was a bare opt-
   * out word. Without `pause`, `resume` and `isPaused`, the process remembers this until it ends.
   */
  pause?(key: WindowKey): Answer<void>;
  /** Lets the queue go on after `pause`. */
  resume?(key: WindowKey): Answer<void>;
  /** Whether the queue is paused. */
  isPaused?(key: WindowKey): Answer<boolean>;
  /** How many unreadable messages the store has met: damaged ones, and one for each other secret. */
  countUnreadable?(): Answer<number>;
}

type Answer<T> = T | Promise<T>;
