import type { WindowStatus } from '../../guard/window-query.js';
import type { EventSink, EventStream } from './event-stream.js';

/** A request of any host. */
export interface StatusRequest {
  readonly method: string | undefined;
  readonly accept: string | undefined;
  /** The request as the host has it, for `resolve`. */
  readonly host: unknown;
}

export interface TextAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A whole answer, or one that begins now and has no end of its own. */
export type StatusAnswer = TextAnswer | { readonly open: (sink: EventSink) => EventStream };

/** What an agent's page gets to read, as JSON. It holds no id, no address and no text. */
export interface WindowAnswer {
  /** What the facts say, before any policy. */
  readonly verdict: WindowStatus['verdict'];
  /** Why the verdict is what it is. */
  readonly reason: WindowStatus['reason'];
  /** The end of the open window, as an ISO instant; `null` where it is not open or has no known end. */
  readonly openUntil: string | null;
  /** The end of the closed window, as an ISO instant; `null` where it is not closed or its end is not known. */
  readonly closedAt: string | null;
  /** The time as Bird has it, as an ISO instant: a page counts down by it, whatever its own clock says. */
  readonly serverNow: string;
}

export function windowAnswer({ verdict, reason, openUntil, closedAt }: WindowStatus, serverNow: number): WindowAnswer {
  return {
    verdict,
    reason,
    openUntil: isoOf(openUntil),
    closedAt: isoOf(closedAt),
    serverNow: new Date(serverNow).toISOString(),
  };
}

/** An instant beyond what a date can be is none that anybody waits for. */
function isoOf(at: number | null): string | null {
  return at === null || Math.abs(at) > MAX_DATE ? null : new Date(at).toISOString();
}

const MAX_DATE = 8.64e15;

export type StatusProblem = keyof typeof problems;

/** THE table of what is answered instead of a status. */
const problems = {
  conversation_not_found: { status: 404, message: 'There is no such conversation' },
  method_not_allowed: { status: 405, message: 'Use GET' },
  status_failed: { status: 500, message: 'The conversation could not be looked up' },
  too_many_streams: { status: 503, message: 'The server has as many streams as it takes; try again later' },
} as const;

const RETRY_AFTER_SECONDS = 10;

export function problemAnswer(code: StatusProblem): TextAnswer {
  const { status, message } = problems[code];
  const allow = status === 405 ? { Allow: 'GET, HEAD' } : undefined;
  const retry = status === 503 ? { 'Retry-After': `${RETRY_AFTER_SECONDS}` } : undefined;
  return jsonAnswer(status, { code, message }, { ...allow, ...retry });
}

export function jsonAnswer(status: number, body: object, more?: Readonly<Record<string, string>>): TextAnswer {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Vary: 'Accept', ...more };
  return { status, headers, body: JSON.stringify(body) };
}
