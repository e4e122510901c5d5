import { guardRequest } from 'freeform-guard';
import type { Service } from './service.js';

/** An event of API Gateway (HTTP API) or of a function URL. */
export interface LambdaEvent {
  readonly rawPath: string;
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}
export interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function createHandler(service: Service): (event: LambdaEvent) => Promise<LambdaAnswer> {
  return async (event) => {
    const { rawPath: url, headers } = event;
    const { method } = event.requestContext.http;
    const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
    if (url === '/webhooks/bird') {
      const request = new Request(`https://localhost${url}`, { method, headers, body: bytes });
      const answer = await service.receiver.fetch(request);
      return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
    }
    const channelId = /\/channels\/([^/]+)\/messages$/.exec(url)?.[1];
    if (method !== 'POST' || channelId === undefined) return { statusCode: 404, headers: {}, body: '' };
    const message = JSON.parse(bytes.toString());
    const decision = await guardRequest(service.guard, { method, url, body: message });
    decision?.settle(true);
    const { response, header = '', sends = [{ channelId, message }] } = decision ?? {};
    if (response !== undefined) {
      return { statusCode: response.status, headers: response.headers, body: JSON.stringify(response.body) };
    }
    for (const send of sends) await service.sendToBird(send);
    return { statusCode: 202, headers: { 'Freeform-Window': header }, body: JSON.stringify({ sent: sends.length }) };
  };
}
