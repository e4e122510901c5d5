import type { ServerResponse } from 'node:http';
import type { WindowStatus } from '../../guard/window-query.js';

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

export function answerProblem(res: ServerResponse, code: StatusProblem): void {
  const { status, message } = problems[code];
  if (status === 405) res.setHeader('Allow', 'GET, HEAD');
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  answerJson(res, status, { code, message });
}

/** Answers, unless somebody else has done so or the client has gone. */
export function answerJson(res: ServerResponse, status: number, body: object): void {
  if (res.headersSent || res.writableEnded || res.destroyed) return;
  const text = JSON.stringify(body);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Vary', 'Accept');
  res.end(text);
}
