import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Guard, holdUntilReply, toChannel } from 'freeform-guard';
import { type FastifyGuardOptions, fastifyGuard } from 'freeform-guard/fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordLetOut } from '../../support/canary.js';
import {
  aTemplate,
  createRerouteWorld,
  type PoliciesOf,
  type RerouteWorld,
  templateOf,
} from '../../support/reroute.js';
import { createSmallWorld, sendPath, signal } from '../../support/service.js';
import { PHONE, TEXT, textMessage, type World } from '../../support/world.js';

type Change = Partial<FastifyGuardOptions>;
type Seen = Pick<FastifyRequest, 'body' | 'params' | 'url' | 'headers' | 'freeformGuard'> & {
  readonly rawBody?: unknown;
};

interface Started {
  readonly app: FastifyInstance;
  readonly seen: Seen[];
}

type Answer = Awaited<ReturnType<FastifyInstance['inject']>>;

const ROUTE = '/workspaces/:workspaceId/channels/:channelId/messages';

/** Routes at the root and below `/api`, which keep what their handlers find. */
function start(
  guard: Guard,
  change: Change = {},
  before?: (app: FastifyInstance) => void,
  app: FastifyInstance = Fastify(),
): Started {
  onTestFinished(() => app.close());
  const seen: Seen[] = [];
  before?.(app);
  app.register(fastifyGuard, { guard, ...change });
  const routes = async (instance: FastifyInstance): Promise<void> => {
    for (const route of [ROUTE, '/reply']) {
      instance.post(route, async (request) => {
        const { body, params, url, headers, freeformGuard } = request;
        seen.push({ body, params, url, headers, freeformGuard, rawBody: (request as Seen).rawBody });
        return { sent: true };
      });
    }
  };
  app.register(routes);
  app.register(routes, { prefix: '/api' });
  return { app, seen };
}

async function post({ app }: Started, url: string, payload: object = textMessage()): Promise<Answer> {
  const reply = await app.inject({ method: 'POST', url, payload });
  recordLetOut('reply of Fastify', [reply.headers, reply.payload]);
  return reply;
}

async function startRerouting(
  onClosed: PoliciesOf,
  change?: Change,
): Promise<Started & { readonly world: RerouteWorld }> {
  const world = await createRerouteWorld(onClosed);
  return { world, ...start(world.guard, change) };
}

describe('the plugin', () => {
  it('guards routes of other plugins and prefixes, once', async () => {
    const world = await createSmallWorld();
    const started = start(world.guard, {}, (app) => void app.register(fastifyGuard, { guard: world.guard }));
    for (const prefix of ['', '/api']) expect((await post(started, prefix + sendPath(world))).statusCode).toBe(409);
    world.customerWrites();
    expect((await post(started, sendPath(world))).headers['freeform-window']).toContain('verdict=allow');
    expect(started.seen[0]?.freeformGuard).toMatchObject({ outcomes: [{ action: 'send' }], original: textMessage() });
    const { decisions } = world.guard.stats();
    expect(Object.values(decisions).reduce((sum, count) => sum + count)).toBe(3);
  });

  it.each([
    ['/api', ''],
    ['/api/', ''],
  ])('guards only what is below its prefix, %s', async (prefix) => {
    const world = await createSmallWorld();
    const started = start(world.guard, { prefix });
    expect((await post(started, `/api${sendPath(world)}`)).statusCode).toBe(409);
    const other = await post(started, sendPath(world));
    expect([other.statusCode, other.headers['freeform-window']]).toEqual([200, undefined]);
  });

  it('guards what is below its prefix in each spelling that a router accepts', async () => {
    const world = await createSmallWorld();
    const app = Fastify({ routerOptions: { caseSensitive: false, ignoreDuplicateSlashes: true } });
    const started = start(world.guard, { prefix: '/api' }, undefined, app);
    const path = sendPath(world);
    for (const url of [`/API${path}`, `/%61pi${path}`, `//api${path}`]) {
      expect([url, (await post(started, url)).statusCode]).toEqual([url, 409]);
    }
    expect((await post(started, `//${path}`)).statusCode).toBe(200);
  });

  it('registered inside a prefix guards nothing outside', async () => {
    const world = await createSmallWorld();
    const app = Fastify();
    onTestFinished(() => app.close());
    const route = async (instance: FastifyInstance): Promise<void> => void instance.post(ROUTE, async () => 'sent');
    app.register(
      async (api) => {
        api.register(fastifyGuard, { guard: world.guard });
        api.register(route);
      },
      { prefix: '/api' },
    );
    app.register(route);
    const started = { app, seen: [] };
    expect((await post(started, `/api${sendPath(world)}`)).statusCode).toBe(409);
    expect((await post(started, sendPath(world))).payload).toBe('sent');
  });

  it('is taken as a promise of its module', async () => {
    const { guard } = await createSmallWorld();
    const app = Fastify();
    onTestFinished(() => app.close());
    await app.register(import('freeform-guard/fastify'), { guard });
    expect(app.hasPlugin('freeform-guard')).toBe(true);
  });

  it.each<[string, object, RegExp]>([
    ['no guard', {}, /guard must/],
    ['another object as the guard', { guard: {} }, /guard must come from createGuard/],
    ['an unknown option', { status: 409 }, /status is not a valid option/],
    ['a prefix that is no path', { prefix: 'api' }, /prefix must be a path/],
    ['rewrite without resolve', { rewrite: 'handler-sends' }, /rewrite needs fastifyGuard\.resolve/],
  ])('refuses %s at registration', async (_, change, message) => {
    const { guard } = await createSmallWorld();
    const given = 'guard' in change || Object.keys(change).length === 0 ? change : { guard, ...change };
    const app = Fastify();
    app.register(fastifyGuard, given as FastifyGuardOptions);
    await expect(app.ready()).rejects.toThrow(message);
  });
});

