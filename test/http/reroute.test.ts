import express, { Router } from 'express';
import {
  type GuardedRequest,
  holdUntilReply,
  type Middleware,
  type MiddlewareOptions,
  type ReroutePolicy,
  type RerouteResult,
  type SendRequest,
  toChannel,
} from 'freeform-guard';
import type { BirdConversation } from 'freeform-guard/sandbox';
import { describe, expect, it, vi } from 'vitest';
import {
  aTemplate,
  createRerouteWorld,
  inTemplate,
  phone,
  type RerouteScene,
  type RerouteWorld,
  startRerouting,
  templateOf,
  textTo,
  type WaysOut,
} from '../support/reroute.js';
import { type Framework, onExpress5, sendPath, signal, startService, until } from '../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage, type World } from '../support/world.js';

const HOUR = 3_600_000;
const OTHER_PHONE = '+31687654321';
const THIRD_PHONE = '+31687650000';
const CLOSED = 'verdict=deny;reason=service_window_closed, source=bird';

const sends = ({ sandbox }: World): readonly unknown[] => sandbox.requests().filter(({ kind }) => kind === 'send');
const toSms: WaysOut = ({ sms }) => toChannel({ channels: [sms.id] });
const textOf = (text: string): object => ({ body: { type: 'text', text: { text } } });

