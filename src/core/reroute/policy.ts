import type { Decision } from '../types.js';

/** The send to reroute: one message to one recipient. */
export interface SendToReroute {
  /** The workspace that sends, a UUID. */
  readonly workspaceId: string;
  /** The channel of the send; for a send into a conversation, the conversation's channel. */
  readonly channelId?: string | undefined;
  /** The conversation that the send goes into; absent for one to a channel. */
  readonly conversationId?: string | undefined;
  /** The recipient, as an entry of Bird's `receiver.contacts`. */
  readonly contact?: unknown;
  /** The whole create-message body. */
  readonly message?: unknown;
}

/** One way to reach a contact, as the provider lists it, e.g. `{ key: 'phonenumber', value: '+12025550123' }`. */
export interface ContactIdentifier {
  /** The kind of identifier: `phonenumber`, `emailaddress`, or a platform's own. */
  readonly key: string;
  /** The number, mail address or id, as the provider writes it. */
  readonly value: string;
}

/** A send in place of the original message: a whole create-message body on a channel. */
export interface ReroutedSend {
  /** The channel to send on, of the same workspace. */
  readonly channelId: string;
  /** The create-message body, receiver included. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** What a reroute policy knows about the send, and what it can ask. */
export interface RerouteContext {
  /** The message that may not be sent as it is. */
  readonly send: SendToReroute;
  /** Why it may not be sent: a denial or, with `onUnknown: 'reroute'`, an unknown. */
  readonly decision: Decision;
  /** The channel's platform; `undefined` where it could not be obtained. */
  readonly platform?: string | undefined;
  /** The instant of the decision by Bird's clock, epoch ms. */
  readonly at: number;
  /** True in `observe` mode: the policy must change nothing, and its result is only reported. */
  readonly isDryRun: boolean;
  /**
   * Records why this policy cannot help and returns `undefined`, so that `return decline(reason)` tries the next
   * policy.
   */
  decline(reason: string): undefined;
  /** The guard's decision about another send, without its policy. Settles within the time this decision has left. */
  decide(send: SendToReroute): Promise<Decision>;
  /**
   * The platform of another channel of the workspace; `undefined` where it could not be obtained. Settles like
   * `decide`. The guard always provides this method and `identifiers`.
   */
  platformOf?(channelId: string): Promise<string | undefined>;
  /**
   * All identifiers of the send's contact, on any channel; `undefined` where they could not be obtained. The first call
   * costs one read.
   */
  identifiers?(): Promise<readonly ContactIdentifier[] | undefined>;
}

/** How to find a message that waits for the customer's reply. */
export interface HeldNote {
  /** The id that the message was given when it was held; `release` gets it as well. */
  readonly id: string;
  /** The message's own reference, or one generated for it. The message is released under it. */
  readonly reference: string;
  /** When the message stops waiting, epoch ms. */
  readonly expiresAt: number;
}

/** What a reroute policy does with a message. */
export interface RerouteResult {
  /** `reroute` sends `sends` instead, `hold` lets the message wait, `block` stops it without trying the next policy. */
  readonly action: 'reroute' | 'hold' | 'block';
  /** With `reroute`: the sends that replace the message, in this order. At least one. */
  readonly sends?: readonly ReroutedSend[] | undefined;
  /** Labels for what was changed, without spaces; reported as they are. */
  readonly changes?: readonly string[] | undefined;
  /** With `hold`: how to find the message later. */
  readonly held?: HeldNote | undefined;
  /**
   * Called once, when it is certain whether the result is used. It is not where another recipient stops the whole
   * request, or time runs out. With `false`, everything must be as if the policy had never run. The guard waits at most
   * one second for it. Not called with `block`, of which nothing stays.
   */
  readonly settle?: ((isUsed: boolean) => void | Promise<void>) | undefined;
}

/**
 * Finds another way to send a message that may not be sent as it is. `undefined` means that it cannot help, and the
 * next policy is tried; so does an error or a timeout. The guard checks the result: free text that is not permitted
 * never leaves.
 */
export type ReroutePolicy = (context: RerouteContext) => RerouteResult | undefined | Promise<RerouteResult | undefined>;
