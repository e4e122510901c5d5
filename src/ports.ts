import type { ContactIdentifier } from './core/reroute/policy.js';
import type { WindowEvidence } from './core/service-window.js';
import type { StoreHealth } from './core/store-health.js';

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
 * A logger whose methods are called as `(fields, text)`, like pino's. Fields contain ids and reasons, never texts,
 * phone numbers or keys.
 */
export interface Logger {
  /** Logs each allowed message, each fact that could not be obtained and each refused event. Default: not logged. */
  readonly debug?: LogMethod | undefined;
  /** Logs each message that is not sent as it is, and what works again. Default: the latter is a warning. */
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
  /** The normalised address, which may contain any text. Where only the contact id is known: ` id:` and the id. */
  readonly address: string;
}

/** Names that were observed together: an id, as `addressOfId` spells it, and an address; `several` with more than one. */
export interface Links {
  note(ref: ChannelRef, idName: string, address: string): void;
  other(key: WindowKey): string | 'several' | undefined;
  /** Removes the link of this name. The other name may still have its own. */
  drop(key: WindowKey): void;
  /** Removes the links of a channel, or of a workspace. */
  forget(target: { readonly workspaceId: string; readonly channelId?: string | undefined }): void;
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

export type ContactRef = Pick<WindowRef, 'workspaceId' | 'contactId'>;

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
  readonly waiters?: ReadWaiters | undefined;
  /** Set where nobody waits for it now, so that it gives way to others: how long it may take from its turn on, in ms. */
  readonly patientMs?: number | undefined;
  /** The budget has been charged for it already. */
  readonly hasToken?: true | undefined;
}

/**
 * Callers in this process that joined a running read. A provider request that starts after they joined serves them too.
 */
export interface ReadWaiters {
  readonly joined: number;
  /** The request behind the answer started after this many had joined. */
  serves(joined: number): void;
  /** Settles when more than `since` have joined. */
  grown(since: number): Promise<void>;
}

/**
 * The reads that a message provider offers. Implementations reject only with a `LookupError`, settle by `giveUpAt`, and
 * keep no state: caches remember, and decorators coalesce, limit and retry.
 */
export interface Lookup {
  channel(ref: ChannelRef, limits: ReadLimits): Promise<ChannelFacts>;
  contactId(ref: IdentifierRef, limits: ReadLimits): Promise<string>;
  window(ref: WindowRef, limits: ReadLimits): Promise<WindowFacts>;
  conversation(ref: ConversationRef, limits: ReadLimits): Promise<ConversationFacts>;
  /** The phone numbers, addresses and ids by which a contact can be reached. */
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
  /** Whether it answers, as known without asking. Default: as the guard's own calls have ended. */
  health?(): StoreHealth;
  /** What processes that share the store do together. A store for one process omits it. */
  readonly fleet?: Fleet | undefined;
}

/** The processes that share the provider's read limit. Never rejects. */
export interface Fleet {
  /** The largest number of processes: while they cannot coordinate, each takes its share of the limit. */
  readonly instances: number;
  /**
   * Takes a read from the shared limit, and waits until it may start.
   *
   * @param isPatient whether to take it only while the whole burst is left, so that it takes nothing from others
   * @returns `'spent'`: no read may start within `maxWaitMs`, and none was taken
   */
  takeRead(
    workspaceId: string,
    limit: { readonly perSecond: number; readonly burst: number },
    maxWaitMs: number,
    isPatient?: boolean,
  ): Promise<'taken' | 'spent' | Isolation>;
  /**
   * Assigns the read of a window that several processes need at once.
   *
   * @param after for a process that has waited: the read that was running when it first asked. It gets only the answer
   *   of a later read, which started after that
   * @returns `undefined`: the processes cannot coordinate
   */
  joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined>;
}

/** The other processes cannot be reached, and no longer use this process's share of the limit. */
export interface Isolation {
  /**
   * Settles when they can be reached again. From then on all use the whole limit together, and no share of their own.
   */
  readonly ended: Promise<void>;
}

export type ReadLease =
  /** This process reads for all, and calls `finish` with the result; `undefined`: nothing that others can use. */
  | { readonly role: 'reader'; readonly finish: (facts: WindowFacts | undefined) => void }
  /** Another process reads; `settled` when it has finished. Call `leave` when not waiting any longer. */
  | { readonly role: 'waiter'; readonly running: number; readonly settled: Promise<void>; readonly leave: () => void }
  /** Another process's answer, and the number of its read. */
  | { readonly role: 'answered'; readonly facts: WindowFacts; readonly read: number };

/** A bounded, synchronous memory for facts other than windows. */
export interface Cache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
}
