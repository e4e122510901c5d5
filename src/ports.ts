import type { ContactIdentifier } from './core/reroute/policy.js';
import type { WindowEvidence } from './core/service-window.js';

/**
 * The source of every instant and every timer in the guard, so that a virtual clock drives all of it. Timers should not
 * keep the process alive.
 */
export interface Clock {
  /** Wall time, epoch ms. */
  now(): number;
  /** Calls `fn` once, after `ms` milliseconds. The result is passed to `clearTimeout` and used for nothing else. */
  setTimeout(fn: () => void, ms: number): unknown;
  /** Cancels a timer; one that has fired is ignored. */
  clearTimeout(handle: unknown): void;
  /** Milliseconds that only grow. With them, a wall clock that is set back cannot keep a window open. */
  monotonic?(): number;
}

type LogMethod = (fields: Readonly<Record<string, unknown>>, text: string) => void;

/**
 * A logger whose methods are called as `(fields, text)`, like pino's. Fields hold ids and reasons, never texts, phone
 * numbers or keys.
 */
export interface Logger {
  /** Logs each fact that could not be obtained and each refused event. Default: not logged. */
  readonly debug?: LogMethod | undefined;
  /** Logs that something works again. Default: logged as a warning. */
  readonly info?: LogMethod | undefined;
  /** Logs what needs attention: Bird cannot be asked, the store fails, nothing is guarded. */
  readonly warn: LogMethod;
  /** Logs a hook that failed, and a held message that could not be handled. */
  readonly error: LogMethod;
}

/** Identifies a channel. In these ports, ids are lower-case UUIDs. */
export interface ChannelRef {
  /** The workspace, a lower-case UUID. */
  readonly workspaceId: string;
  /** The channel, a lower-case UUID. */
  readonly channelId: string;
}

/** Identifies one service window. */
export interface WindowKey extends ChannelRef {
  /** The normalised address, which may hold any text. Where only the contact id is known: ` id:` and the id. */
  readonly address: string;
}

/** One identifier of a contact, normalised. */
export interface IdentifierRef {
  readonly workspaceId: string;
  readonly key: string;
  readonly value: string;
}

export interface WindowRef extends ChannelRef {
  readonly contactId: string;
  /** What the message is sent to; absent when the send names the contact by its id alone. */
  readonly address?: string | undefined;
}

/** Whose window is asked for, and how the contact is found where its id is not known. */
export interface WindowTarget {
  readonly key: WindowKey;
  readonly contactId?: string | undefined;
  readonly identifier?: IdentifierRef | undefined;
  /** What the message is sent to; absent when the send names the contact by its id alone. */
  readonly sentTo?: string | undefined;
}

/** A channel as the provider reports it, with the capability ends as epoch ms. */
export interface ChannelFacts {
  readonly platformId: string;
  readonly status: string | undefined;
  readonly capabilities: unknown;
}

/** A window as the provider reports it, epoch ms; `null` is *known and not open*. */
export interface WindowFacts {
  readonly serviceWindowExpireAt: number | null;
  readonly isPermanentSession: boolean;
}

export interface ContactRef {
  readonly workspaceId: string;
  readonly contactId: string;
}

export interface ConversationRef {
  readonly workspaceId: string;
  readonly conversationId: string;
}

/** Where a conversation takes place. */
export interface ConversationFacts {
  readonly channelId: string;
  /** Its contacts, each as an entry of a send's receiver. */
  readonly contacts: readonly object[];
}

export interface ReadLimits {
  /** Epoch ms after which nobody waits for the answer. */
  readonly giveUpAt: number;
  /** Who waits for it. */
  readonly company?: ReadCompany | undefined;
}

/** Those in this process who have joined a read that was under way. What is asked later than they did serves them too. */
export interface ReadCompany {
  readonly joined: number;
  /** The read that gives the answer started after so many had joined. */
  serves(joined: number): void;
  /** Settles when more have joined. */
  grown(since: number): Promise<void>;
}

