import type { Decision, ServiceWindow } from '../../core/types.js';

/** The doctor's findings. Plain data: ids and words, never the key, a phone number or the text of an answer. */
export interface Diagnosis {
  readonly baseUrl: string;
  /** Whether Bird accepts the key; `unknown` if no answer shows it. */
  readonly key: 'accepted' | 'refused' | 'unknown';
  readonly channel: Finding<ChannelReport>;
  /** Without a given contact, `contact_not_found` is the good answer: the key may read contacts. */
  readonly contact: Finding<ContactReport>;
  /** Whether the user named the contact. Otherwise the doctor reads one that does not exist. */
  readonly isContactGiven: boolean;
  readonly clock: ClockReport;
  readonly rateLimitHeaders: readonly RateLimitHeader[];
  /** Every read, in order. */
  readonly reads: readonly ReadReport[];
  /** The median of the reads that Bird answered, in ms; `undefined` if there is none. */
  readonly medianReadMs: number | undefined;
  /** The first thing to fix; `undefined`: the guard can work. */
  readonly problem: Problem | undefined;
}

export type ReadTarget = 'channel' | 'contact' | 'channels';

/** Why a read returned no facts. */
export type ReadFailure =
  | 'key_refused'
  | 'forbidden'
  | 'channel_not_found'
  | 'contact_not_found'
  /** A 404 whose message is not Bird's for a channel or a contact. */
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
  /** Absent if there was no complete answer. */
  readonly status?: number | undefined;
  /** The system's code for a failed connection, such as `ECONNREFUSED`. */
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
  /** Bird's value; `undefined` if it is not a word that can be shown. */
  readonly platformId: string | undefined;
  /** The platform's window; `null`: it has none; `undefined`: the table does not know the platform. */
  readonly window: ServiceWindow | null | undefined;
  /** Bird's value; `undefined` if Bird gives none, or none that can be shown. */
  readonly status: string | undefined;
  /** `undefined`: the guard does not know the status, and sends pass. */
  readonly maySend: boolean | undefined;
  readonly outgoing: 'available' | 'unavailable' | 'not_stated';
}

export interface ContactReport {
  /** How Bird reports the window: no date, a past one or a future one by Bird's clock. */
  readonly window: 'null' | 'past' | 'future';
  /** Epoch ms. */
  readonly serviceWindowExpireAt: number | null;
  readonly isPermanentSession: boolean | 'null' | 'absent';
  /** The guard's decision now about a free-form message of an automation. */
  readonly decision: Decision | undefined;
}

export interface ClockReport {
  readonly date: 'present' | 'unreadable' | 'absent' | 'unknown';
  /** How far Bird's clock is ahead of this machine's, in ms; 0 for up to 2 s, which the header cannot resolve. */
  readonly aheadMs: number;
}

export interface RateLimitHeader {
  readonly name: string;
  /** `undefined`: the value cannot be shown. */
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
