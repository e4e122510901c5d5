import { randomUUID } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import { signWebhook } from '../../bird/webhook-signature.js';

/** One POST to a subscriber. */
export interface WebhookCall {
  readonly url: string;
  readonly signingKey: string | undefined;
  /** Unix seconds. */
  readonly timestamp: string;
  readonly body: Buffer;
}

/** The status of the response; `null` if there was none. `open` contains the request while it is running. */
export function callWebhook(call: WebhookCall, open: Set<ClientRequest>): Promise<number | null> {
  return new Promise((resolve) => {
    // One connection each, so that no idle connection keeps a test's server alive.
    const options = { method: 'POST', agent: false, headers: headersOf(call) };
    const sent = request(call.url, options, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode ?? null));
    });
    sent.once('error', () => resolve(null));
    open.add(sent);
    sent.once('close', () => open.delete(sent));
    sent.end(call.body);
  });
}

function headersOf({ url, signingKey, timestamp, body }: WebhookCall): Record<string, string | number> {
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'messagebird-request-id': randomUUID(),
    'messagebird-request-timestamp': timestamp,
  };
  if (signingKey === undefined) return headers;
  return { ...headers, 'messagebird-signature': signWebhook({ timestamp, url, body }, signingKey) };
}
