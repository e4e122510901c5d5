import type { ServiceWindowTexts } from './texts.js';

/** What the server says: the JSON of `windowStatus`. */
export interface ServiceWindowStatus {
  /** Whether the customer can be written to freely. */
  readonly verdict: 'allow' | 'deny' | 'unknown';
  /** The decision's reason, such as `service_window_closed`. */
  readonly reason: string;
  /** The end of the open window, an ISO instant. */
  readonly openUntil: string | null;
  /** The end of the closed window, an ISO instant. */
  readonly closedAt: string | null;
  /** The server's time when it answered, an ISO instant. */
  readonly serverNow: string;
}

/** In the attribute `state`, for your styles. */
export type ServiceWindowState = 'open' | 'closing' | 'closed' | 'unknown';

/** What is shown, and what the composer may do. */
export interface View {
  readonly state: ServiceWindowState;
  readonly text: keyof ServiceWindowTexts;
  /** The instant in the text, epoch ms. */
  readonly at?: number | undefined;
  readonly leftMs?: number | undefined;
  readonly hasTemplate?: boolean | undefined;
}

const WARN_MS = 5 * 60_000;
/** Against these a template helps. */
const templateReasons = ['service_window_closed', 'quota_spent'];

/**
 * @param now the server's time, epoch ms
 * @param isOffline nobody tells any more: what was closed may be open by now, so it is unknown
 */
export function viewOf(status: ServiceWindowStatus | undefined, now: number, isOffline: boolean): View {
  if (isOffline) return { state: 'unknown', text: 'offline' };
  if (status === undefined) return { state: 'unknown', text: 'checking' };
  if (status.verdict === 'allow') return openView(instantOf(status.openUntil), now);
  if (status.verdict !== 'deny') return { state: 'unknown', text: 'unknown' };
  if (!templateReasons.includes(status.reason)) return { state: 'closed', text: 'blocked' };
  const at = instantOf(status.closedAt);
  return { state: 'closed', text: at === undefined ? 'closedLongAgo' : 'closed', at, hasTemplate: true };
}

/** That the end has come is for the server to say: the page's arithmetic silences nobody. */
function openView(at: number | undefined, now: number): View {
  if (at === undefined) return { state: 'open', text: 'openEndless' };
  const leftMs = Math.max(0, at - now);
  if (leftMs > WARN_MS) return { state: 'open', text: 'open', at, leftMs };
  return { state: 'closing', text: leftMs === 0 ? 'ending' : 'closing', at, leftMs, hasTemplate: true };
}

function instantOf(iso: string | null): number | undefined {
  const at = Date.parse(iso ?? '');
  return Number.isNaN(at) ? undefined : at;
}