describe('scenario 37: the channel in the routes of Express', () => {
  const ROUTE = '/workspaces/:workspaceId/channels/:channelId';

  type Place = (guard: express.RequestHandler[], handler: express.RequestHandler[]) => express.RequestHandler;
  const asHandlers = (layers: readonly Middleware[]): express.RequestHandler[] =>
    [...layers] as express.RequestHandler[];

  /** Where the URL that is left to the guard names the channel, and so can be rewritten for good. */
  const places: readonly (readonly [string, Place])[] = [
    ['on the route', (guard, handler) => Router().post(`${ROUTE}/messages`, [...guard, ...handler])],
    [
      'on a route of its own',
      (guard, handler) => Router().post(`${ROUTE}/messages`, guard).post(`${ROUTE}/messages`, handler),
    ],
    ['by use', (guard, handler) => Router().use(guard).post(`${ROUTE}/messages`, handler)],
    ['by use, and the handler too', (guard, handler) => Router().use(guard).use(`${ROUTE}/messages`, handler)],
    [
      'in a Router below a path',
      (guard, handler) => Router().use('/workspaces', Router().use(guard)).post(`${ROUTE}/messages`, handler),
    ],
  ];

  /** Express gives the next handler the parameters, and the part of the URL, that it had before. */
  const hopeless: readonly (readonly [string, Place])[] = [
    ['by use below the channel', (guard, handler) => Router().use(ROUTE, guard).post(`${ROUTE}/messages`, handler)],
    [
      'by use at the whole path',
      (guard, handler) => Router().use(`${ROUTE}/messages`, guard).post(`${ROUTE}/messages`, handler),
    ],
    [
      'by use in a Router below the channel',
      (guard, handler) => Router().use(ROUTE, Router({ mergeParams: true }).use(guard).post('/messages', handler)),
    ],
    [
      'on a route of a Router below the channel',
      (guard, handler) =>
        Router().use(ROUTE, Router({ mergeParams: true }).post('/messages', guard).post('/messages', handler)),
    ],
  ];

  const readers: readonly (readonly [string, (req: express.Request) => unknown])[] = [
    ['its parameter', ({ params }) => params.channelId],
    ['the URL as it was mounted', ({ baseUrl, url }) => channelIn(baseUrl + url)],
    ['the original URL', ({ originalUrl }) => channelIn(originalUrl)],
  ];

  const channelIn = (url: string): string | undefined => /\/channels\/([^/]+)/.exec(url)?.[1];

  async function startAt(place: Place, handler: Middleware): Promise<RerouteScene> {
    const onRoutes: Framework = {
      ...onExpress5,
      app: ([parser, guard, ...rest]) => {
        const app = express();
        app.use(asHandlers([parser as Middleware]), place(asHandlers([guard as Middleware]), asHandlers(rest)));
        return app;
      },
    };
    return startRerouting(toSms, { service: { framework: onRoutes, handler } });
  }

  describe.each(places)('with the guard %s', (_, place) => {
    it.each(readers)('is the other one for a handler that takes it from %s', async (__, read) => {
      const seen: unknown[] = [];
      const { world, service } = await startAt(place, (req, res) => {
        seen.push(read(req as express.Request));
        res.end('sent');
      });
      expect((await service.call(`${service.path}?a=b`, textMessage())).text).toBe('sent');
      expect(seen).toEqual([world.sms.id]);
    });
  });

  it.each(hopeless)('stops the request where the guard is mounted %s', async (_, place) => {
    const handler = vi.fn<Middleware>();
    const { service } = await startAt(place, handler);
    const reply = await service.send();
    expect(reply.body.contacts).toMatchObject([{ declined: ['channel_not_rewritable'] }]);
    expect(handler).not.toHaveBeenCalled();
  });

  it('arrives there, sent by the route’s parameters', async () => {
    const onRoutes: Framework = {
      ...onExpress5,
      app: ([parser, ...layers]) =>
        express().post(`/api${ROUTE}/messages`, asHandlers([parser as Middleware, ...layers])),
    };
    const { world, service } = await startRerouting(toSms, { service: { framework: onRoutes } });
    const reply = await service.call(`/api${service.path}?a=b`, textMessage());
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=reroute, sends=1`]);
    expect((service.passed[0] as express.Request | undefined)?.query).toEqual({ a: 'b' });
    expect(world.arrivals()).toEqual([{ kind: 'text', text: TEXT, to: PHONE, channelId: world.sms.id }]);
  });
});

describe('scenario 32: the locale', () => {
  it.each([
    ['the contact’s', 'pt-BR', 'de', 'pt-PT'],
    ['the channel’s', undefined, 'de-AT', 'de'],
    ['the workspace’s', 'xx', undefined, 'en'],
  ])('is %s where the template has it', async (_, ofContact, ofChannel, locale) => {
    const { world, service } = await startRerouting(() =>
      aTemplate({
        projectId: '11111111-1111-4111-8111-111111111111',
        locales: ['en', 'pt-PT', 'de'],
        contactLocale: () => ofContact,
        channelLocale: () => ofChannel,
      }),
    );
    const locales = { en: 'en {{message}}', 'pt-PT': 'pt-PT {{message}}', de: 'de {{message}}' };
    world.workspace.addTemplate({ projectId: '11111111-1111-4111-8111-111111111111', locales });
    await service.send();
    expect(world.arrivals()).toMatchObject([{ kind: 'template', text: `${locale} ${TEXT}` }]);
  });
});

describe('scenario 33: a template that Meta has not approved', () => {
  it('does not arrive, and no free text is tried', async () => {
    const projectId = '11111111-1111-4111-8111-111111111111';
    const { world, service } = await startRerouting(() => aTemplate({ projectId }));
    world.workspace.addTemplate({ projectId, locales: { en: '{{message}}' }, status: 'pending' });
    await service.send();
    expect(world.arrivals()).toEqual([]);
    expect(sends(world)).toHaveLength(1);
  });
});

describe('scenario 36: messages with buttons and lists', () => {
  const list = textMessage({ body: { type: 'list', list: { text: TEXT, items: [{ title: 'One' }] } } });

  it('go as their text alone only where that is the policy', async () => {
    const { world, service } = await startRerouting(() => aTemplate({ onInteractive: 'text' }));
    await service.send(list);
    expect(service.passed[0]?.freeformGuard?.outcomes[0]?.changes).toEqual(['template', 'text_only']);
    expect(world.arrivals()).toMatchObject([{ text: inTemplate(TEXT) }]);
  });

  it('do not go to another channel, and wait whole', async () => {
    const hold = holdUntilReply();
    const { world, service } = await startRerouting(({ sms }) => [toChannel({ channels: [sms.id] }), hold]);
    expect((await service.send(list)).body.contacts).toMatchObject([{ declined: ['no_channel_open'], held: {} }]);
    expect((await hold.pending(world.workspace.id))[0]?.message).toMatchObject(list);
  });
});

describe('scenario 39: a quota', () => {
  it('that Bird does not tell stops nothing: the window alone decides', async () => {
    const { world, service } = await startRerouting(() => aTemplate(), { platformId: 'viber' });
    world.customerWrites();
    for (let turn = 0; turn < 6; turn += 1) expect((await service.send()).window).toContain('verdict=allow');
  });
});

describe('scenario 40: Messenger and Instagram', () => {
  const human = { meta: { extraInformation: { useCase: 'conversation' } } };

  it.each(['facebook', 'instagram'])(
    'on %s, between 24 h and 7 days, only what the caller says is a human’s passes',
    async (platformId) => {
      const { world, service } = await startRerouting(({ sms }) => [aTemplate(), toChannel({ channels: [sms.id] })], {
        platformId,
        workspace: { onUnknown: 'block' },
      });
      world.customerWrites();
      const at = world.sandbox.clock.now();
      world.guard.observeInbound({ workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE, at });
      world.sandbox.clock.advance(25 * HOUR);
      const automatic = await service.send();
      expect(automatic.window).toBe(`${CLOSED}, action=reroute, sends=1`);
      const rerouted = service.passed[0]?.freeformGuard;
      expect(rerouted?.sends).toMatchObject([{ channelId: world.sms.id }]);
      expect(JSON.stringify(rerouted?.sends)).not.toContain('useCase');
      expect((await service.send(textMessage(human))).window).toContain('reason=human_agent_window');
      expect(service.passed[1]?.body).toEqual(textMessage(human));
      world.sandbox.clock.advance(6 * 24 * HOUR);
      expect((await service.send(textMessage(human))).window).toContain('action=reroute');
    },
  );

  it('is no way out for what is not a human’s', async () => {
    const { world, service } = await startRerouting(({ workspace }) => {
      const instagram = workspace.addChannel({ platformId: 'instagram' });
      return toChannel({ channels: [instagram.id] });
    });
    const reply = await service.send();
    expect(reply.body.contacts).toMatchObject([{ declined: ['no_channel_open'] }]);
    expect(sends(world)).toEqual([]);
  });
});

describe('scenario 41: an entry point that is free for 72 hours', () => {
  it('leaves the window at 24 hours: afterwards a template goes', async () => {
    const { world, service } = await startRerouting(() => aTemplate());
    world.customerWrites();
    world.sandbox.clock.advance(48 * HOUR);
    expect((await service.send()).window).toContain('action=reroute');
    expect(world.arrivals()).toMatchObject([{ kind: 'template' }]);
  });
});

describe('a policy of the user’s own', () => {
  const rubbish: readonly (readonly [string, unknown])[] = [
    ['text', 'reroute'],
    ['a number', 42],
    ['an empty object', {}],
    ['an action of its own', { action: 'send' }],
    ['no sends', { action: 'reroute' }],
    ['an empty list', { action: 'reroute', sends: [] }],
    ['a list of null', { action: 'reroute', sends: [null] }],
    ['a message that is none', { action: 'reroute', sends: [{ channelId: 'a', message: TEXT }] }],
    ['a channel that is none', { action: 'reroute', sends: [{ channelId: 'sms', message: templateMessage() }] }],
    ['changes that are no list', { action: 'hold', changes: 'all of it' }],
    ['a note that is none', { action: 'hold', held: 'later' }],
    ['a note without its instant', { action: 'hold', held: { id: 'a', reference: 'b' } }],
    ['a note with an instant that is none', { action: 'hold', held: { id: 'a', reference: 'b', expiresAt: 9e20 } }],
    ['what throws when it is read', new Proxy({}, { get: () => fail() })],
    ['what throws when it is read again', throwingLater()],
  ];

  it.each(rubbish)('that gives %s cannot help, and the next one is tried', async (_, result) => {
    const { world, service } = await startRerouting(() => [() => result as RerouteResult, aTemplate()]);
    const reply = await service.send();
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=reroute, sends=1`]);
    expect(world.arrivals()).toMatchObject([{ kind: 'template', text: inTemplate(TEXT) }]);
    expect(world.logs.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it.each<[string, (world: RerouteWorld) => object]>([
    ['as it was', () => textMessage()],
    [
      'with the receiver spelt otherwise',
      ({ contact }) => ({ Receiver: { contacts: [{ id: contact.id }] }, ...textOf(TEXT) }),
    ],
    ['with two receivers', () => ({ ...textMessage(), receiver: { contacts: [phone(OTHER_PHONE), phone(PHONE)] } })],
    ['beside a template', () => ({ ...templateMessage(), ...textOf(TEXT) })],
    ['beside a template, spelt otherwise', () => ({ ...templateMessage(), Body: { type: 'text' } })],
  ])('that gives free text on the closed channel, %s, does not get it out', async (_, messageOf) => {
    let world: RerouteWorld | undefined;
    const policy: ReroutePolicy = ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: send.channelId ?? '', message: { ...messageOf(world as RerouteWorld) } }],
    });
    const scene = await startRerouting(() => policy);
    world = scene.world;
    world.addCustomer(OTHER_PHONE, true);
    const reply = await scene.service.send();
    expect(reply.status).toBe(409);
    expect(reply.body.contacts).toMatchObject([{ declined: ['not_permitted'] }]);
    expect(sends(world)).toEqual([]);
  });

  it('that is too late is told that its result is not used', async () => {
    const asked = signal();
    const late = signal<RerouteResult>();
    const settle = vi.fn();
    const { world, service } = await startRerouting(() => () => {
      asked.resolve();
      return late.promise;
    });
    const reply = service.send();
    await asked.promise;
    world.sandbox.clock.advance(799);
    expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0 }]);
    world.sandbox.clock.advance(1);
    expect((await reply).body.contacts).toMatchObject([{ declined: ['policy_failed'] }]);
    late.resolve({ action: 'hold', settle });
    await until(() => settle.mock.calls.length > 0);
    expect(settle.mock.calls).toEqual([[false]]);
  });

  it('is told once that its result is used, and in mode observe that it is not', async () => {
    for (const mode of ['enforce', 'observe'] as const) {
      const settle = vi.fn();
      const expiresAt = 1e12;
      const policy: ReroutePolicy = () => ({ action: 'hold', held: { id: 'a', reference: 'b', expiresAt }, settle });
      const { service } = await startRerouting(() => policy, { workspace: { mode } });
      await service.send();
      expect(settle.mock.calls, mode).toEqual([[mode === 'enforce']]);
    }
  });

  it('may give the whole message as its note: the answer shows no more of it than a note', async () => {
    const note = { id: 'a', reference: 'b', expiresAt: 1e12, message: textMessage(), address: PHONE };
    const { service } = await startRerouting(() => () => ({ action: 'hold', held: note }));
    const reply = await service.send();
    expect(reply.body.contacts[0].held).toEqual({ id: 'a', reference: 'b', expiresAt: '2001-09-09T01:46:40.000Z' });
  });

  it('may hold without a note', async () => {
    const { service } = await startRerouting(() => () => ({ action: 'hold' }));
    expect(await service.send()).toMatchObject({ status: 202, body: { code: 'held' } });
  });

  it('that says block ends the list', async () => {
    const { service } = await startRerouting(() => [() => ({ action: 'block' }), aTemplate()]);
    expect((await service.send()).status).toBe(409);
  });

  it('may hand over reasons that are no words: they do not get out', async () => {
    const { service } = await startRerouting(
      () =>
        ({ decline }) =>
          decline(`${PHONE} says ${TEXT}`),
    );
    expect((await service.send()).body.contacts).toMatchObject([{ declined: ['declined'] }]);
  });
});

