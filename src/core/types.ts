/** An instant: an RFC 3339 string with offset, epoch milliseconds, or a `Date`. */
export type Instant = string | number | Date;

/** Whether a message may be sent; `unknown` where the facts do not decide. */
export type Verdict = 'allow' | 'deny' | 'unknown';

/** Why a message may be sent: it needs no window, or a window is open. */
export type AllowReason =
  | 'template'
  | 'no_service_window'
  | 'permanent_session'
  | 'service_window_open'
  | 'human_agent_window';

/** Why a message may not be sent. Only a known fact denies, never a missing one. */
export type DenyReason =
  | 'service_window_closed'
  | 'channel_inactive'
  | 'outgoing_unavailable'
  | 'quota_spent'
  | 'opted_out';

/** Why nothing is decided: which fact is missing, or why it could not be obtained. */
export type UnknownReason =
  | 'window_unknown'
  | 'platform_unknown'
  | 'lookup_failed'
  | 'lookup_budget_spent'
  | 'deadline_exceeded'
  | 'access_denied'
  | 'channel_not_found'
  | 'contact_not_found'
  | 'workspace_unknown'
  | 'address_unresolved'
  | 'bad_id'
  | 'malformed_answer'
  | 'unclassified_message'
  | 'template_unsupported'
  | 'too_many_recipients';

/** The message may be sent. */
export interface AllowDecision {
  /** Discriminates the union `Decision`. */
  readonly verdict: 'allow';
  /** Why the message may be sent. */
  readonly reason: AllowReason;
  /**
   * When the decision expires (exclusive), epoch ms; `null` where no end is known. `decideFreeform` subtracts its
   * margin. An outcome of a guard has the true end of the window, and `isStillValid` subtracts the margin.
   */
  readonly validUntil: number | null;
}

/** The message may not be sent: it would be lost, or the contact has opted out. */
export interface DenyDecision {
  /** Discriminates the union `Decision`. */
  readonly verdict: 'deny';
  /** Why the message may not be sent. */
  readonly reason: DenyReason;
  /** The end of the window, epoch ms; `null` where it is not known, or where time is not the reason. */
  readonly closedAt: number | null;
}

/** The facts do not decide whether the message may be sent. */
export interface UnknownDecision {
  /** Discriminates the union `Decision`. */
  readonly verdict: 'unknown';
  /** Which fact is missing, or why it could not be obtained. */
  readonly reason: UnknownReason;
}

/** The result of the rules. A denial is a value; `unknown` means that the facts do not decide, and is never `deny`. */
export type Decision = AllowDecision | DenyDecision | UnknownDecision;

/** Bird's channel object as the API returns it. Only these fields are read, as own properties. */
export interface ChannelInput {
  /** Bird's id of the platform, such as `whatsapp`. One that the table does not know is `platform_unknown`. */
  readonly platformId?: string | undefined;
  /** The channel's status. `active` and `preview` may send; a status that is not known to block lets sends through. */
  readonly status?: string | undefined;
  /** Bird's nested capabilities. Only `messaging.messaging` and its `outgoing` are read; absent is fine. */
  readonly capabilities?: unknown;
}

/** Bird's channel-contact object as the API returns it, evidence of your own, or both. */
export interface ContactInput {
  /** The end of the window as Bird reports it. `null` means closed; missing means unknown. */
  readonly serviceWindowExpireAt?: Instant | null | undefined;
  /** Whether Bird reports a window without end for this contact; `true` allows. */
  readonly isPermanentSession?: boolean | null | undefined;
  /** When the customer last wrote, by the platform's clock. */
  readonly lastInboundAt?: Instant | null | undefined;
  /** When the last message was *sent* that the provider refused as too late. */
  readonly refusedAt?: Instant | null | undefined;
  /** How many messages were sent since the customer last wrote. Absent means not counted. */
  readonly messagesSinceInbound?: number | null | undefined;
  /** Whether the contact has opted out; `true` denies free-form messages on every platform. */
  readonly optedOut?: boolean | null | undefined;
}

/** How long a platform permits free-form messages after a customer's message, and how many. */
export interface ServiceWindow {
  /** Length of the window after the customer's last message, in ms. `Infinity`: it has no end by time. */
  readonly durationMs: number;
  /** Length of the longer window in which a human, but not automation, may answer, in ms. */
  readonly humanAgentMs?: number | undefined;
  /** How many messages the platform permits after one customer message. Default: any number. */
  readonly quota?: number | undefined;
  /** Whether Bird's `serviceWindowExpireAt: null` means nothing on this platform, instead of closed. Default false. */
  readonly nullSaysNothing?: boolean | undefined;
}

/** The rules of one platform: a row of `platforms`. */
export interface PlatformRow {
  /** The platform's service window; `null` where free-form messages need none. */
  readonly window: ServiceWindow | null;
  /** Whether a template is delivered outside the window. Default false. */
  readonly hasTemplates?: boolean | undefined;
}

/** The instant, the sender and the platform rules that a decision uses. */
export interface FreeformOptions {
  /** The instant to decide for, which may be in the future. Default: now. */
  readonly at?: Date | number | undefined;
  /** How long before its end a window already counts as closed, in ms. Default 0; 0 and up. */
  readonly safetyMarginMs?: number | undefined;
  /** Whether a human or automation writes: only `human` may use a human-agent window. Default `automation`. */
  readonly sender?: 'human' | 'automation' | undefined;
  /** Rows by `platformId` that override or extend the exported `platforms`. */
  readonly platforms?: Readonly<Record<string, PlatformRow>> | undefined;
}
