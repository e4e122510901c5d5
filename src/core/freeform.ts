import { isOutgoingUnavailable, maySend } from './channel-availability.js';
import { toInstant } from './instant.js';
import { own } from './own.js';
import { platformRow } from './platforms.js';
import { humanAgentWindow, type KnownWindow, knownWindow, latest } from './service-window.js';
import type {
  AllowReason,
  ChannelInput,
  ContactInput,
  Decision,
  DenyReason,
  FreeformOptions,
  ServiceWindow,
  UnknownReason,
} from './types.js';

/**
 * Whether a free-form message may be sent: true only if `decideFreeform` returns `allow`. `false` covers both *denied*
 * and *unknown*; call `decideFreeform` if the difference matters.
 */
export function canSendFreeform(channel: ChannelInput, contact: ContactInput, options?: FreeformOptions): boolean {
  return decideFreeform(channel, contact, options).verdict === 'allow';
}

/**
 * Decides from Bird's channel and channel-contact objects, raw as the API returns them, whether a free-form message may
 * be sent at `options.at`. Pure but for the default instant, reads own properties only, and throws for no input.
 *
 * @example
 * decideFreeform({ platformId: 'whatsapp', status: 'active' }, { serviceWindowExpireAt: null });
 * // { verdict: 'deny', reason: 'service_window_closed', closedAt: null }
 */
export function decideFreeform(channel: ChannelInput, contact: ContactInput, options?: FreeformOptions): Decision {
  try {
    return decide(channel, contact, options);
  } catch {
    // Getters and proxies may throw when read. Unreadable facts decide nothing.
    return unknown('malformed_answer');
  }
}

function decide(channel: unknown, contact: unknown, options: unknown): Decision {
  const at = readAt(options);
  if (maySend(own(channel, 'status')) === false) return deny('channel_inactive');
  if (isOutgoingUnavailable(channel, at)) return deny('outgoing_unavailable');
  if (own(contact, 'optedOut') === true) return deny('opted_out');

  const row = platformRow(own(channel, 'platformId'), own(options, 'platforms'));
  if (row === undefined) return decideWithoutRow(contact, at, readMargin(options));
  if (row.window === null) return allow('no_service_window', Number.POSITIVE_INFINITY);
  if (own(contact, 'isPermanentSession') === true) return allow('permanent_session', Number.POSITIVE_INFINITY);

  const isHuman = own(options, 'sender') === 'human';
  return decideByWindow(contact, row.window, { at, marginMs: readMargin(options), isHuman });
}

interface Question {
  readonly at: number;
  readonly marginMs: number;
  readonly isHuman: boolean;
}

function decideByWindow(contact: unknown, window: ServiceWindow, { at, marginMs, isHuman }: Question): Decision {
  if (Number.isNaN(at) || Number.isNaN(marginMs)) return unknown('window_unknown');
  const { end, otherwise } = knownWindow(contact, window, at);
  const human = isHuman ? humanAgentWindow(contact, window, at) : undefined;
  const humanEnd = human?.end;
  const isSpent = isQuotaSpent(contact, window);

  if (end !== undefined && at < end - marginMs) {
    return isSpent ? spent(otherwise) : allow('service_window_open', end - marginMs);
  }
  if (humanEnd !== undefined && at < humanEnd - marginMs) {
    return isSpent ? spent(otherwise) : allow('human_agent_window', humanEnd - marginMs);
  }
  if (otherwise === 'unreadable') return unknown('malformed_answer');
  if (otherwise === 'unknown' || human?.isDecided === false) return unknown('window_unknown');
  return deny('service_window_closed', latest(end, humanEnd));
}

/** If some facts are unreadable, a denial by the others is uncertain. */
function spent(otherwise: KnownWindow['otherwise']): Decision {
  return otherwise === 'unreadable' ? unknown('malformed_answer') : deny('quota_spent');
}

/** For a platform that is not in the table: Bird's date may open the window, and nothing closes it. */
function decideWithoutRow(contact: unknown, at: number, marginMs: number): Decision {
  const end = toInstant(own(contact, 'serviceWindowExpireAt'));
  const isRefused = toInstant(own(contact, 'refusedAt')) !== undefined;
  if (end === undefined || isRefused || !(at < end - marginMs)) return unknown('platform_unknown');
  return allow('service_window_open', end - marginMs);
}

function isQuotaSpent(contact: unknown, window: ServiceWindow): boolean {
  const sent = own(contact, 'messagesSinceInbound');
  const quota = own(window, 'quota');
  return typeof quota === 'number' && typeof sent === 'number' && sent >= quota;
}

/** NaN if `at` is given but not an instant: every comparison with NaN is false, so it opens nothing. */
function readAt(options: unknown): number {
  const at = own(options, 'at');
  return at === undefined ? Date.now() : (toInstant(at) ?? Number.NaN);
}

function readMargin(options: unknown): number {
  const marginMs = own(options, 'safetyMarginMs');
  if (marginMs === undefined) return 0;
  return typeof marginMs === 'number' && marginMs >= 0 && Number.isFinite(marginMs) ? marginMs : Number.NaN;
}

function allow(reason: AllowReason, until: number): Decision {
  return { verdict: 'allow', reason, validUntil: Number.isFinite(until) ? until : null };
}

function deny(reason: DenyReason, closedAt?: number): Decision {
  return { verdict: 'deny', reason, closedAt: closedAt ?? null };
}

function unknown(reason: UnknownReason): Decision {
  return { verdict: 'unknown', reason };
}