describe('a reroute', () => {
  it('is in request.body, the headers and the raw body', async () => {
    const world = await createRerouteWorld(() => aTemplate());
    const started = start(world.guard, {}, (app) => {
      app.decorateRequest('rawBody', undefined);
      app.addHook('preValidation', async (request) => void Object.assign(request, { rawBody: 'old' }));
    });
    const reply = await post(started, sendPath(world));
    expect(reply.headers['freeform-window']).toContain('action=reroute, sends=1');
    const body = { receiver: textMessage().receiver, template: templateOf(TEXT) };
    const [seen] = started.seen;
    expect(seen).toMatchObject({ body, freeformGuard: { original: textMessage(), rewritten: body } });
    expect(seen?.headers['content-length']).toBe(String(Buffer.byteLength(JSON.stringify(body))));
    expect(seen?.rawBody).toBe(JSON.stringify(body));
  });

  it('to another channel is in request.params and the URL', async () => {
    const { world, app, seen } = await startRerouting(({ sms }) => toChannel({ channels: [sms.id] }));
    expect((await post({ app, seen }, `/api${sendPath(world)}?a=b`)).statusCode).toBe(200);
    expect(seen[0]).toMatchObject({
      params: { channelId: world.sms.id },
      url: `/api/workspaces/${world.workspace.id}/channels/${world.sms.id}/messages?a=b`,
    });
  });

  it.each<[string, Change['rewrite']]>([
    ['by a hook', (request, { sends }) => void Object.assign(request, { body: { instead: sends } })],
    ['by the handler', 'handler-sends'],
  ])('of an own route is written %s', async (_, rewrite) => {
    const world = await createRerouteWorld(() => aTemplate());
    // The hooks take Fastify's own type.
    const resolve = ({ body }: FastifyRequest): ReturnType<World['send']> => {
      const { text } = body as { readonly text: string };
      return world.send({ message: { body: { type: 'text', text: { text } } } });
    };
    const started = start(world.guard, { resolve, rewrite });
    await post(started, '/reply', { text: TEXT });
    const sends = [{ message: { template: templateOf(TEXT) } }];
    const [seen] = started.seen;
    expect(seen?.freeformGuard).toMatchObject({ sends });
    expect(seen?.body).toMatchObject(rewrite === 'handler-sends' ? { text: TEXT } : { instead: sends });
  });
});

describe('the answer', () => {
  it('to a held message is 202, and the handler never runs', async () => {
    const hold = holdUntilReply();
    const { world, app, seen } = await startRerouting(() => hold);
    const reply = await post({ app, seen }, sendPath(world));
    expect([reply.statusCode, reply.json().code]).toEqual([202, 'held']);
    expect(seen).toEqual([]);
  });

  it('passes the schema that the route has for its own answers', async () => {
    const world = await createSmallWorld();
    const app = Fastify();
    onTestFinished(() => app.close());
    app.register(fastifyGuard, { guard: world.guard });
    const response = { 409: { type: 'object', properties: { own: { type: 'string' } } } };
    app.register(async (api) => void api.post(ROUTE, { schema: { response } }, async () => 'sent'));
    expect((await post({ app, seen: [] }, sendPath(world))).json()).toMatchObject({ code: 'service_window_closed' });
  });

  it.each<[string, number, Change]>([
    ['has another status', 400, { statusCode: 400 }],
    ['is the handler’s', 418, { handler: (_, reply) => reply.code(418).send({ own: true }) }],
    ['is the handler’s, later', 418, { handler: (_, reply) => Promise.resolve().then(() => reply.code(418).send({})) }],
    ['is the guard’s where the handler gives none', 409, { handler: () => undefined }],
    [
      'is the guard’s where the handler throws',
      409,
      {
        handler: () => {
          throw new Error(`${PHONE} ${TEXT}`);
        },
      },
    ],
  ])('%s: %i', async (_, status, change) => {
    const world = await createSmallWorld();
    const started = start(world.guard, change);
    const reply = await post(started, sendPath(world));
    expect(reply.statusCode).toBe(status);
    expect(reply.headers['freeform-window']).toContain('verdict=deny');
    expect(started.seen).toEqual([]);
  });

  it('is the guard’s where the handler is not done by the deadline', async () => {
    const world = await createSmallWorld();
    const called = signal();
    const handler = (_request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
      called.resolve();
      return new Promise(() => {});
    };
    const reply = post(start(world.guard, { handler: handler as never }), sendPath(world));
    await called.promise;
    world.sandbox.clock.advance(800);
    expect((await reply).statusCode).toBe(409);
    expect(world.logs).toMatchObject([{ level: 'error', fields: { hook: 'handler' } }]);
  });

  it('is not given where somebody else has answered meanwhile, and nothing is held', async () => {
    const hold = holdUntilReply();
    const world = await createRerouteWorld(() => hold);
    const started = start(world.guard, {}, (app) => {
      app.addHook('preValidation', async (_request, reply) => {
        world.sandbox.setFault(() => {
          if (!reply.sent) reply.send('theirs');
          return undefined;
        });
      });
    });
    expect((await post(started, sendPath(world))).payload).toBe('theirs');
    expect(started.seen).toEqual([]);
    await expect.poll(() => hold.pending(world.workspace.id)).toEqual([]);
  });
});
