/** A point in time as users hold it: an RFC 3339 string with offset, epoch milliseconds, or a `Date`. */
export type Instant = string | number | Date;

export type Verdict = 'allow' | 'deny' | 'unknown';

export type AllowReason =
  | 'template'
  | 'no_service_window'
  | 'permanent_session'
  | 'service_window_open'
  | 'human_agent_window';

export type DenyReason =
  | 'service_window_closed'
  | 'channel_inactive'
  | 'outgoing_unavailable'
  | 'quota_spent'
  | 'opted_out';

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

export interface AllowDecision {
  readonly verdict: 'allow';
  readonly reason: AllowReason;
  /**
   * Epoch ms up to which (exclusive) the answer holds; null: no end known. `decideFreeform` takes the margin off that it
   * was given. A guard's outcome has the true end of the window, and `isStillValid` takes the margin off.
   */
  readonly validUntil: number | null;
}

export interface DenyDecision {
  readonly verdict: 'deny';
  readonly reason: DenyReason;
  /** Epoch ms at which the window ends or ended; null: not known, or not a matter of time. */
  readonly closedAt: number | null;
}

export interface UnknownDecision {
  readonly verdict: 'unknown';
  readonly reason: UnknownReason;
}

/** The pure answer. Denial is a value; `unknown` means that the facts do not decide it, and is never `deny`. */
export type Decision = AllowDecision | DenyDecision | UnknownDecision;

/** Bird's channel object as the API returns it. Only these fields are read, and only own properties. */
export interface ChannelInput {
  readonly platformId?: string | undefined;
  readonly status?: string | undefined;
  readonly capabilities?: unknown;
}

/** Bird's channel-contact object as the API returns it, and/or what you know of the contact yourself. */
export interface ContactInput {
  /** Bird's word on the end of the window. `null` is known and closed; missing is not known. */
  readonly serviceWindowExpireAt?: Instant | null | undefined;
  readonly isPermanentSession?: boolean | null | undefined;
  /** When the customer last wrote, by the platform's clock. */
  readonly lastInboundAt?: Instant | null | undefined;
  /** When the last message that the provider refused as too late was *sent*. */
  readonly refusedAt?: Instant | null | undefined;
  /** Messages sent since the customer last wrote; absent means not counted. */
  readonly messagesSinceInbound?: number | null | undefined;
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

export interface PlatformRow {
  /** `null`: free-form messages need no window here. */
  readonly window: ServiceWindow | null;
  /** A template gets through when the window is closed. */
  readonly hasTemplates?: boolean | undefined;
}

export interface FreeformOptions {
  /** The instant that the question is about, which may be in the future. Default: now. */
  readonly at?: Date | number | undefined;
  /** How long before its end a window already counts as closed, in ms. Default 0, range 0 and up. */
  readonly safetyMarginMs?: number | undefined;
  /** Who writes. Only `human` may use a human-agent window. Default `automation`. */
  readonly sender?: 'human' | 'automation' | undefined;
  /** Rows by `platformId` that override or extend the exported `platforms`. */
  readonly platforms?: Readonly<Record<string, PlatformRow>> | undefined;
}
