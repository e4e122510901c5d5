import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import connect from 'connect';
import express, { type Express, type RequestHandler, Router } from 'express';
import express4 from 'express4';
import { freeformGuard, type GuardedRequest, type Middleware } from 'freeform-guard';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSmallWorld } from '../../support/service.js';
import { templateMessage, textMessage, type World } from '../../support/world.js';

interface Answer {
  readonly status: number;
  readonly window: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
}

/** Says what the guard left at the request. */
const tell: Middleware = (req: GuardedRequest, res) =>
  void res.end(JSON.stringify({ outcomes: req.freeformGuard?.outcomes.length ?? null }));

async function serve(app: RequestListener): Promise<(path: string, body?: unknown) => Promise<Answer>> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async (path, body = textMessage()) => {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return {
      status: response.status,
      window: response.headers.get('freeform-window'),
      body: await response.json().catch(() => undefined),
    };
  };
}

const closed = 'verdict=deny;reason=service_window_closed, source=bird';

// Both majors have the same shape here; the types of the one serve for the other.
const versions: readonly (readonly [string, () => Express, () => Router])[] = [
  ['Express 5', express, Router],
  ['Express 4', express4 as never, express4.Router as never],
];

describe.each(versions)('on the routes of %s', (_, createApp, createRouter) => {
  function setUp(world: World): { app: Express; guard: RequestHandler } {
    const app = createApp();
    app.use(express.json());
    return { app, guard: freeformGuard(world.guard) };
  }

  it('ids come from the parameters of a route of any shape', async () => {
    const world = await createSmallWorld();
    const { app, guard } = setUp(world);
    app.post('/teams/:workspaceId/lines/:channelId/reply', guard, tell);
    const post = await serve(app);
    const { workspace, channel } = world;
    const answer = await post(`/teams/${workspace.id}/lines/${channel.id.toUpperCase()}/reply?draft=1`);
    expect(answer).toMatchObject({ status: 409, window: closed, body: { channelId: channel.id } });
  });

  it('a conversation comes from the parameters too', async () => {
    const world = await createSmallWorld();
    const { app, guard } = setUp(world);
    app.post('/teams/:workspaceId/threads/:conversationId', guard, tell);
    const post = await serve(app);
    const path = `/teams/${world.workspace.id}/threads/${world.channel.id}`;
    expect((await post(path)).window).toBe('verdict=unknown;reason=address_unresolved, source=none');
    expect((await post(path, templateMessage())).window).toBe('verdict=allow;reason=template, source=none');
  });

  it('Bird’s own path may be written as a route, batches included', async () => {
    const world = await createSmallWorld();
    const { app, guard } = setUp(world);
    app.post('/workspaces/:workspaceId/channels/:channelId/messages', guard, tell);
    app.post('/workspaces/:workspaceId/channels/:channelId/batch/messages', guard, tell);
    const post = await serve(app);
    const base = `/workspaces/${world.workspace.id}/channels/${world.channel.id}`;
    expect((await post(`${base}/MESSAGES/`)).window).toBe(closed);
    const batch = { messageRequests: [templateMessage(), textMessage()] };
    expect((await post(`${base}/batch/messages`, batch)).body.contacts).toMatchObject([{ item: 0 }, { item: 1 }]);
  });

  it('a guard on app.use with parameters sees every route below, and takes only sends for sends', async () => {
    const world = await createSmallWorld();
    const { app, guard } = setUp(world);
    app.use('/workspaces/:workspaceId/channels/:channelId', guard, tell);
    const post = await serve(app);
    const base = `/workspaces/${world.workspace.id}/channels/${world.channel.id}`;
    expect((await post(`${base}/messages`)).window).toBe(closed);
    expect(await post(`${base}/typing`)).toEqual({ status: 200, window: null, body: { outcomes: null } });
    expect(await post(`${base}/messages/1/reactions`)).toMatchObject({ status: 200, window: null });
  });

  it('a guard in routers and sub-apps reads the whole path', async () => {
    const world = await createSmallWorld();
    const { app, guard } = setUp(world);
    const router = createRouter();
    router.use(guard);
    router.post('/:anything', tell);
    const tenants = createApp();
    tenants.use('/workspaces/:tenant/channels/:line', router);
    app.use('/api/v1', tenants);
    const post = await serve(app);
    const base = `/api/v1/workspaces/${world.workspace.id}/channels/${world.channel.id}`;
    expect((await post(`${base}/messages`)).window).toBe(closed);
    expect(await post(`${base}/typing`)).toMatchObject({ status: 200, window: null });
  });

  it('a guard for all, and one on a route that only its parameters explain: each takes what it knows', async () => {
    const world = await createSmallWorld();
    const { app, guard } = setUp(world);
    app.use(guard);
    app.post('/teams/:workspaceId/lines/:channelId/reply', guard, tell);
    app.post('/workspaces/:workspaceId/channels/:channelId/messages', guard, tell);
    const post = await serve(app);
    const { workspace, channel, guard: decider } = world;
    expect((await post(`/teams/${workspace.id}/lines/${channel.id}/reply`)).window).toBe(closed);
    expect((await post(`/workspaces/${workspace.id}/channels/${channel.id}/messages`)).window).toBe(closed);
    expect(decider.stats().decisions).toEqual({ service_window_closed: 2 });
  });

  it.each(['%2e%2e%2f%2e%2e', '%3f', '%23', '%5c', '%00', '%0d%0aX:1', 'constructor', '__proto__', '%f0%9f%93%a6'])(
    'a parameter of %s is a bad id, and no read',
    async (id) => {
      const world = await createSmallWorld();
      const { app, guard } = setUp(world);
      app.post('/teams/:workspaceId/lines/:channelId', guard, tell);
      const post = await serve(app);
      const { window } = await post(`/teams/${world.workspace.id}/lines/${id}`);
      expect(window).toBe('verdict=unknown;reason=bad_id, source=none');
      expect(world.sandbox.requests()).toEqual([]);
    },
  );
});

it('on Connect, a guard below a mount point reads the whole path', async () => {
  const world = await createSmallWorld();
  const app = connect();
  app.use(express.json() as Middleware);
  app.use('/api', freeformGuard(world.guard));
  app.use(tell);
  const post = await serve(app);
  const path = `/workspaces/${world.workspace.id}/channels/${world.channel.id}/messages`;
  expect((await post(`/api${path}`)).window).toBe(closed);
  expect((await post(path)).window).toBeNull();
});
