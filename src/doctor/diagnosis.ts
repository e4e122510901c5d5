import type { Decision, ServiceWindow } from '../core/types.js';

/** What the doctor found out. Plain data: ids and words, never the key, a phone number or an answer of Bird's. */
export interface Diagnosis {
  readonly baseUrl: string;
  /** Whether Bird knows the key; `unknown` where no answer tells. */
  readonly key: 'accepted' | 'refused' | 'unknown';
  readonly channel: Finding<ChannelReport>;
  /** Without a contact to ask about, `contact_not_found` is the good answer: the key may ask. */
  readonly contact: Finding<ContactReport>;
  /** The user named the contact; otherwise the doctor asked about one that cannot exist. */
  readonly isContactGiven: boolean;
  readonly clock: ClockReport;
  readonly rateLimitHeaders: readonly RateLimitHeader[];
  /** Every read, in order. */
  readonly reads: readonly ReadReport[];
  /** Of the reads that Bird answered, in ms; `undefined` when there is none. */
  readonly medianReadMs: number | undefined;
  /** The one thing to fix first; `undefined`: the guard can work. */
  readonly problem: Problem | undefined;
}

export type ReadTarget = 'channel' | 'contact' | 'channels';

/** Why a read gave no facts. */
export type ReadFailure =
  | 'key_refused'
  | 'forbidden'
  | 'channel_not_found'
  | 'contact_not_found'
  /** 404 in other words than Bird's for a channel or a contact. */
  | 'not_found'
  | 'throttled'
  | 'redirected'
  | 'server_error'
  | 'unexpected_status'
  | 'malformed'
  | 'timed_out'
  | 'unreachable';

export interface FailedFinding {
  readonly result: ReadFailure;
  /** Absent when there was no answer, or it was cut off. */
  readonly status?: number | undefined;
  /** The system's word for a connection that failed, such as `ECONNREFUSED`. */
  readonly networkCode?: string | undefined;
}

export type Finding<Facts> =
  | { readonly result: 'ok'; readonly status: number; readonly facts: Facts }
  | { readonly result: 'not_asked' }
  | FailedFinding;

export interface ReadReport {
  readonly target: ReadTarget;
  readonly result: 'ok' | ReadFailure;
  readonly status: number | undefined;
  readonly durationMs: number;
}

export interface ChannelReport {
  /** Bird's word; `undefined` when it is not a word that can be shown. */
  readonly platformId: string | undefined;
  /** The platform's window; `null`: it has none; `undefined`: the table does not know the platform. */
  readonly window: ServiceWindow | null | undefined;
  /** Bird's word; `undefined` when Bird gives none, or none that can be shown. */
  readonly status: string | undefined;
  /** `undefined`: the guard does not know the word, and lets such a channel send. */
  readonly maySend: boolean | undefined;
  readonly outgoing: 'available' | 'unavailable' | 'not_stated';
}

export interface ContactReport {
  /** How Bird reports the window: no date, a date that is over by Bird's clock, or one that is to come. */
  readonly window: 'null' | 'past' | 'future';
  /** Epoch ms. */
  readonly serviceWindowExpireAt: number | null;
  readonly isPermanentSession: boolean | 'null' | 'absent';
  /** What the guard makes of it now, for a free-form message of an automation. */
  readonly decision: Decision | undefined;
}

export interface ClockReport {
  readonly date: 'present' | 'unreadable' | 'absent' | 'unknown';
  /** How far Bird's clock is ahead of this machine's, in ms; 0 up to 2 s, which the header cannot resolve. */
  readonly aheadMs: number;
}

export interface RateLimitHeader {
  readonly name: string;
  /** `undefined`: not a value that can be shown. */
  readonly value: string | undefined;
}

export type ProblemCode =
  | Exclude<ReadFailure, 'forbidden'>
  | 'channel_forbidden'
  | 'contact_forbidden'
  | 'channel_inactive'
  | 'outgoing_unavailable'
  | 'platform_unknown'
  | 'slow_reads';

export interface Problem {
  readonly code: ProblemCode;
  /** One sentence: what is wrong, and what to do. */
  readonly advice: string;
}
