import * as hono from '../../examples/hosts/hono.js';
import * as lambda from '../../examples/hosts/lambda.js';
import * as serverlessHttp from '../../examples/hosts/lambda-serverless-http.js';
import * as next from '../../examples/hosts/next.js';
import * as trpc from '../../examples/hosts/trpc.js';
import { describeHost } from './host.contract.js';
import { onFetch, onLambda, onSocket } from './running.js';
import { overTrpc } from './trpc-protocol.js';

describeHost({
  name: 'Hono',
  recipe: 'hono.ts',
  echoes: true,
  start: (service) => {
    const app = hono.createApp(service).post('/echo', async (c) => c.json(await c.req.json()));
    return onFetch((request) => app.fetch(request));
  },
});
describeHost({
  name: 'Next.js',
  recipe: 'next.ts',
  echoes: false,
  // Next itself takes as long to install as everything else here; a route handler is a function of the web's own types.
  start: (service) => {
    const { POST } = next.createRoute(service);
    const webhook = next.createWebhookRoute(service);
    return onFetch((request) => {
      const [, workspaceId, channelId] =
        /^\/workspaces\/([^/]+)\/channels\/([^/]+)\/messages$/.exec(new URL(request.url).pathname) ?? [];
      if (request.method !== 'POST') return new Response(null, { status: 405 });
      if (new URL(request.url).pathname === '/webhooks/bird') return webhook.POST(request);
      if (workspaceId === undefined || channelId === undefined) return new Response(null, { status: 404 });
      return POST(request, { params: Promise.resolve({ workspaceId, channelId }) });
    });
  },
});
describeHost({
  name: 'tRPC 11',
  recipe: 'trpc.ts',
  echoes: false,
  protocol: overTrpc,
  start: (service) => onSocket(trpc.createApp(service)),
});
describeHost({
  name: 'AWS Lambda',
  recipe: 'lambda.ts',
  echoes: false,
  start: (service) => onLambda(lambda.createHandler(service)),
});
describeHost({
  name: 'AWS Lambda with serverless-http',
  recipe: 'lambda-serverless-http.ts',
  echoes: false,
  start: (service) => onLambda((event) => serverlessHttp.createHandler(service)(event, {})),
});