/**
 * What a message provider can be asked. Implementations reject with a `LookupError` and nothing else, settle by
 * `giveUpAt`, and hold no memory: remembering, sharing and retrying are the decorators' business.
 */
export interface Lookup {
  channel(ref: ChannelRef, limits: ReadLimits): Promise<ChannelFacts>;
  contactId(ref: IdentifierRef, limits: ReadLimits): Promise<string>;
  window(ref: WindowRef, limits: ReadLimits): Promise<WindowFacts>;
  conversation(ref: ConversationRef, limits: ReadLimits): Promise<ConversationFacts>;
  /** By what a contact can be reached. */
  identifiers(ref: ContactRef, limits: ReadLimits): Promise<readonly ContactIdentifier[]>;
}

/**
 * Keeps evidence about windows. An implementation may forget a window at any time: that costs reads, never correctness.
 * It must not forget a part of one, because a window would then open without the refusal or the doubt against it. It
 * must be monotone: `merge` joins with what is there and never replaces it. Return a promise only where the answer is
 * not at hand: a hit then needs no I/O.
 */
export interface Store {
  /** The evidence about a window; `undefined` where there is none. */
  get(key: WindowKey): WindowEvidence | undefined | Promise<WindowEvidence | undefined>;
  /** Merges evidence into a window in one step: the later of each instant stays. */
  merge(key: WindowKey, evidence: WindowEvidence): void | Promise<void>;
  /** Forgets one window, a channel's, or a workspace's. */
  forget(target: {
    /** The workspace whose windows are dropped. */
    readonly workspaceId: string;
    /** Only those of this channel. Default: of all its channels. */
    readonly channelId?: string | undefined;
    /** Only those of this address. Default: of all addresses. */
    readonly address?: string | undefined;
  }): void | Promise<void>;
  /** What processes that share the store do together. A store for one process omits it. */
  readonly fleet?: Fleet | undefined;
}

/** Several processes that share the reads which the provider allows. Never rejects. */
export interface Fleet {
  /** How many processes there are at most: where they cannot be asked, each takes its share. */
  readonly instances: number;
  /**
   * Takes a read from the limit that all processes share, and waits until it may start.
   *
   * @returns `'spent'`: none may start within `mostMs`, and none was taken
   */
  takeRead(
    workspaceId: string,
    limit: { readonly perSecond: number; readonly burst: number },
    mostMs: number,
  ): Promise<'taken' | 'spent' | Alone>;
  /**
   * Finds out who reads a window that several processes want to know at once.
   *
   * @param after of one that has waited: the read that was running when it first asked. Only the answer of a later one,
   *   which started after that, is told
   * @returns `undefined`: the others cannot be asked
   */
  joinRead(ref: WindowRef, after: number | undefined): Promise<ReadTurn | undefined>;
}

/** The others cannot be asked, and have ceased to take what this process leaves of the limit: its share is its own. */
export interface Alone {
  /** Settles when they can be asked again. Then they take the whole limit with it, and it must have no share beside. */
  readonly ended: Promise<void>;
}

export type ReadTurn =
  /** This process reads for all, and tells them what came out; `undefined`: nothing that others could use. */
  | { readonly role: 'reader'; readonly finish: (facts: WindowFacts | undefined) => void }
  /** Another process reads. `settled` when it has; whoever does not wait for that leaves. */
  | { readonly role: 'waiter'; readonly running: number; readonly settled: Promise<void>; readonly leave: () => void }
  /** The answer of a read, and which one it was. */
  | { readonly role: 'told'; readonly facts: WindowFacts; readonly read: number };

/** A message that waits until the customer writes. It holds the message's text and the contact's address. */
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
   * Returns `full` where `mostPerWindow` messages wait, or the store has no room.
   */
  add(message: HeldMessage, mostPerWindow: number): Answer<'added' | 'full' | HeldMessage>;
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

/** A bounded, synchronous memory for facts other than windows. */
export interface Cache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
}
