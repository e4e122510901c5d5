import { fetchGuard } from 'freeform-guard/fetch';
import type { Service } from './service.js';

interface Context {
  readonly params: Promise<{ readonly workspaceId: string; readonly channelId: string }>;
}
type Route = (request: Request, context: Context) => Promise<Response>;

/** For `app/workspaces/[workspaceId]/channels/[channelId]/messages/route.ts`: `export const { POST } = createRoute(...)`. */
export function createRoute({ guard, sendToBird }: Service): { readonly POST: Route } {
  const decide = fetchGuard(guard);
  return {
    async POST(incoming, { params }) {
      const { response, request, header = '', sends } = await decide(incoming);
      if (response !== undefined) return response;
      const toSend = sends ?? [{ channelId: (await params).channelId, message: await request.json() }];
      for (const send of toSend) await sendToBird(send);
      return Response.json({ sent: toSend.length }, { status: 202, headers: { 'Freeform-Window': header } });
    },
  };
}

/** For `app/webhooks/bird/route.ts`. */
export function createWebhookRoute({ receiver }: Service): { readonly POST: (request: Request) => Promise<Response> } {
  return { POST: (request) => receiver.fetch(request) };
}
