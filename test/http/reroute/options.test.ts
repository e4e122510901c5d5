import {
  freeformGuard,
  type GuardedRequest,
  holdUntilReply,
  type Middleware,
  type MiddlewareOptions,
  type SendRequest,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import {
  aTemplate,
  createRerouteWorld,
  inTemplate,
  type RerouteScene,
  startRerouting,
  templateOf,
} from '../../support/reroute.js';
import { sendPath, signal, startService } from '../../support/service.js';
import { TEXT, textMessage, type World } from '../../support/world.js';
import { advanceUntil, CLOSED, sends, toSms } from './support.js';

describe('resolve', () => {
  type Resolve = NonNullable<MiddlewareOptions['resolve']>;
  const bodyOf = (req: Parameters<Resolve>[0]): unknown => (req as GuardedRequest & { body?: unknown }).body;

  async function resolving(read: (world: World, body: unknown) => SendRequest | SendRequest[]): Promise<RerouteScene> {
    const world = await createRerouteWorld(() => aTemplate());
    const resolve: Resolve = (req) => read(world, bodyOf(req));
    const handler: Middleware = (_req, res) => void res.end('sent');
    return { world, service: await startService(world, { middleware: { resolve }, handler }) };
  }

  it('that gives the request’s body as the message has it rewritten', async () => {
    const { service } = await resolving((world, message) => world.send({ message }));
    expect((await service.call('/reply', textMessage())).window).toBe(`${CLOSED}, action=reroute, sends=1`);
    expect(service.passed[0]?.body).toMatchObject({ template: templateOf(TEXT) });
  });

  it.each<[string, (world: World, body: unknown) => SendRequest | SendRequest[]]>([
    ['part of the body', (world, body) => world.send({ message: Object(body).inner })],
    ['a copy of the body', (world, body) => world.send({ message: { ...Object(body) } })],
    ['no message', (world) => ({ ...world.send(), message: undefined })],
    ['two messages', (world, body) => [world.send({ message: body }), world.send()]],
  ])('that gives %s has the request refused', async (_, read) => {
    const { service } = await resolving(read);
    const reply = await service.call('/reply', { ...textMessage(), inner: textMessage() });
    expect(reply.status).toBe(409);
    for (const contact of reply.body.contacts) expect(contact.declined).toHaveLength(1);
    expect(reply.body.contacts[0].declined[0]).toMatch(/^(request_not_rewritable|content_not_carried)$/);
  });

  it('that gives part of the body has the request refused where it would wait, and nothing waits', async () => {
    const hold = holdUntilReply();
    const { world, service } = await resolving((w, body) => w.send({ message: Object(body).inner }));
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onClosed: hold } });
    const reply = await service.call('/reply', { inner: textMessage() });
    expect(reply.body.contacts).toMatchObject([{ declined: ['request_not_rewritable'] }]);
    expect(await hold.pending(world.workspace.id)).toEqual([]);
  });
});

describe('in mode observe', () => {
  it('a message that could not be rewritten would be blocked, and says why', async () => {
    const { world, service } = await startRerouting(toSms, { workspace: { mode: 'observe' } });
    const reply = await service.call(sendPath(world, 'batch/messages'), { messageRequests: [textMessage()] });
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, mode=observe, would-be=block`]);
    expect(service.passed[0]?.freeformGuard?.outcomes).toMatchObject([{ declined: ['batch_of_one_channel'] }]);
  });

  it('a channel stops nobody on another that is enforced', async () => {
    const world = await createRerouteWorld(() => aTemplate());
    world.customerWrites();
    const observed = world.workspace.addChannel({ platformId: 'whatsapp' });
    const channels = { [observed.id]: { mode: 'observe' } } as const;
    const onClosed = aTemplate();
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onClosed, channels } });
    const resolve = (req: unknown): SendRequest[] =>
      [world.channel.id, observed.id].map((channelId) => world.send({ channelId, message: Object(req).body }));
    const handler: Middleware = (_req, res) => void res.end('sent');
    const service = await startService(world, { middleware: { resolve }, handler });
    expect((await service.call('/reply', textMessage())).text).toBe('sent');
    expect(service.passed[0]?.body).toEqual(textMessage());
    expect(service.passed[0]?.freeformGuard?.outcomes).toMatchObject([
      { action: 'send', decision: { verdict: 'allow' } },
      { action: 'send', wouldBe: 'reroute' },
    ]);
  });
});

describe('onUnknown: reroute', () => {
  it.each(['reroute', () => 'reroute'] as const)('sends a template where Bird is down (%s)', async (onUnknown) => {
    const { world, service } = await startRerouting(() => aTemplate(), { workspace: { onUnknown } });
    world.sandbox.setFault(({ method, kind }) => (method === 'GET' || kind !== 'send' ? { status: 500 } : undefined));
    const reply = service.send();
    await advanceUntil(world, reply);
    expect((await reply).window).toBe('verdict=unknown;reason=lookup_failed, source=none, action=reroute, sends=1');
    world.sandbox.setFault(undefined);
    expect(world.arrivals()).toMatchObject([{ kind: 'template', text: inTemplate(TEXT) }]);
  });

  it('sends a template where Bird does not answer in time', async () => {
    const asked = signal();
    const { world, service } = await startRerouting(() => aTemplate(), { workspace: { onUnknown: 'reroute' } });
    world.sandbox.setFault(({ kind }) => {
      if (kind === 'send') return undefined;
      asked.resolve();
      return { stall: 'headers' };
    });
    const reply = service.send();
    await asked.promise;
    await advanceUntil(world, reply);
    expect((await reply).window).toBe('verdict=unknown;reason=deadline_exceeded, source=none, action=reroute, sends=1');
    world.sandbox.setFault(undefined);
    expect(world.arrivals()).toMatchObject([{ kind: 'template' }]);
  });

  it('is refused with 503 where no policy helps', async () => {
    const { world, service } = await startRerouting(() => () => undefined, { workspace: { onUnknown: 'reroute' } });
    world.sandbox.setFault(({ method }) => (method === 'GET' ? { status: 501 } : undefined));
    expect(await service.send()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });
});

describe('a request whose body cannot be set', () => {
  it('goes to the error handler, and not on with the old one', async () => {
    const world = await createRerouteWorld(() => aTemplate());
    const lock: Middleware = (req, _res, next) => {
      const body: unknown = Reflect.get(req, 'body');
      Object.defineProperty(req, 'body', { get: () => body });
      next();
    };
    const service = await startService(world, { guards: [lock, freeformGuard(world.guard)] });
    expect((await service.send(textMessage())).status).toBe(500);
    expect(sends(world)).toEqual([]);
  });
});
