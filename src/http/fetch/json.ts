import type { HttpAnswer } from '../request/answer.js';
import { BODY_HEADERS } from '../request/apply-rewrite.js';

/** What a text says as JSON; `undefined` where it is none. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    return undefined;
  }
}

/** The same headers for a body of JSON: none of them speaks of the old body. */
export function jsonHeaders(headers: RequestInit['headers']): Headers {
  const changed = new Headers(headers);
  for (const name of BODY_HEADERS) changed.delete(name);
  changed.set('content-type', 'application/json');
  return changed;
}

export function responseOf({ status, headers, body }: HttpAnswer): Response {
  return new Response(JSON.stringify(body), { status, headers });
}
