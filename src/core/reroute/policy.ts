import type { Decision } from '../types.js';

/** The send that may not go as it is: one message to one recipient. */
export interface SendToReroute {
  /** The workspace that sends, a UUID. */
  readonly workspaceId: string;
  /** The channel that it was for; of a send into a conversation, the conversation's. */
  readonly channelId?: string | undefined;
  /** The conversation that the send goes into; absent for one to a channel. */
  readonly conversationId?: string | undefined;
  /** An entry of Bird's `receiver.contacts`. */
  readonly contact?: unknown;
  /** A whole create-message body. */
  readonly message?: unknown;
}

/** One way to reach a contact, as the provider lists it, e.g. `{ key: 'phonenumber', value: '+12025550123' }`. */
export interface ContactIdentifier {
  /** The kind: `phonenumber`, `emailaddress`, or a platform's own. */
  readonly key: string;
  /** The number, mail address or id, as the provider writes it. */
  readonly value: string;
}

/** What is to be sent in the place of a message: a whole create-message body, on this channel. */
export interface ReroutedSend {
  /** The channel to send on, of the same workspace. */
  readonly channelId: string;
  /** The create-message body, receiver included. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** What a policy has to go by. */
export interface RerouteContext {
  /** The message that may not be sent as it is. */
  readonly send: SendToReroute;
  /** Why it may not: a denial, or with `onUnknown: 'reroute'` an unknown. */
  readonly decision: Decision;
  /** The channel's platform; `undefined` where it could not be had. */
  readonly platform?: string | undefined;
  /** Epoch ms, by Bird's clock. */
  readonly at: number;
  /** In `observe` mode: nothing may be changed anywhere, and what is returned is only reported. */
  readonly isDryRun: boolean;
  /** Notes why this policy cannot help, and gives `undefined`, so that `return decline(reason)` tries the next one. */
  decline(reason: string): undefined;
  /** What the guard decides about another send, by the facts alone. Settles within the time that the decision has. */
  decide(send: SendToReroute): Promise<Decision>;
  /**
   * The platform of another channel of the workspace; `undefined` where it could not be had. Settles like `decide`. The
   * guard always gives this and the next one.
   */
  platformOf?(channelId: string): Promise<string | undefined>;
  /**
   * How the send's contact can be reached, on whatever channel; `undefined` where that could not be had. It costs one read
   * the first time, and nothing where it is not called.
   */
  identifiers?(): Promise<readonly ContactIdentifier[] | undefined>;
}

/** A message that waits for the customer's reply. */
export interface HeldNote {
  /** The id that the message was given when it was held; `release` gets it as well. */
  readonly id: string;
  /** The message's own reference, or one that was made for it; it is released under it. */
  readonly reference: string;
  /** Until when it waits, epoch ms. */
  readonly expiresAt: number;
}

/** What a policy makes of a message. */
export interface RerouteResult {
  /** Send something else, let the message wait, or stop it without asking the next policy. */
  readonly action: 'reroute' | 'hold' | 'block';
  /** For `reroute`: what is to be sent instead, in this order. At least one. */
  readonly sends?: readonly ReroutedSend[] | undefined;
  /** What was changed, in words of your own without spaces; reported as they are. */
  readonly changes?: readonly string[] | undefined;
  /** For `hold`: what to ask for later. */
  readonly held?: HeldNote | undefined;
  /**
   * Called once, when it is certain whether the result is used: another recipient of the same request may have stopped
   * all of it, or the time may have run out. With `false`, everything must be as if the policy had not been asked. It is
   * waited for, a second at most.
   */
  readonly settle?: ((isUsed: boolean) => void | Promise<void>) | undefined;
}

/**
 * One way out for a message that may not be sent as it is. `undefined`: it cannot help, and the next one is tried; what
 * throws or takes too long counts as that. Whatever it gives, the guard lets no free text leave that is not permitted.
 */
export type ReroutePolicy = (context: RerouteContext) => RerouteResult | undefined | Promise<RerouteResult | undefined>;