describe('scenario 46: several recipients', () => {
  const all = (): Record<string, unknown> => textTo([OTHER_PHONE, PHONE, THIRD_PHONE], 'the same for all of you');

  it('of which one can be reached in no way stop together, and nothing stays of what was done', async () => {
    const hold = holdUntilReply();
    const notThird: ReroutePolicy = (context) =>
      JSON.stringify(context.send.contact).includes(THIRD_PHONE) ? { action: 'block' } : undefined;
    const { world, service } = await startRerouting(() => [notThird, hold]);
    for (const value of [OTHER_PHONE, THIRD_PHONE]) world.addCustomer(value);
    const reply = await service.send(all());
    expect(reply.status).toBe(409);
    expect(reply.body.contacts).toMatchObject([
      { declined: ['other_recipients'] },
      { declined: ['other_recipients'] },
      { verdict: 'deny' },
    ]);
    expect(await hold.pending(world.workspace.id)).toEqual([]);
    expect(sends(world)).toEqual([]);
  });

  it('are split: one as it is, one in a template, and one that nothing carries is left out and counted', async () => {
    const notThird: ReroutePolicy = (context) =>
      JSON.stringify(context.send.contact).includes(THIRD_PHONE) ? { action: 'block' } : undefined;
    const { world, service } = await startRerouting(() => [notThird, aTemplate()], { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    world.addCustomer(THIRD_PHONE);
    const reply = await service.send(all());
    expect(reply.window).toBe(`${CLOSED}, recipients=3, action=reroute, sends=2, blocked=1`);
    const { body, freeformGuard } = service.passed[0] ?? {};
    expect(body).toEqual({ ...all(), receiver: { contacts: [phone(OTHER_PHONE)] } });
    expect(freeformGuard?.outcomes.map(({ action }) => action)).toEqual(['send', 'reroute', 'block']);
    expect(freeformGuard?.sends?.map(({ message }) => message.receiver)).toEqual([
      { contacts: [phone(OTHER_PHONE)] },
      { contacts: [phone(PHONE)] },
    ]);
  });

  it('are split where nothing is a way out: those who are open get it', async () => {
    const { world, service } = await startRerouting(() => 'block', { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    const reply = await service.send(textTo([OTHER_PHONE, PHONE], 'the same for both of you'));
    expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, recipients=2, sends=1, blocked=1`]);
    expect(world.arrivals()).toMatchObject([{ to: OTHER_PHONE, kind: 'text' }]);
  });

  it('are refused together by a split where all are closed', async () => {
    const { world, service } = await startRerouting(() => 'block', { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE);
    expect((await service.send(textTo([OTHER_PHONE, PHONE], 'the same for both of you'))).status).toBe(409);
  });

  it('of which some wait and some get nothing are answered 202 by a split', async () => {
    const hold = holdUntilReply();
    const notOther: ReroutePolicy = (context) =>
      JSON.stringify(context.send.contact).includes(OTHER_PHONE) ? { action: 'block' } : undefined;
    const { world, service } = await startRerouting(() => [notOther, hold], { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE);
    const reply = await service.send(textTo([OTHER_PHONE, PHONE], 'the same for both of you'));
    expect([reply.status, reply.window]).toEqual([
      202,
      `${CLOSED}, recipients=2, action=hold, sends=0, held=1, blocked=1`,
    ]);
    const [waiting] = await hold.pending(world.workspace.id);
    expect(waiting?.message.receiver).toEqual({ contacts: [phone(PHONE)] });
  });

  it.each(['block', 'split'] as const)('in mode observe, with %s, would be what enforcing does', async (onMixed) => {
    const { world, service } = await startRerouting(() => aTemplate(), { workspace: { mode: 'observe', onMixed } });
    world.addCustomer(OTHER_PHONE, true);
    const message = textTo([OTHER_PHONE, PHONE], 'the same for both of you');
    const { window } = await service.send(message);
    expect(window).toContain(`would-be=${onMixed === 'block' ? 'block' : 'reroute'}`);
    expect(service.passed[0]?.body).toEqual(message);
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

describe('a batch', () => {
  const batchOf = (...messageRequests: readonly unknown[]): object => ({ messageRequests });
  const call = ({ world, service }: RerouteScene, body: object): ReturnType<typeof service.call> =>
    service.call(sendPath(world, 'batch/messages'), body);

  it('of which all is allowed is left as it is', async () => {
    const scene = await startRerouting(() => aTemplate());
    scene.world.customerWrites();
    const batch = batchOf(textMessage({ reference: 'a' }), templateMessage({ reference: 'b' }));
    await call(scene, batch);
    expect(scene.service.passed[0]?.body).toEqual(batch);
    expect(scene.service.passed[0]?.freeformGuard).not.toHaveProperty('rewritten');
  });

  it('loses what waits, and is answered 202 where all waits', async () => {
    const hold = holdUntilReply();
    const scene = await startRerouting(() => hold);
    const batch = batchOf(textMessage({ reference: 'a' }), templateMessage(), textMessage({ reference: 'b' }));
    const reply = await call(scene, batch);
    expect(reply.window).toBe(`${CLOSED}, recipients=3, action=hold, sends=1, held=2`);
    expect(scene.service.passed[0]?.body).toEqual(batchOf(templateMessage()));
    const rest = await call(scene, batchOf(textMessage({ reference: 'c' })));
    expect(rest).toMatchObject({ status: 202, body: { code: 'held', contacts: [{ index: 0, item: 0 }] } });
    expect(await hold.pending(scene.world.workspace.id)).toHaveLength(3);
  });

  it.each(['block', 'split'] as const)('with an item that nothing carries: %s', async (onMixed) => {
    const scene = await startRerouting(() => aTemplate(), { workspace: { onMixed } });
    const place = textMessage({ body: { type: 'location', location: {} } });
    const reply = await call(scene, batchOf(textMessage(), place, templateMessage()));
    if (onMixed === 'block') {
      expect(reply.status).toBe(409);
      expect(reply.body.contacts).toMatchObject([
        { item: 0, declined: ['other_recipients'] },
        { item: 1, declined: ['content_not_carried'] },
        { item: 2, verdict: 'allow' },
      ]);
      expect(sends(scene.world)).toEqual([]);
      return;
    }
    expect(reply.window).toBe(`${CLOSED}, recipients=3, action=reroute, sends=2, blocked=1`);
    expect(scene.service.passed[0]?.body).toMatchObject({
      messageRequests: [{ template: templateOf(TEXT) }, templateMessage()],
    });
  });

  it('gets two items for a text that is split, in its place', async () => {
    const scene = await startRerouting(() => aTemplate({ maxLength: 20 }));
    await call(scene, batchOf(templateMessage(), textTo([PHONE], 'the parcel is at the neighbour'), templateMessage()));
    expect(scene.service.passed[0]?.body).toMatchObject({
      messageRequests: [
        templateMessage(),
        { template: templateOf('the parcel is at the') },
        { template: templateOf('neighbour') },
        templateMessage(),
      ],
    });
    expect(scene.world.arrivals()).toHaveLength(2);
  });

  it('of more than 100 afterwards is refused', async () => {
    const scene = await startRerouting(() => aTemplate({ maxLength: 20 }));
    const long = textTo([PHONE], 'the parcel is at the neighbour');
    const reply = await call(scene, batchOf(...Array.from({ length: 51 }, () => long)));
    expect(reply.status).toBe(409);
    expect(reply.body.contacts[50]).toMatchObject({ item: 50, declined: ['batch_too_large'] });
    expect(sends(scene.world)).toEqual([]);
  });

  it('of which one item would go to another channel is refused', async () => {
    const scene = await startRerouting(toSms);
    const reply = await call(scene, batchOf(textMessage(), templateMessage()));
    expect(reply.body.contacts).toMatchObject([{ declined: ['batch_of_one_channel'] }, { verdict: 'allow' }]);
    expect(sends(scene.world)).toEqual([]);
  });
});

describe('a conversation', () => {
  interface Talk extends RerouteScene {
    readonly conversation: BirdConversation;
    say(content: object): ReturnType<RerouteScene['service']['call']>;
  }

  const participant = { participantType: 'accessKey', participantId: '00000000-0000-4000-8000-000000000001' };

  async function talk(
    onClosed: WaysOut,
    options: Parameters<typeof startRerouting>[1] & { status?: 'closed' } = {},
  ): Promise<Talk> {
    const { status, ...rest } = options;
    const scene = await startRerouting(onClosed, rest);
    const { workspace, channel, contact } = scene.world;
    const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id, status });
    const path = `/workspaces/${workspace.id}/conversations/${conversation.id}/messages`;
    return { ...scene, conversation, say: (content) => scene.service.call(path, { ...participant, ...content }) };
  }

  it('gets a template in the place of the text; who and where is read once', async () => {
    const { world, service, say } = await talk(() => aTemplate());
    const replies = [await say(textOf(TEXT)), await say({ ...textOf(TEXT), reference: 'b' })];
    expect(replies.map(({ status }) => status)).toEqual([202, 202]);
    expect(replies[0]?.window).toBe(`${CLOSED}, action=reroute, sends=1`);
    expect(service.passed[0]?.body).toEqual({ ...participant, template: templateOf(TEXT) });
    expect(world.sandbox.requests().filter(({ kind }) => kind === 'conversation')).toHaveLength(1);
    expect(world.arrivals()).toMatchObject([
      { kind: 'template', text: inTemplate(TEXT), to: PHONE, channelId: world.channel.id },
      { kind: 'template' },
    ]);
  });

  it('goes to the recipients in the body, to each but once', async () => {
    const { world, say, service } = await talk(() => aTemplate());
    world.addCustomer(OTHER_PHONE);
    const reply = await say({ ...textOf(TEXT), recipients: [phone(PHONE), phone(OTHER_PHONE)] });
    expect(reply.window).toBe(`${CLOSED}, recipients=2, action=reroute, sends=2`);
    expect(service.passed[0]?.freeformGuard?.sends?.map(({ message }) => message)).toEqual([
      { ...participant, recipients: [phone(PHONE)], template: templateOf(TEXT) },
      { ...participant, recipients: [phone(OTHER_PHONE)], template: templateOf(TEXT) },
    ]);
  });

  it('is split among the recipients in the body', async () => {
    const { world, say, service } = await talk(() => aTemplate(), { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    await say({ ...textOf(TEXT), recipients: [phone(PHONE), phone(OTHER_PHONE)] });
    expect(service.passed[0]?.freeformGuard?.sends?.map(({ message }) => message)).toEqual([
      { ...participant, ...textOf(TEXT), recipients: [phone(OTHER_PHONE)] },
      { ...participant, recipients: [phone(PHONE)], template: templateOf(TEXT) },
    ]);
  });

  it('of another recipient is judged by that one', async () => {
    const { world, say } = await talk(() => aTemplate());
    world.addCustomer(OTHER_PHONE, true);
    expect((await say({ ...textOf(TEXT), recipients: [phone(OTHER_PHONE)] })).window).toContain('verdict=allow');
    expect(world.arrivals()).toMatchObject([{ kind: 'text', to: OTHER_PHONE }]);
  });

  it('stays on its channel', async () => {
    const { world, say } = await talk(toSms);
    expect((await say(textOf(TEXT))).body.contacts).toMatchObject([{ declined: ['conversation'] }]);
    expect(sends(world)).toEqual([]);
  });

  it('does not get what a policy meant for another channel', async () => {
    const { world, say } = await talk(({ sms }) => ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: sms.id, message: { receiver: { contacts: [Object(send.contact)] }, ...textOf(TEXT) } }],
    }));
    const reply = await say(textOf(TEXT));
    expect(reply.body.contacts).toMatchObject([{ declined: ['channel_not_rewritable'] }]);
    expect(world.sandbox.messages()).toEqual([]);
  });

  it.each<[string, object]>([
    ['a receiver, which a conversation does not know', { receiver: { contacts: [phone(OTHER_PHONE)] } }],
    ['recipients beside the one who is open', { recipients: [phone(OTHER_PHONE), phone(PHONE)] }],
    ['recipients spelt otherwise', { Recipients: [phone(OTHER_PHONE)] }],
  ])('does not get free text by %s', async (_, change) => {
    const { world, say } = await talk(() => ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: send.channelId ?? '', message: { ...participant, ...textOf(TEXT), ...change } }],
    }));
    world.addCustomer(OTHER_PHONE, true);
    const reply = await say(textOf(TEXT));
    expect(reply.body.contacts).toMatchObject([{ declined: ['not_permitted'] }]);
    expect(world.sandbox.messages()).toEqual([]);
  });

  it('that is closed is refused by Bird: no template arrives', async () => {
    const { world, say } = await talk(() => aTemplate(), { status: 'closed' });
    expect((await say(textOf(TEXT))).status).toBe(409);
    expect(world.arrivals()).toEqual([]);
  });

  it('that nobody knows is unknown, and passes to Bird’s own answer or not', async () => {
    for (const onUnknown of ['allow', 'block', 'reroute'] as const) {
      const { world, service } = await startRerouting(() => aTemplate(), { workspace: { onUnknown } });
      const path = `/workspaces/${world.workspace.id}/conversations/00000000-0000-4000-8000-000000000002/messages`;
      const reply = await service.call(path, { ...participant, ...textOf(TEXT) });
      expect(reply.window).toContain('verdict=unknown;reason=address_unresolved');
      expect(world.sandbox.messages()).toEqual([]);
      expect(reply.status, onUnknown).toBe(onUnknown === 'allow' ? 404 : 503);
    }
  });

  it('of which the message waits is released into it', async () => {
    const hold = holdUntilReply();
    const { world, say, conversation } = await talk(() => hold);
    expect(await say(textOf(TEXT))).toMatchObject({ status: 202, body: { code: 'held' } });
    expect(await hold.pending(world.workspace.id)).toMatchObject([{ conversationId: conversation.id }]);
    customerReplies(world);
    await expect.poll(() => world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT, to: PHONE }]);
  });
});

describe('a scheduled message', () => {
  it('that would be late goes now as a template, for the same instant', async () => {
    const { world, service } = await startRerouting(() => aTemplate());
    world.customerWrites();
    const at = (hours: number): string => new Date(world.sandbox.clock.now() + hours * HOUR).toISOString();
    const [inTime, late] = [at(23), at(25)];
    expect((await service.send(textMessage({ scheduledFor: inTime }))).window).toContain('verdict=allow');
    expect(service.passed[0]?.body).toEqual(textMessage({ scheduledFor: inTime }));
    expect((await service.send(textMessage({ scheduledFor: late }))).window).toContain('action=reroute');
    expect(service.passed[1]?.body).toMatchObject({ scheduledFor: late, template: templateOf(TEXT) });
    world.sandbox.clock.advance(26 * HOUR);
    expect(world.arrivals()).toMatchObject([{ kind: 'text' }, { kind: 'template' }]);
  });

  it('is judged at that instant on another channel, too', async () => {
    const { world, service } = await startRerouting(({ workspace, contact, sms }) => {
      const instagram = workspace.addChannel({ platformId: 'instagram' });
      workspace.receiveInbound({ channelId: instagram.id, contactId: contact.id, address: PHONE });
      return toChannel({ channels: [instagram.id, sms.id] });
    });
    const scheduledFor = new Date(world.sandbox.clock.now() + 25 * HOUR).toISOString();
    await service.send(textMessage({ scheduledFor }));
    expect(service.passed[0]?.freeformGuard?.sends).toMatchObject([
      { channelId: world.sms.id, message: { scheduledFor } },
    ]);
  });
});

describe('a message of which only a hook knows the instant and the writer', () => {
  it.each([
    ['late', { sendAt: 25 * HOUR }, 'sms'],
    ['in time', { sendAt: 23 * HOUR }, 'instagram'],
  ] as const)('is judged for them on other channels, too: %s', async (_, { sendAt }, expected) => {
    const world = await createRerouteWorld(() => 'block');
    const { workspace, contact, sms, sandbox } = world;
    const instagram = workspace.addChannel({ platformId: 'instagram' });
    workspace.receiveInbound({ channelId: instagram.id, contactId: contact.id, address: PHONE });
    const onClosed = toChannel({ channels: [instagram.id, sms.id] });
    world.guard.reload({ [workspace.id]: { ...world.workspaceOptions, onClosed } });
    const resolve = (req: unknown): SendRequest =>
      world.send({ message: Object(req).body, sendAt: sandbox.clock.now() + sendAt });
    const service = await startService(world, {
      middleware: { resolve },
      handler: (_req, res) => void res.end('sent'),
    });
    expect((await service.send()).text).toBe('sent');
    const channelId = expected === 'sms' ? sms.id : instagram.id;
    expect(service.passed[0]?.freeformGuard?.sends).toMatchObject([{ channelId }]);
  });

  it.each([
    ['automation', 'conversation', 'block'],
    ['human', undefined, 'block'],
    ['human', 'conversation', 'reroute'],
    [undefined, 'conversation', 'reroute'],
  ] as const)(
    'scenario 40: of a %s, with useCase %s, goes to Messenger or not: %s',
    async (sender, useCase, action) => {
      const world = await createRerouteWorld(() => 'block');
      const { workspace, contact, sandbox } = world;
      const messenger = workspace.addChannel({ platformId: 'facebook' });
      workspace.receiveInbound({ channelId: messenger.id, contactId: contact.id, address: PHONE });
      const at = sandbox.clock.now();
      world.guard.observeInbound({ workspaceId: workspace.id, channelId: messenger.id, address: PHONE, at });
      sandbox.clock.advance(25 * HOUR);
      const onClosed = toChannel({ channels: [messenger.id] });
      world.guard.reload({ [workspace.id]: { ...world.workspaceOptions, onClosed } });
      const message = textMessage(useCase === undefined ? {} : { meta: { extraInformation: { useCase } } });
      expect((await world.guard.check(world.send({ sender, message }))).action).toBe(action);
    },
  );
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

  it('is refused with 503 where no way out helps', async () => {
    const { world, service } = await startRerouting(() => () => undefined, { workspace: { onUnknown: 'reroute' } });
    world.sandbox.setFault(({ method }) => (method === 'GET' ? { status: 501 } : undefined));
    expect(await service.send()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });
});

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

describe('scenario 52: ten thousand contacts in one request', () => {
  it('cost no more than two reads per window, within the budget, and settle by the deadline', async () => {
    const settledAfter: number[] = [];
    const handler: Middleware = (_req, res) => {
      settledAfter.push(world.sandbox.clock.now() - startedAt);
      res.end('sent');
    };
    const { world, service } = await startRerouting(() => aTemplate(), {
      workspace: { lookupBurst: 10, onMixed: 'split', onUnknown: 'reroute' },
      sandbox: { readsPerSecond: 50 },
      service: { handler, before: [(_req, _res, next) => begin(next)], middleware: { maxRecipients: 10_000 } },
    });
    let startedAt = 0;
    const begin = (next: () => void): void => {
      startedAt = world.sandbox.clock.now();
      next();
    };
    const contacts = Array.from({ length: 10_000 }, (_, index) => {
      const value = `+3164${1_000_000 + index}`;
      return { id: world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }).id };
    });
    const sent = service.send(textMessage({ receiver: { contacts } }));
    await advanceUntil(world, sent);
    expect((await sent).window).toBe(`${CLOSED}, recipients=10000, action=reroute, sends=10000`);
    const { sends: instead = [] } = service.passed[0]?.freeformGuard ?? {};
    expect(instead.map(({ message }) => message.receiver)).toEqual(
      contacts.map((contact) => ({ contacts: [contact] })),
    );
    const reads = new Map<string, number>();
    for (const { method, path } of world.sandbox.requests()) {
      if (method === 'GET') reads.set(path, (reads.get(path) ?? 0) + 1);
    }
    expect(Math.max(...reads.values())).toBeLessThanOrEqual(2);
    expect(world.sandbox.readsInBusiestSecond()).toBeLessThanOrEqual(50);
    expect(settledAfter[0]).toBeLessThanOrEqual(800);
  });
});

describe('scenario 53: a repeated request', () => {
  it('that was blocked stays blocked', async () => {
    const { service } = await startRerouting(() => 'block');
    const send = (): ReturnType<typeof service.send> => service.send(textMessage({ reference: 'order-1' }));
    expect([(await send()).status, (await send()).status]).toEqual([409, 409]);
  });

  it('keeps its reference in a template, so that Bird can tell the repetition', async () => {
    const { world, service } = await startRerouting(() => aTemplate());
    for (let turn = 0; turn < 2; turn += 1) await service.send(textMessage({ reference: 'order-1' }));
    expect(world.sandbox.messages()).toMatchObject([{ reference: 'order-1' }, { reference: 'order-1' }]);
  });
});

/** The customer writes, and the guard is told. */
function customerReplies({ guard, sandbox, workspace, channel, customerWrites }: World): void {
  customerWrites();
  const at = sandbox.clock.now();
  guard.observeInbound({ workspaceId: workspace.id, channelId: channel.id, address: PHONE, at });
}

/** Lets the clock run in small steps until the reply is there; what is ready runs in between. */
async function advanceUntil({ sandbox }: World, reply: Promise<unknown>): Promise<void> {
  let isThere = false;
  void reply.finally(() => {
    isThere = true;
  });
  while (!isThere) {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    sandbox.clock.advance(20);
  }
}

function fail(): never {
  throw new Error(`${PHONE} ${TEXT}`);
}

/** A result that can be read only as often as it takes to find nothing wrong with it. */
function throwingLater(): object {
  let reads = 0;
  return {
    action: 'hold',
    get held(): unknown {
      reads += 1;
      return reads > 1 ? fail() : { id: 'a', reference: 'b', expiresAt: 1e12 };
    },
    get changes(): never {
      return fail();
    },
  };
}
