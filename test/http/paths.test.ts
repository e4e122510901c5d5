import type { RequestListener } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { createGuard, freeformGuard, type Guard, type Middleware } from 'freeform-guard';
import { fastifyGuard } from 'freeform-guard/fastify';
import { describe, expect, it, onTestFinished } from 'vitest';

const WS = '11111111-1111-4111-8111-111111111111';
const CH = '22222222-2222-4222-8222-222222222222';
const CV = '33333333-3333-4333-8333-333333333333';

/** The ways in which somebody may spell one place in a path. */
const slashes = [
  '/',
  '//',
  '/./',
  '/x/../',
  '/x/%2e%2e/',
  '\\',
  '%2F',
  '%5C',
  '/%2E/',
  '/;/',
  '/..;/',
  '/x;y/../',
  '/%c0%ae/',
  '/%252e/',
  '/x/.%2e/',
];
const ends = [
  '',
  '/',
  '//',
  '/.',
  '/./',
  '/x/..',
  '?a=b',
  '#',
  '#x',
  '.json',
  '/x',
  '%2F',
  '/?a',
  '\\',
  ';',
  ';a=b',
  ';x=1/',
  ';/x',
  '/;',
  '%3B',
  '%20',
  '%00',
];
const words = ['messages', 'MESSAGES', '%6Dessages', 'mess%61ges', '%4DESSAGES', 'me%C5%BF%C5%BFages', '%256Dessages'];
const heads = [
  '',
  '/',
  '/api',
  '//api',
  '/%2e%2e',
  'http://example.com',
  'HTTP://example.com:80',
  '/a/../b',
  '//example.com',
  '/workspaces',
];

const channels = `/workspaces/${WS}/channels/${CH}`;
const forms: readonly string[] = [
  ...slashes.map((slash) => `${channels}${slash}messages`),
  ...slashes.map((slash) => `/workspaces/${WS}${slash}channels/${CH}/messages`),
  ...slashes.map((slash) => `${channels}${slash}messages#`),
  ...ends.map((end) => `${channels}/messages${end}`),
  ...ends.map((end) => `${channels}/batch/messages${end}`),
  ...words.map((word) => `${channels}/${word}`),
  ...heads.map((head) => `${head}${channels}/messages`),
  ...['batch', 'b%61tch', 'BATCH', 'batch/.', './/batch'].map((batch) => `${channels}/${batch}/messages`),
  `/%77orkspaces/${WS}/ch%61nnels/${CH}/messages`,
  `/workspaces/${WS}/conversations/${CV}/messages`,
  `/workspaces/${WS}/conversations//${CV}/messages/`,
  `/workspaces/%31${WS.slice(1)}/channels/${CH}/messages`,
  `/workspaces/${WS.toUpperCase()}/channels/${CH}/messages`,
  `/workspaces/../channels/${CH}/messages`,
  `/workspaces/${WS}/channels/%2e%2e/messages`,
  `/workspaces/${WS}/channels/%/messages`,
  `/workspaces/${WS}/channels/${CH}%2F..%2F${CV}/messages`,
  `/workspaces/${WS};v=1/channels/${CH};v=2/messages;v=3`,
  `${channels}/${'%2e/'.repeat(50)}messages`,
  `${channels}/x/%2e%2e%2fmessages`,
];

interface Answer {
  readonly ran: boolean;
  readonly isDecided: boolean;
}

type Host = (middleware: Middleware, guard: Guard) => RequestListener | Promise<RequestListener>;

const parse: Middleware = (req, _res, next) => {
  text(req).then((content) => {
    Object.assign(req, { body: JSON.parse(content) });
    next();
  }, next);
};
const ran: Middleware = (_req, res) => {
  res.setHeader('x-ran', 'yes');
  res.end();
};
const last: Middleware = (_req, res) => {
  res.statusCode = 404;
  res.end();
};

const paths = ['/workspaces/:workspaceId/channels/:channelId/messages', '/workspaces/:w/channels/:c/batch/messages'];
const conversations = '/workspaces/:workspaceId/conversations/:conversationId/messages';

function routed(app: ReturnType<typeof express>, guard: Middleware): RequestListener {
  for (const path of [...paths, conversations]) app.post(path, parse, guard, ran);
  app.use(last);
  return app as RequestListener;
}

function mounted(app: { use(path: string, ...all: Middleware[]): unknown }, guard: Middleware): RequestListener {
  for (const path of [...paths, conversations]) app.use(path, parse, guard, ran);
  app.use('/', last);
  return app as unknown as RequestListener;
}

async function onFastify(routerOptions: object, guard: Guard): Promise<RequestListener> {
  const app = fastify({ routerOptions });
  await app.register(fastifyGuard, { guard });
  for (const path of [...paths, conversations])
    app.post(path, async (_request, reply) => reply.header('x-ran', 'yes').send());
  await app.ready();
  return app.routing as RequestListener;
}

