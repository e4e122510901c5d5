/** A point in time as users hold it: an RFC 3339 string with offset, epoch milliseconds, or a `Date`. */
export type Instant = string | number | Date;

/** Whether a message may be sent; `unknown` where the facts do not say. */
export type Verdict = 'allow' | 'deny' | 'unknown';

/** Why a message may be sent: it needs no open window, or one is open. */
export type AllowReason =
  | 'template'
  | 'no_service_window'
  | 'permanent_session'
  | 'service_window_open'
  | 'human_agent_window';

/** Why a message would be lost. Only a known fact denies, never a missing one. */
export type DenyReason =
  | 'service_window_closed'
  | 'channel_inactive'
  | 'outgoing_unavailable'
  | 'quota_spent'
  | 'opted_out';

/** Why nothing can be said: which fact is missing, or why it could not be obtained. */
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
  /** Tells this arm of `Decision` from the others. */
  readonly verdict: 'allow';
  /** What permits the message. */
  readonly reason: AllowReason;
  /**
   * Epoch ms up to which (exclusive) the answer holds; null: no end known. `decideFreeform` takes the margin off that it
   * was given. A guard's outcome has the true end of the window, and `isStillValid` takes the margin off.
   */
  readonly validUntil: number | null;
}

/** The message would be lost. */
export interface DenyDecision {
  /** Tells this arm of `Decision` from the others. */
  readonly verdict: 'deny';
  /** The fact that stops the message. */
  readonly reason: DenyReason;
  /** Epoch ms at which the window ends or ended; null: not known, or not a matter of time. */
  readonly closedAt: number | null;
}

/** The facts do not say whether the message would be lost. */
export interface UnknownDecision {
  /** Tells this arm of `Decision` from the others. */
  readonly verdict: 'unknown';
  /** What is missing. */
  readonly reason: UnknownReason;
}

/** The pure answer. Denial is a value; `unknown` means that the facts do not decide it, and is never `deny`. */
export type Decision = AllowDecision | DenyDecision | UnknownDecision;

/** Bird's channel object as the API returns it. Only these fields are read, and only own properties. */
export interface ChannelInput {
  /** Bird's id of the platform, such as `whatsapp`. One that the table does not know is `platform_unknown`. */
  readonly platformId?: string | undefined;
  /** `active` and `preview` may send. A status that is not known to stop sends lets them through. */
  readonly status?: string | undefined;
  /** Bird's nested capabilities; only `messaging.messaging` and its `outgoing` are read. Absent is fine. */
  readonly capabilities?: unknown;
}

/** Bird's channel-contact object as the API returns it, and/or what you know of the contact yourself. */
export interface ContactInput {
  /** Bird's word on the end of the window. `null` is known and closed; missing is not known. */
  readonly serviceWindowExpireAt?: Instant | null | undefined;
  /** Bird says that the window of this contact has no end: `true` allows. */
  readonly isPermanentSession?: boolean | null | undefined;
  /** When the customer last wrote, by the platform's clock. */
  readonly lastInboundAt?: Instant | null | undefined;
  /** When the last message that the provider refused as too late was *sent*. */
  readonly refusedAt?: Instant | null | undefined;
  /** Messages sent since the customer last wrote; absent means not counted. */
  readonly messagesSinceInbound?: number | null | undefined;
  /** The contact wants no messages: `true` denies every free-form one, on every platform. */
  readonly optedOut?: boolean | null | undefined;
}

/** What a platform allows after a customer's message. */
export interface ServiceWindow {
  /** Length of the window in ms, from the customer's last message; `Infinity`: it does not end by time. */
  readonly durationMs: number;
  /** Length in ms of the longer window in which a human (never automation) may still answer. */
  readonly humanAgentMs?: number | undefined;
  /** How many messages may follow one customer message. */
  readonly quota?: number | undefined;
  /** Bird's `serviceWindowExpireAt: null` says nothing about this platform: it does not mean closed. */
  readonly nullSaysNothing?: boolean | undefined;
}

/** What a platform permits: one row of `platforms`. */
export interface PlatformRow {
  /** `null`: free-form messages need no window here. */
  readonly window: ServiceWindow | null;
  /** A template gets through when the window is closed. */
  readonly hasTemplates?: boolean | undefined;
}

/** When, by whom and under which rules a message would be sent. */
export interface FreeformOptions {
  /** The instant that the question is about, which may be in the future. Default: now. */
  readonly at?: Date | number | undefined;
  /** How long before its end a window already counts as closed, in ms. Default 0, range 0 and up. */
  readonly safetyMarginMs?: number | undefined;
  /** Whether a human or automation writes: only `human` may use a human-agent window. Default `automation`. */
  readonly sender?: 'human' | 'automation' | undefined;
  /** Rows by `platformId` that override or extend the exported `platforms`. */
  readonly platforms?: Readonly<Record<string, PlatformRow>> | undefined;
}
