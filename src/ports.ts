import type { ContactIdentifier } from './core/reroute/policy.js';
import type { WindowEvidence } from './core/service-window.js';

/**
 * Where every instant and every wait inside the guard comes from. A virtual clock drives all of it. `setTimeout` should
 * not keep the process alive.
 */
export interface Clock {
  /** Wall time, epoch ms. */
  now(): number;
  /** Calls `fn` once, `ms` milliseconds from now. The result is for `clearTimeout` alone. */
  setTimeout(fn: () => void, ms: number): unknown;
  /** Takes back what `setTimeout` was asked for; a call that has been made is ignored. */
  clearTimeout(handle: unknown): void;
  /** Milliseconds that only ever grow; with it, a wall clock that is set back cannot keep a window open. */
  monotonic?(): number;
}

type LogMethod = (fields: Readonly<Record<string, unknown>>, text: string) => void;

/** Called as `(fields, text)`, as pino is. Fields hold ids and reasons, never texts, phone numbers or keys. */
export interface Logger {
  /** Each fact that could not be obtained, each event that was refused; absent: not logged. */
  readonly debug?: LogMethod | undefined;
  /** What works again after a warning; absent: that is logged as a warning, too. */
  readonly info?: LogMethod | undefined;
  /** What somebody should look into: Bird cannot be asked, the store fails, nothing is guarded. */
  readonly warn: LogMethod;
  /** A hook of yours failed, or something became of a message that nobody wanted. */
  readonly error: LogMethod;
}

/** Ids are lower-case UUIDs wherever these ports see them. */
export interface ChannelRef {
  /** The workspace, a lower-case UUID. */
  readonly workspaceId: string;
  /** The channel, a lower-case UUID. */
  readonly channelId: string;
}

/** One service window. `address` is normalised; a contact that is known by its id alone has ` id:` and the id here. */
export interface WindowKey extends ChannelRef {
  /** The normalised address, which may hold any text; ` id:` and the contact's id where no address is known. */
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
 * Keeps window evidence. An implementation may forget a window at any time: that costs reads, never correctness. It must
 * not forget a part of one: an opening would stand without the refusal or the doubt that counts against it. It must be
 * monotone: `merge` joins with what is there (see `mergeEvidence`) and never replaces it. A store that cannot answer at
 * once returns a promise; `get` of one that can returns the value itself, and then a hit does no I/O.
 */
export interface Store {
  /** What is known of a window; `undefined` for nothing. */
  get(key: WindowKey): WindowEvidence | undefined | Promise<WindowEvidence | undefined>;
  /** Adds evidence to what is known of a window: the later of each instant stays, in one step. */
  merge(key: WindowKey, evidence: WindowEvidence): void | Promise<void>;
  /** Drops one window, all of a channel's, or all of a workspace's. */
  forget(target: {
    /** The workspace whose windows are dropped. */
    readonly workspaceId: string;
    /** Only those of this channel. Default: of all its channels. */
    readonly channelId?: string | undefined;
    /** Only those of this address. Default: of all addresses. */
    readonly address?: string | undefined;
  }): void | Promise<void>;
  /** What the processes that share the store do together; a store of one process has none. */
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

/** A message that waits until the customer writes. Holds the message's text and the contact's address. */
export interface HeldMessage extends WindowKey {
  /** The id of this message in the store, a UUID. Another one under the same reference has another. */
  readonly id: string;
  /** The message's own reference, or one that was made for it. It is released under it, also when it is repeated. */
  readonly reference: string;
  /** The conversation that it goes into; absent for one to a channel. */
  readonly conversationId?: string | undefined;
  /** An entry of Bird's `receiver.contacts`. */
  readonly contact?: unknown;
  /** A whole create-message body, with the reference. JSON. */
  readonly message: Readonly<Record<string, unknown>>;
  /** When it was held, epoch ms. */
  readonly heldAt: number;
  /** Epoch ms; from then on it is not sent any more. */
  readonly expiresAt: number;
  /** It was not known whether the window was open: Bird is asked until that is known. */
  readonly isWindowUnknown?: boolean | undefined;
}

/**
 * Keeps messages that wait. What `add` has taken must be there until `remove`, or messages are lost: a store that forgets
 * when the process ends has to say so. Methods may answer at once or with a promise; one that rejects is asked again.
 */
export interface HeldStore {
  /**
   * Puts a message at the end of its window's row. Gives the one that is there already with the same reference *and* the
   * same content (`conversationId`, `contact`, `message`), which is a repetition. Other content waits by itself. `full` where `mostPerWindow` wait there, or the store has no room.
   */
  add(message: HeldMessage, mostPerWindow: number): Answer<'added' | 'full' | HeldMessage>;
  /** A window's row, in the order in which it was added. */
  list(key: WindowKey): Answer<readonly HeldMessage[]>;
  /** Removing what is not there changes nothing. */
  remove(message: HeldMessage): Answer<void>;
  /**
   * For a store that processes share; one of a single process does without. When a message is added it is not certain
   * yet that it is to wait: something else may stop its request. Until `settle` says so, or for a minute, such a store lists
   * it for the process alone that has added it; after that for all. With `isUsed` false the message is taken back, unless
   * another request has settled that it is to wait.
   *
   * @returns whether nothing is left to do for it to be sent: it waits, or has been released just now
   */
  settle?(message: HeldMessage, isUsed: boolean): Answer<boolean>;
  /** The windows of a workspace for which something waits. */
  windows(workspaceId: string): Answer<readonly WindowKey[]>;
  /**
   * Whether the caller alone may release this row until `until`, epoch ms; true again for the same `owner`, which may
   * extend it. A store of one process may always say true.
   */
  lock(key: WindowKey, owner: string, until: number): Answer<boolean>;
  /** Gives the row free before `until`. By anybody but the owner of the lock it changes nothing. */
  unlock(key: WindowKey, owner: string): Answer<void>;
  /** True for the first call since `endNudge`; the answer must be kept as long as the messages are. */
  claimNudge(key: WindowKey): Answer<boolean>;
  /** Forgets that a nudge went out: the customer has written, and the next message may ask again. */
  endNudge(key: WindowKey): Answer<void>;
  /**
   * Notes that a row waits on although its window is open: the customer's last message was none to answer, such as an
   * opt-out word. A store without these three leaves that to the process, which forgets it when it ends.
   */
  pause?(key: WindowKey): Answer<void>;
  /** Takes back what `pause` noted. */
  resume?(key: WindowKey): Answer<void>;
  /** Whether `pause` was noted, and not taken back. */
  isPaused?(key: WindowKey): Answer<boolean>;
  /** How many messages it has met that it cannot open: damaged ones, and those of another secret, one for each such secret. */
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