const hosts: readonly (readonly [name: string, host: Host])[] = [
  ['Express 5, a route', (guard) => routed(express(), guard)],
  ['Express 4, a route', (guard) => routed(express4() as never, guard)],
  ['Express 5, a mount', (guard) => mounted(express() as never, guard)],
  ['Express 4, a mount', (guard) => mounted(express4() as never, guard)],
  [
    'Express 4, a router that merges no parameters',
    (guard) => {
      const router = express4.Router();
      router.post('/messages', parse as never, guard as never, ran as never);
      const app = express4();
      app.use('/workspaces/:workspaceId/channels/:channelId', router);
      app.use(last as never);
      return app as RequestListener;
    },
  ],
  [
    'Connect, a mount',
    (guard) => {
      const app = connect();
      app.use(`${channels}/messages`, parse);
      app.use(`${channels}/messages`, guard);
      app.use(`${channels}/messages`, ran);
      app.use(last);
      return app as RequestListener;
    },
  ],
  ['Fastify', (_, guard) => onFastify({}, guard)],
  [
    'Fastify, as loose as it can be',
    (_, guard) => {
      const loose = { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true };
      return onFastify({ ...loose, useSemicolonDelimiter: true }, guard);
    },
  ],
];

async function start(host: Host): Promise<(path: string) => Promise<Answer>> {
  const guard = createGuard({
    workspaces: { [WS]: { accessKey: 'key', baseUrl: 'http://127.0.0.1:1' } },
    fetch: () => Promise.reject(new Error('no Bird')),
    logger: { warn: () => {}, error: () => {} },
  });
  const server = createServer(await host(freeformGuard(guard), guard));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    guard.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (path) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const call = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
        response.resume();
        const { headers } = response;
        resolve({ ran: headers['x-ran'] === 'yes', isDecided: headers['freeform-window'] !== undefined });
      });
      call.on('error', reject);
      call.end(JSON.stringify({ receiver: { contacts: [{ id: CV }] }, body: { type: 'text', text: { text: 'Hi' } } }));
    });
}

describe.each(hosts)('%s (field A6)', (_, host) => {
  it('runs no handler of a send that is undecided, however its path is spelled', async () => {
    const call = await start(host);
    const answers = await Promise.all(forms.map(async (path) => ({ path, ...(await call(path)) })));
    expect(answers.filter((answer) => answer.ran && !answer.isDecided)).toEqual([]);
    expect(answers.filter((answer) => answer.ran).length).toBeGreaterThan(2);
  });
});

describe('a bare server that hands what came to Bird (field A6)', () => {
  /** What `fetch(BIRD + url)` asks for, as Bird's router reads it. */
  const isSend = (url: string): boolean => {
    const base = 'https://api.bird.com';
    const { pathname } = new URL(/^https?:/i.test(url) ? url : base + url);
    // Byte by byte: not all of them are UTF-8.
    const decoded = pathname.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return /\/workspaces\/[^/]+\/(?:channels\/[^/]+(?:\/batch)?|conversations\/[^/]+)\/messages\/?$/i.test(
      decoded.replace(/\/{2,}/g, '/'),
    );
  };

  it('hands on no send that is undecided', async () => {
    const call = await start(
      (guard) => (req, res) => parse(req, res, () => guard(req, res, () => ran(req, res, () => undefined))),
    );
    const answers = await Promise.all(forms.map(async (path) => ({ path, ...(await call(path)) })));
    const sends = answers.filter(({ path }) => isSend(path));
    expect(sends.length).toBeGreaterThan(60);
    expect(sends.filter(({ isDecided }) => !isDecided)).toEqual([]);
  });
});

describe('a mount with parameters', () => {
  const before: readonly (readonly [string, (app: ReturnType<typeof express>) => void])[] = [
    ['nothing', () => undefined],
    ['a route for everything', (app) => void app.all('/*rest', (_req, _res, next) => next())],
    [
      'a route of the same path',
      (app) => void app.post(`${paths[0]?.replace('messages', 'presigned-upload')}`, (_req, _res, next) => next()),
    ],
  ];

  it.each(before)(
    'takes no upload for a send where Express has left %s in req.route (field A6)',
    async (_, earlier) => {
      const call = await start((guard) => {
        const app = express();
        earlier(app);
        app.use('/workspaces/:workspaceId/channels/:channelId', parse as never, guard as never, ran as never);
        return app as RequestListener;
      });
      expect(await call(`${channels}/presigned-upload`)).toEqual({ ran: true, isDecided: false });
      expect(await call(`${channels}/messages`)).toEqual({ ran: true, isDecided: true });
    },
  );

  it.each<[string, (guard: Middleware) => Middleware]>([
    ['itself', (guard) => guard],
    ['in another function', (guard) => (req, res, next) => guard(req, res, next)],
  ])('on a route of its own takes the ids from the route, the guard %s', async (_, wrap) => {
    const call = await start((guard) => {
      const app = express();
      app.post('/own/:workspaceId/:channelId/reply', parse as never, wrap(guard) as never, ran as never);
      return app as RequestListener;
    });
    expect(await call(`/own/${WS}/${CH}/reply`)).toEqual({ ran: true, isDecided: true });
  });
});
