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
  readonly waiters?: ReadWaiters | undefined;
}

/** Those in this process who have joined a read that was under way. What is asked later than they did serves them too. */
export interface ReadWaiters {
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
   * @returns `'spent'`: none may start within `maxWaitMs`, and none was taken
   */
  takeRead(
    workspaceId: string,
    limit: { readonly perSecond: number; readonly burst: number },
    maxWaitMs: number,
  ): Promise<'taken' | 'spent' | Isolation>;
  /**
   * Finds out who reads a window that several processes want to know at once.
   *
   * @param after of one that has waited: the read that was running when it first asked. Only the answer of a later one,
   *   which started after that, is told
   * @returns `undefined`: the others cannot be asked
   */
  joinRead(ref: WindowRef, after: number | undefined): Promise<ReadLease | undefined>;
}

/** The others cannot be asked, and have ceased to take what this process leaves of the limit: its share is its own. */
export interface Isolation {
  /** Settles when they can be asked again. Then they take the whole limit with it, and it must have no share beside. */
  readonly ended: Promise<void>;
}

export type ReadLease =
  /** This process reads for all, and tells them what came out; `undefined`: nothing that others could use. */
  | { readonly role: 'reader'; readonly finish: (facts: WindowFacts | undefined) => void }
  /** Another process reads. `settled` when it has; whoever does not wait for that leaves. */
  | { readonly role: 'waiter'; readonly running: number; readonly settled: Promise<void>; readonly leave: () => void }
  /** The answer of a read, and which one it was. */
  | { readonly role: 'answered'; readonly facts: WindowFacts; readonly read: number };

/** A bounded, synchronous memory for facts other than windows. */
export interface Cache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
}
