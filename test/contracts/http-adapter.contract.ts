import { Agent } from 'node:http';
import {
  createGuard,
  freeformGuard,
  type GuardedRequest,
  type Middleware,
  type MiddlewareOptions,
  type SendRequest,
} from 'freeform-guard';
import type { BirdContact } from 'freeform-guard/sandbox';
import { describe, expect, it, vi } from 'vitest';
import { parseDictionary } from '../http/request/structured-field.js';
import { keepSecret } from '../support/canary.js';
import {
  createSmallWorld,
  type Framework,
  type Service,
  type ServiceOptions,
  sendPath,
  signal,
  startService,
  until,
} from '../support/service.js';
import {
  PHONE,
  recordingLogger,
  TEXT,
  templateMessage,
  textMessage,
  type World,
  type WorldOptions,
} from '../support/world.js';

const HOUR = 3_600_000;
const OTHER_PHONE = '+31687654321';
const MISSING_PHONE = '+31611112222';

/**
 * What every framework must make of the middleware. Beside what each test says, `startService` counts: every request of
 * every test has exactly one of `next` and a response.
 */
export function describeHttpAdapter(framework: Framework): void {
  interface Scene {
    readonly world: World;
    readonly service: Service;
  }

  async function start(options: WorldOptions = {}, service: ServiceOptions = {}): Promise<Scene> {
    const world = await createSmallWorld(options);
    return { world, service: await startService(world, { framework, ...service }) };
  }

  /** A second customer, who has written or not. */
  function addCustomer({ workspace, channel }: World, hasWritten: boolean): BirdContact {
    keepSecret(OTHER_PHONE);
    const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: OTHER_PHONE }] });
    if (hasWritten) workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    return contact;
  }

  const phone = (identifierValue: string): object => ({ identifierKey: 'phonenumber', identifierValue });

  function textTo(...phones: readonly string[]): object {
    for (const number of phones) keepSecret(number);
    return textMessage({ receiver: { contacts: phones.map(phone) } });
  }

  describe('a send that is allowed', () => {
    it('passes once, with a header, and reaches Bird', async () => {
      const { world, service } = await start();
      world.customerWrites();
      const reply = await service.send();
      expect(reply.status).toBe(202);
      expect(reply.window).toBe('verdict=allow;reason=service_window_open, source=bird');
      expect(world.sandbox.messages()).toHaveLength(1);
      expect(service.exchanges).toMatchObject([{ nexts: 1, answers: 0 }]);
    });

    it('shows its outcome and its original body to the handlers', async () => {
      const { world, service } = await start();
      world.customerWrites();
      await service.send();
      const [req] = service.passed;
      expect(req?.freeformGuard?.original).toBe(req?.body);
      expect(req?.body).toEqual(textMessage());
      expect(req?.freeformGuard?.outcomes).toMatchObject([
        { action: 'send', decision: { verdict: 'allow', reason: 'service_window_open' }, source: 'bird' },
      ]);
    });

    it('is decided from memory the second time, in the same tick and without a read', async () => {
      let isSynchronous = false;
      let guard: Middleware | undefined;
      const watched: Middleware = (req, res, next) => {
        let hasPassed = false;
        guard?.(req, res, (error) => {
          hasPassed = true;
          next(error);
        });
        isSynchronous = hasPassed;
      };
      const { world, service } = await start({}, { guards: [watched] });
      guard = freeformGuard(world.guard);
      world.customerWrites();
      await service.send();
      expect(isSynchronous).toBe(false);
      const reads = world.reads();
      const reply = await service.send();
      expect(isSynchronous).toBe(true);
      expect(reply.window).toBe('verdict=allow;reason=service_window_open, source=memory');
      expect(world.reads()).toBe(reads);
    });
  });

  describe('a send that is denied', () => {
    it('scenario 31: is answered 409 and never reaches Bird', async () => {
      const { world, service } = await start({ sandbox: { closedWindow: 'past' } });
      world.customerWrites();
      world.sandbox.clock.advance(25 * HOUR);
      const now = world.sandbox.clock.now();
      const reply = await service.send();
      expect(reply.status).toBe(409);
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird');
      expect(reply.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'content-length': String(Buffer.byteLength(reply.text)),
        'cache-control': 'no-store',
      });
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(reply.body).toEqual({
        type: 'urn:freeform-guard:problem:service_window_closed',
        title: 'The customer service window is closed',
        status: 409,
        detail: expect.stringContaining('free-form message'),
        code: 'service_window_closed',
        message: reply.body.detail,
        channelId: world.channel.id,
        platform: 'whatsapp',
        closedAt: new Date(now - HOUR).toISOString(),
        checkedAt: new Date(now).toISOString(),
        source: 'bird',
        retryable: false,
        nextActions: [{ action: 'send_template' }, { action: 'wait_for_inbound' }],
        contacts: [{ index: 0, verdict: 'deny', reason: 'service_window_closed' }],
      });
      expect(world.sandbox.messages()).toEqual([]);
      expect(service.passed).toEqual([]);
    });

    it('has a closedAt of null where the end is not known', async () => {
      const { service } = await start();
      expect((await service.send()).body).toMatchObject({ code: 'service_window_closed', closedAt: null });
    });

    it('tells no end where the policy does not expose it', async () => {
      const { world, service } = await start({
        sandbox: { closedWindow: 'past' },
        workspace: { exposeExpiry: false },
      });
      world.customerWrites();
      world.sandbox.clock.advance(25 * HOUR);
      const reply = await service.send();
      expect(reply.status).toBe(409);
      expect(reply.body).not.toHaveProperty('closedAt');
    });

    it('proposes no template where the platform has none', async () => {
      const { service } = await start({ platformId: 'instagram' });
      expect((await service.send()).body).toMatchObject({
        platform: 'instagram',
        nextActions: [{ action: 'wait_for_inbound' }],
      });
    });

    it('names the channel where the channel is what stops it', async () => {
      const { world, service } = await start();
      world.workspace.setChannel(world.channel.id, { status: 'archived' });
      expect((await service.send()).body).toMatchObject({
        code: 'channel_inactive',
        status: 409,
        closedAt: null,
        nextActions: [{ action: 'check_channel' }],
      });
    });

    it('has the status that the options give', async () => {
      const { service } = await start({}, { middleware: { statusCode: 422 } });
      const reply = await service.send();
      expect(reply.status).toBe(422);
      expect(reply.body).toMatchObject({ status: 422, code: 'service_window_closed' });
    });

    it('leaves its connection in use', async () => {
      const { world, service } = await start();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const statuses: number[] = [];
      const connections = new Set<number | undefined>();
      for (let turn = 0; turn < 3; turn += 1) {
        const call = service.open(service.path, textMessage(), { agent });
        call.request.once('socket', ({ localPort }) => localPort && connections.add(localPort));
        statuses.push((await call.reply).status);
        connections.add(call.request.socket?.localPort);
        if (turn === 1) world.customerWrites();
      }
      agent.destroy();
      expect(statuses).toEqual([409, 409, 202]);
      expect(connections.size).toBe(1);
    });
  });

  describe('a send that is unknown', () => {
    it('passes, flagged', async () => {
      const { world, service } = await start();
      const reply = await service.send(textTo(MISSING_PHONE));
      expect(reply.window).toBe('verdict=unknown;reason=contact_not_found, source=none');
      expect(service.passed).toHaveLength(1);
      expect(world.guard.stats().decisions).toEqual({ contact_not_found: 1 });
    });

    it('is answered 503 with Retry-After where the policy is to block', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 501 } : undefined));
      const reply = await service.send();
      expect(reply.status).toBe(503);
      expect(reply.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' });
      expect(reply.body).toMatchObject({
        type: 'urn:freeform-guard:problem:lookup_failed',
        status: 503,
        code: 'lookup_failed',
        channelId: world.channel.id,
        source: 'none',
        retryable: true,
        nextActions: [{ action: 'retry_later' }],
        contacts: [{ index: 0, verdict: 'unknown', reason: 'lookup_failed' }],
      });
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('keeps its 503 beside a status for denials', async () => {
      const { service } = await start({ workspace: { onUnknown: 'block' } }, { middleware: { statusCode: 400 } });
      expect((await service.send(textTo(MISSING_PHONE))).status).toBe(503);
    });

    it('passes or not as a function says, which gets the decision and the send', async () => {
      const onUnknown = vi.fn(() => 'block' as const);
      const { world, service } = await start({ workspace: { onUnknown } });
      expect((await service.send(textTo(MISSING_PHONE))).status).toBe(503);
      expect(onUnknown).toHaveBeenCalledExactlyOnceWith(
        { verdict: 'unknown', reason: 'contact_not_found' },
        expect.objectContaining({ workspaceId: world.workspace.id, channelId: world.channel.id }),
      );
    });

    it('passes where that function throws, and says so in the log without what was thrown', async () => {
      const onUnknown = (): never => {
        throw new Error(`${PHONE} ${TEXT}`);
      };
      const { world, service } = await start({ workspace: { onUnknown } });
      expect((await service.send(textTo(MISSING_PHONE))).window).toContain('verdict=unknown');
      expect(service.passed).toHaveLength(1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'onUnknown' }) }),
      );
    });

    it('of a workspace without options passes or not as the defaults say, without a read', async () => {
      const strangers = '00000000-0000-4000-8000-000000000000';
      for (const onUnknown of ['allow', 'block'] as const) {
        const { world, service } = await start({ guard: { defaults: { onUnknown } } });
        const path = sendPath(world).replace(world.workspace.id, strangers);
        const replies = [await service.call(path, textMessage()), await service.call(path, textMessage())];
        for (const { window } of replies) expect(window).toBe('verdict=unknown;reason=workspace_unknown, source=none');
        expect(service.passed).toHaveLength(onUnknown === 'allow' ? 2 : 0);
        expect(world.sandbox.requests().filter(({ method }) => method === 'GET')).toEqual([]);
        expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
      }
    });

    it('passes after the guard was closed, whatever the policy', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      world.guard.close();
      expect((await service.send()).window).toBe('verdict=unknown;reason=lookup_failed, source=none');
      expect(service.passed).toHaveLength(1);
      expect(world.reads()).toBe(0);
    });

    it('passes when the deadline is over, however long Bird takes', async () => {
      const { world, service } = await start();
      const asked = new Promise<void>((resolve) => {
        world.sandbox.setFault(() => {
          resolve();
          return { stall: 'headers' };
        });
      });
      const reply = service.send();
      await asked;
      world.sandbox.setFault(undefined);
      world.sandbox.clock.advance(800);
      expect((await reply).window).toBe('verdict=unknown;reason=deadline_exceeded, source=none');
      expect(service.passed).toHaveLength(1);
    });
  });

  describe('a message that cannot be classified', () => {
    it('passes, flagged', async () => {
      const { service } = await start();
      const reply = await service.send({ note: 'no message' });
      expect(reply.window).toBe('verdict=unknown;reason=unclassified_message, source=none');
      expect(service.passed).toHaveLength(1);
    });

    it('is answered 422 where the policy is to block', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      const reply = await service.send({});
      expect(reply.status).toBe(422);
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(reply.body).toMatchObject({
        status: 422,
        code: 'unclassified_message',
        retryable: false,
        nextActions: [{ action: 'correct_message' }],
      });
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('is answered on a connection that stays in use, though nobody has read the body', async () => {
      const { service } = await start({ workspace: { onUnknown: 'block' } }, { parser: 'none' });
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const body = 'x'.repeat(200_000);
      expect((await service.call(service.path, body, { agent })).status).toBe(422);
      expect((await service.call(service.path, body, { agent })).status).toBe(422);
      agent.destroy();
    });
  });

  describe('in mode observe', () => {
    it('nothing is changed, and the header says what would be', async () => {
      const { world, service } = await start({ workspace: { mode: 'observe' } });
      const reply = await service.send();
      expect(reply.status).toBe(202);
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird, mode=observe, would-be=block');
      expect(service.passed[0]?.body).toEqual(textMessage());
      expect(service.passed[0]?.freeformGuard?.outcomes).toMatchObject([{ action: 'send', wouldBe: 'block' }]);
      expect(world.sandbox.messages()).toHaveLength(1);
    });

    it('what is unknown would be blocked or sent as the policy says', async () => {
      const { world, service } = await start({ workspace: { mode: 'observe', onUnknown: 'block' } });
      expect((await service.send({})).window).toContain('mode=observe, would-be=block');
      world.customerWrites();
      expect((await service.send()).window).toContain('verdict=allow;reason=service_window_open');
      expect(service.passed).toHaveLength(2);
    });
  });

  describe('in mode off', () => {
    it('there is no header, no property and no read', async () => {
      const { world, service } = await start({ workspace: { mode: 'off' } });
      const reply = await service.send();
      expect(reply.status).toBe(202);
      expect(reply.headers).not.toHaveProperty('freeform-window');
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.reads()).toBe(0);
      expect(world.guard.stats().decisions).toEqual({});
    });

    it('a request that was answered before is still passed on untouched', async () => {
      const { world } = await start({ workspace: { mode: 'off' } });
      const { status, window } = await (await startService(world, { framework })).send({});
      expect([status, window]).toEqual([422, undefined]);
    });
  });

  describe('a template', () => {
    it.each([
      ['alone', templateMessage()],
      ['with a body of null', templateMessage({ body: null })],
    ])('scenario 30: passes inside and outside the window, %s', async (_, message) => {
      const { world, service } = await start();
      expect((await service.send(message)).window).toBe('verdict=allow;reason=template, source=none');
      world.customerWrites();
      expect((await service.send(message)).window).toBe('verdict=allow;reason=template, source=none');
      expect(world.sandbox.messages()).toHaveLength(2);
      // Of the channel: it tells whether the platform has templates.
      expect(world.reads()).toBe(1);
    });

    it.each(['body', 'Body', 'BODY', 'text', 'List'])('with a %s beside it is free-form', async (key) => {
      const { service } = await start();
      const reply = await service.send(templateMessage({ [key]: { type: 'text', text: { text: TEXT } } }));
      expect(reply).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
    });
  });

  describe('scenario 46: several recipients', () => {
    it('are listed one by one, and the worst verdict is the header’s', async () => {
      const { world, service } = await start();
      addCustomer(world, true);
      const reply = await service.send(textTo(OTHER_PHONE, PHONE, MISSING_PHONE));
      expect(reply.status).toBe(409);
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird, recipients=3');
      expect(reply.body.contacts).toEqual([
        { index: 0, verdict: 'allow', reason: 'service_window_open' },
        { index: 1, verdict: 'deny', reason: 'service_window_closed' },
        { index: 2, verdict: 'unknown', reason: 'contact_not_found' },
      ]);
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('pass together, flagged, where the worst is unknown', async () => {
      const { world, service } = await start();
      addCustomer(world, true);
      const reply = await service.send(textTo(OTHER_PHONE, MISSING_PHONE));
      expect(reply.window).toBe('verdict=unknown;reason=contact_not_found, source=none, recipients=2');
      expect(service.passed[0]?.freeformGuard?.outcomes).toMatchObject([
        { decision: { verdict: 'allow' } },
        { decision: { verdict: 'unknown' } },
      ]);
    });

    it('are each decided and counted once, whether memory or Bird answers', async () => {
      const onUnknown = vi.fn(() => 'allow' as const);
      const { world, service } = await start({ workspace: { onUnknown } });
      world.customerWrites();
      await service.send();
      const contacts = [phone(PHONE), { ...phone(PHONE), platformAddressSelector: 'any' }, phone(MISSING_PHONE)];
      keepSecret(MISSING_PHONE);
      await service.send(textMessage({ receiver: { contacts } }));
      expect(world.guard.stats().decisions).toEqual({
        service_window_open: 2,
        address_unresolved: 1,
        contact_not_found: 1,
      });
      expect(onUnknown).toHaveBeenCalledTimes(2);
    });
  });

  describe('a batch', () => {
    const batch = (...messageRequests: readonly unknown[]): object => ({ messageRequests });

    it('lists each recipient with the message’s position', async () => {
      const { world, service } = await start();
      addCustomer(world, true);
      const messages = [textTo(OTHER_PHONE), templateMessage(), textTo(OTHER_PHONE, PHONE)];
      const reply = await service.call(sendPath(world, 'batch/messages'), batch(...messages));
      expect(reply.status).toBe(409);
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird, recipients=4');
      expect(reply.body.contacts).toEqual([
        { index: 0, item: 0, verdict: 'allow', reason: 'service_window_open' },
        { index: 0, item: 1, verdict: 'allow', reason: 'template' },
        { index: 0, item: 2, verdict: 'allow', reason: 'service_window_open' },
        { index: 1, item: 2, verdict: 'deny', reason: 'service_window_closed' },
      ]);
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('passes when all of it is allowed', async () => {
      const { world, service } = await start();
      world.customerWrites();
      const path = sendPath(world, 'batch/messages');
      const reply = await service.call(path, batch(textMessage(), templateMessage()));
      expect(reply.window).toBe('verdict=allow;reason=service_window_open, source=bird, recipients=2');
      expect(world.sandbox.messages()).toHaveLength(2);
    });

    it.each([
      ['no list', {}],
      ['an empty list', { messageRequests: [] }],
      ['another type', { messageRequests: 'all' }],
      ['a list of null', { messageRequests: [null] }],
      ['an array for a body', [textMessage()]],
    ])('with %s cannot be classified', async (_, body) => {
      const { world, service } = await start();
      const reply = await service.call(sendPath(world, 'batch/messages'), body);
      expect(reply.window).toBe('verdict=unknown;reason=unclassified_message, source=none');
    });
  });

  describe('a conversation', () => {
    const conversationMessage = (content: object): object => ({
      participantType: 'accessKey',
      participantId: '00000000-0000-4000-8000-000000000001',
      ...content,
    });

    it('takes a template without asking, and asks Bird once where free-form text goes', async () => {
      const { world, service } = await start();
      const { channel, contact, workspace } = world;
      const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id });
      const path = `/workspaces/${workspace.id}/conversations/${conversation.id}/messages`;
      const { template } = templateMessage();
      const reply = await service.call(path, conversationMessage({ template }));
      expect([reply.status, reply.window]).toEqual([202, 'verdict=allow;reason=template, source=none']);
      const { body } = textMessage();
      const send = (): ReturnType<Service['call']> => service.call(path, conversationMessage({ body }));
      expect(await send()).toMatchObject({
        status: 409,
        window: 'verdict=deny;reason=service_window_closed, source=bird',
      });
      world.customerWrites();
      expect((await send()).window).toBe('verdict=allow;reason=service_window_open, source=bird');
      expect((await send()).window).toBe('verdict=allow;reason=service_window_open, source=memory');
      expect(world.sandbox.requests().filter(({ kind }) => kind === 'conversation')).toHaveLength(1);
      expect(world.sandbox.messages()).toHaveLength(3);
    });
  });

  describe('the path of a send', () => {
    it.each<[string, (path: string) => string]>([
      ['in upper case', (path) => path.toUpperCase()],
      ['in mixed case', (path) => path.replace('messages', 'Messages').replace('workspaces', 'workSpaces')],
      ['with a slash at the end', (path) => `${path}/`],
      ['with a query', (path) => `${path}?dryRun=/workspaces/a/channels/b/typing`],
      ['with a query behind a slash', (path) => `${path}/?a=b`],
      ['with a prefix', (path) => `/api/v1${path}`],
      ['with a prefix that looks like another send', (path) => `/workspaces/a/channels/b/messages${path}`],
      ['with ids that are percent-encoded', (path) => path.replaceAll('-', '%2d')],
    ])('is known %s', async (_, change) => {
      const { world, service } = await start();
      const reply = await service.call(change(service.path), textMessage());
      expect(reply.body).toMatchObject({ code: 'service_window_closed', channelId: world.channel.id });
    });

    it.each<[string, string, (path: string) => string]>([
      ['another method', 'PUT', (path) => path],
      ['a read of the messages', 'GET', (path) => path],
      ['one message', 'POST', (path) => `${path}/1`],
      ['another resource', 'POST', (path) => path.replace(/messages$/, 'typing')],
      ['no workspace', 'POST', () => '/messages'],
      ['another collection', 'POST', (path) => path.replace('channels', 'numbers')],
      ['a send in the query alone', 'POST', (path) => `/?next=${path}`],
      ['the root', 'POST', () => '/'],
    ])('is not %s, which is left untouched', async (_, method, change) => {
      const handler: Middleware = (_req, res) => void res.end('untouched');
      const { world, service } = await start({}, { handler });
      const reply = await service.call(change(service.path), textMessage(), { method });
      expect(reply).toMatchObject({ status: 200, text: 'untouched', window: undefined });
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.sandbox.requests()).toEqual([]);
      expect(world.guard.stats().decisions).toEqual({});
    });
  });

  describe('mounted twice', () => {
    it('decides once', async () => {
      const world = await createSmallWorld();
      const guard = freeformGuard(world.guard);
      const service = await startService(world, { framework, guards: [guard, guard, freeformGuard(world.guard)] });
      world.customerWrites();
      expect((await service.send()).status).toBe(202);
      expect(world.guard.stats().decisions).toEqual({ service_window_open: 1 });
    });

    it('decides once with two copies of the package', async () => {
      const world = await createSmallWorld();
      vi.resetModules();
      const copy = await import('freeform-guard');
      expect(copy.createGuard).not.toBe(createGuard);
      const other = copy.createGuard({
        workspaces: { [world.workspace.id]: world.workspaceOptions },
        clock: world.sandbox.clock,
        logger: recordingLogger([]),
      });
      const guards = [freeformGuard(world.guard), copy.freeformGuard(other)];
      const service = await startService(world, { framework, guards });
      world.customerWrites();
      const reply = await service.send();
      expect([reply.status, reply.window]).toEqual([202, 'verdict=allow;reason=service_window_open, source=bird']);
      expect(other.stats().decisions).toEqual({});
    });

    it('lets a guard decide that knows the request, where an earlier one did not', async () => {
      const world = await createSmallWorld();
      const resolve = (): SendRequest => world.send();
      const guards = [
        freeformGuard(world.guard),
        freeformGuard(world.guard, { skip: () => true, resolve }),
        freeformGuard(world.guard, { resolve: async () => undefined }),
        freeformGuard(world.guard, { resolve }),
      ];
      const service = await startService(world, { framework, guards });
      expect((await service.call('/reply', { words: 1 })).status).toBe(409);
      expect(world.guard.stats().decisions).toEqual({ service_window_closed: 1 });
    });
  });

  describe('skip', () => {
    it('leaves a request untouched', async () => {
      const middleware: MiddlewareOptions = { skip: ({ headers }) => headers['x-internal'] === 'yes' };
      const { world, service } = await start({}, { middleware });
      const reply = await service.send(textMessage(), { headers: { 'x-internal': 'yes' } });
      expect([reply.status, reply.window]).toEqual([202, undefined]);
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.reads()).toBe(0);
      expect((await service.send()).status).toBe(409);
    });

    it.each([
      ['resolves with true', async () => true],
      ['resolves with false', async () => false],
      ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
    ])('that %s skips nothing, ends nothing, and is told of once (field D4)', async (_, answer) => {
      const skip = answer as unknown as () => boolean;
      const { world, service } = await start({}, { middleware: { skip } });
      for (let sends = 0; sends < 3; sends += 1) expect((await service.send()).status).toBe(409);
      expect(world.logs.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { hook: 'skip' } }]);
    });

    it('that throws leaves the send unknown', async () => {
      const skip = (): never => {
        throw new Error(`${PHONE} ${TEXT}`);
      };
      const { world, service } = await start({}, { middleware: { skip } });
      expect((await service.send()).window).toContain('verdict=unknown');
      expect(service.passed).toHaveLength(1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'skip' }) }),
      );
    });
  });

  describe('resolve', () => {
    type Resolve = NonNullable<MiddlewareOptions['resolve']>;
    const read = (req: Parameters<Resolve>[0]): Record<string, string> => (req as { body?: never }).body ?? {};

    it.each([
      ['at once', false],
      ['as a promise', true],
    ])('reads a send out of any request, %s', async (_, isAsync) => {
      const world = await createSmallWorld();
      const resolve: Resolve = (req) => {
        const send = world.send({ message: { body: { type: 'text', text: { text: read(req).reply } } } });
        return isAsync ? Promise.resolve(send) : send;
      };
      const handler: Middleware = (_req, res) => void res.end('sent');
      const service = await startService(world, { framework, middleware: { resolve }, handler });
      expect((await service.call('/reply', { reply: TEXT })).body).toMatchObject({
        status: 409,
        code: 'service_window_closed',
        channelId: world.channel.id,
      });
      world.customerWrites();
      expect(await service.call('/reply', { reply: TEXT })).toMatchObject({ status: 200, text: 'sent' });
      expect(service.passed[0]?.freeformGuard?.original).toEqual({ reply: TEXT });
    });

    it.each<[string, Resolve]>([
      ['undefined', () => undefined],
      ['a promise of undefined', async () => undefined],
      ['null', () => null as never],
    ])("that gives %s leaves Bird's own requests to the guard, and others untouched", async (_, resolve) => {
      const { service } = await start({}, { middleware: { resolve } });
      expect(await service.send()).toMatchObject({ status: 409 });
      expect(await service.call('/reply', { reply: TEXT })).toMatchObject({ window: undefined });
    });

    it('that gives an empty list leaves the request untouched', async () => {
      const { world, service } = await start({}, { middleware: { resolve: () => [] } });
      expect(await service.send()).toMatchObject({ status: 202, window: undefined });
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.reads()).toBe(0);
    });

    it.each([false, true])('may give a list (promised: %s)', async (isAsync) => {
      const world = await createSmallWorld();
      addCustomer(world, true);
      const sends = [
        world.send({ contact: phone(OTHER_PHONE) }),
        world.send({ message: templateMessage() }),
        world.send(),
      ];
      const resolve: Resolve = () => (isAsync ? Promise.resolve(sends) : sends);
      const service = await startService(world, { framework, middleware: { resolve } });
      const reply = await service.call('/reply', {});
      expect(reply.window).toBe('verdict=deny;reason=service_window_closed, source=bird, recipients=3');
      expect(reply.body.contacts).toMatchObject([{ index: 0 }, { index: 1, reason: 'template' }, { index: 2 }]);
    });

    it('may give sends on several channels: the answer names the one that stops the request', async () => {
      const world = await createSmallWorld();
      const sms = world.workspace.addChannel({ platformId: 'sms-messagebird' });
      const resolve: Resolve = () => [world.send({ channelId: sms.id }), world.send()];
      const service = await startService(world, { framework, middleware: { resolve } });
      expect((await service.call('/reply', {})).body).toMatchObject({
        code: 'service_window_closed',
        channelId: world.channel.id,
        platform: 'whatsapp',
      });
    });

    it('may give sends of which some are of a channel that is off: those say nothing', async () => {
      const world = await createSmallWorld();
      const off = world.workspace.addChannel({ platformId: 'whatsapp' });
      const { id } = world.workspace;
      world.guard.reload({ [id]: { ...world.workspaceOptions, channels: { [off.id]: { mode: 'off' } } } });
      const resolve: Resolve = () => [world.send({ channelId: off.id }), world.send({ message: templateMessage() })];
      const service = await startService(world, { framework, middleware: { resolve } });
      expect((await service.call('/reply', {})).window).toBe('verdict=allow;reason=template, source=none');
      expect(service.passed[0]?.freeformGuard?.outcomes).toMatchObject([{ mode: 'off' }, { mode: 'enforce' }]);
    });

    it.each<[string, Resolve]>([
      [
        'throws',
        () => {
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
      ['gives a list of null', () => [null] as never],
      ['promises a list of null', async () => [null] as never],
      ['gives text', () => `${TEXT}` as never],
      ['promises a number', async () => 42 as never],
    ])('that %s leaves the send unknown', async (_, resolve) => {
      const { world, service } = await start({}, { middleware: { resolve } });
      const reply = await service.send();
      expect(reply.window).toContain('verdict=unknown');
      expect(service.passed).toHaveLength(1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'resolve' }) }),
      );
      expect(world.reads()).toBe(0);
    });

    it('that outlasts the deadline leaves the send unknown, and its late answer is ignored', async () => {
      const world = await createSmallWorld();
      const { promise, resolve: settle } = signal<SendRequest>();
      const called = signal();
      const resolve: Resolve = () => {
        called.resolve();
        return promise;
      };
      const service = await startService(world, { framework, middleware: { resolve } });
      const reply = service.send();
      await called.promise;
      world.sandbox.clock.advance(799);
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0 }]);
      world.sandbox.clock.advance(1);
      expect((await reply).window).toContain('verdict=unknown');
      settle(world.send());
      await promise;
      expect(world.reads()).toBe(0);
      expect(service.exchanges).toMatchObject([{ nexts: 1, answers: 0 }]);
    });
  });

  describe('handler', () => {
    type Handler = NonNullable<MiddlewareOptions['handler']>;

    it('answers in the place of the guard', async () => {
      const seen: unknown[] = [];
      const handler: Handler = (req, res, _next, outcomes) => {
        seen.push(outcomes, (req as GuardedRequest).freeformGuard?.outcomes);
        res.statusCode = 418;
        res.end('write a template');
      };
      const { world, service } = await start({}, { middleware: { handler, statusCode: 400 } });
      const reply = await service.send();
      expect(reply).toMatchObject({ status: 418, text: 'write a template' });
      expect(reply.window).toContain('verdict=deny');
      expect(seen[0]).toMatchObject([{ action: 'block', decision: { reason: 'service_window_closed' } }]);
      expect(seen[1]).toBe(seen[0]);
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('is not asked for what passes', async () => {
      const handler = vi.fn<Handler>();
      const { world, service } = await start({}, { middleware: { handler } });
      world.customerWrites();
      await service.send();
      await service.send({});
      expect(handler).not.toHaveBeenCalled();
    });

    it.each<[string, Handler]>([
      ['at once', (_req, _res, next) => next()],
      [
        'twice',
        (_req, _res, next) => {
          next();
          next();
        },
      ],
      [
        'later',
        async (_req, _res, next) => {
          await null;
          next();
        },
      ],
      [
        'and then throws',
        (_req, _res, next) => {
          next();
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      [
        'and then rejects',
        async (_req, _res, next) => {
          next();
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
    ])('may let the request pass by next, %s', async (_, handler) => {
      const { world, service } = await start({}, { middleware: { handler } });
      expect((await service.send()).status).toBe(202);
      expect(world.sandbox.messages()).toHaveLength(1);
      expect(service.exchanges).toMatchObject([{ nexts: 1, answers: 0, ends: 1 }]);
    });

    it('is done before what it lets pass begins, so that it cannot catch what the application throws', async () => {
      const order: string[] = [];
      const handler: Handler = (_req, _res, next) => {
        next();
        order.push('handler');
      };
      const application: Middleware = (_req, res) => {
        order.push('application');
        res.end('sent');
      };
      const { service } = await start({}, { middleware: { handler }, handler: application });
      expect((await service.send()).text).toBe('sent');
      expect(order).toEqual(['handler', 'application']);
    });

    it('may hand an error on', async () => {
      const { service } = await start(
        {},
        { middleware: { handler: (_req, _res, next) => next(new Error('refused')) } },
      );
      expect((await service.send()).status).toBe(500);
      expect(service.passed).toEqual([]);
    });

    it.each<[string, Handler]>([
      [
        'throws',
        () => {
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
      [
        'throws what is no error',
        () => {
          throw undefined;
        },
      ],
    ])('that %s leaves the answer to the guard', async (_, handler) => {
      const { world, service } = await start({}, { middleware: { handler } });
      expect(await service.send()).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'handler' }) }),
      );
    });

    it.each<[string, Handler]>([
      [
        'calls next',
        (_req, res, next) => {
          res.end('no');
          next();
        },
      ],
      [
        'throws',
        (_req, res) => {
          res.end('no');
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
      [
        'rejects',
        async (_req, res) => {
          res.end('no');
          throw new Error(`${PHONE} ${TEXT}`);
        },
      ],
    ])('that answers and then %s has answered: the message is not sent', async (_, handler) => {
      const { world, service } = await start({}, { middleware: { handler } });
      expect((await service.send()).text).toBe('no');
      expect(world.sandbox.messages()).toEqual([]);
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 1, ends: 1 }]);
    });

    it('that does nothing until the deadline leaves the answer to the guard', async () => {
      const called = signal<() => void>();
      const handler: Handler = (_req, _res, next) => called.resolve(next);
      const { world, service } = await start({}, { middleware: { handler } });
      const reply = service.send();
      const next = await called.promise;
      world.sandbox.clock.advance(800);
      expect(await reply).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
      expect(world.logs).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ hook: 'handler' }) }),
      );
      next();
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 1, ends: 1 }]);
    });
  });

  describe('scenario 51: what goes wrong behind the guard', () => {
    const failing: readonly [string, Middleware][] = [
      ['hands an error on', (_req, _res, next) => next(new Error('downstream'))],
      [
        'throws',
        () => {
          throw new Error('downstream');
        },
      ],
      [
        'hands an error on later',
        (_req, _res, next) => {
          setImmediate(() => next(new Error('downstream')));
        },
      ],
    ];

    it.each(failing)('a handler that %s is not the guard’s: there is one answer', async (_, handler) => {
      const { world, service } = await start({}, { handler });
      world.customerWrites();
      const [asked, remembered] = [await service.send(), await service.send()];
      expect(asked).toMatchObject({ status: 500, window: 'verdict=allow;reason=service_window_open, source=bird' });
      expect(remembered).toMatchObject({
        status: 500,
        window: 'verdict=allow;reason=service_window_open, source=memory',
      });
      expect(service.exchanges).toMatchObject([
        { nexts: 1, ends: 1 },
        { nexts: 1, ends: 1 },
      ]);
      expect(world.guard.stats().decisions).toEqual({ service_window_open: 2 });
      expect(world.logs).toEqual([]);
    });

    it('a body that the parser refused never reaches the guard', async () => {
      const { world, service } = await start();
      const reply = await service.call(service.path, '{"receiver":');
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.window).toBeUndefined();
      expect(service.exchanges).toEqual([]);
      expect(world.reads()).toBe(0);
    });
  });

  describe('a request that is over before it is decided', () => {
    /** Holds Bird's answers back until the returned function is called; `asked` settles with the first question. */
    function holdBird({ sandbox }: World): { readonly asked: Promise<void>; release(): void } {
      const asked = signal();
      const held = signal();
      sandbox.setFault(() => {
        asked.resolve();
        return { holdUntil: held.promise };
      });
      return { asked: asked.promise, release: () => held.resolve() };
    }

    const isToldOver = ({ logs }: World): boolean => logs.some(({ text }) => text.includes('was over before'));

    it.each([
      ['open', true],
      ['closed', false],
    ])('because the client left: nothing follows where the window is %s', async (_, isOpen) => {
      const { world, service } = await start();
      if (isOpen) world.customerWrites();
      const bird = holdBird(world);
      const call = service.open(service.path, textMessage());
      const failed = expect(call.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await bird.asked;
      call.request.destroy();
      await failed;
      await until(() => service.exchanges[0]?.wasAborted === true);
      bird.release();
      await until(() => isToldOver(world));
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0, ends: 0 }]);
      expect(world.sandbox.messages()).toEqual([]);
    });

    it('because the client left: nothing follows when Bird never answers', async () => {
      const { world, service } = await start({ workspace: { onUnknown: 'block' } });
      const asked = signal();
      world.sandbox.setFault(() => {
        asked.resolve();
        return { stall: 'headers' };
      });
      const call = service.open(service.path, textMessage());
      const failed = expect(call.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await asked.promise;
      call.request.destroy();
      await failed;
      await until(() => service.exchanges[0]?.wasAborted === true);
      world.sandbox.clock.advance(800);
      await until(() => isToldOver(world));
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0, ends: 0 }]);
    });

    it('because the client left: others who wait for the same read are answered', async () => {
      const { world, service } = await start();
      world.customerWrites();
      const bird = holdBird(world);
      const leaving = service.open(service.path, textMessage());
      const failed = expect(leaving.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await bird.asked;
      const staying = service.send();
      await until(() => service.exchanges.length === 2);
      leaving.request.destroy();
      await failed;
      bird.release();
      expect((await staying).status).toBe(202);
    });

    it('because somebody else answered meanwhile: nothing follows', async () => {
      const hurry = signal();
      const impatient: Middleware = (_req, res, next) => {
        void hurry.promise.then(() => res.writeHead(504).end('too slow'));
        next();
      };
      const { world, service } = await start({}, { before: [impatient] });
      const bird = holdBird(world);
      const reply = service.send();
      await bird.asked;
      hurry.resolve();
      expect(await reply).toMatchObject({ status: 504, text: 'too slow', window: undefined });
      bird.release();
      await until(() => isToldOver(world));
      expect(service.exchanges).toMatchObject([{ nexts: 0, ends: 1 }]);
      expect(service.passed).toEqual([]);
    });

    it('because it was answered before: nothing follows, from memory or from Bird', async () => {
      const hasty: Middleware = (_req, res, next) => {
        res.end('done');
        next();
      };
      const { world, service } = await start({}, { before: [hasty] });
      world.customerWrites();
      expect((await service.send()).text).toBe('done');
      await until(() => isToldOver(world));
      await world.guard.check(world.send());
      expect((await service.send()).text).toBe('done');
      expect(service.exchanges).toMatchObject([
        { nexts: 0, answers: 0 },
        { nexts: 0, answers: 0 },
      ]);
      expect(world.sandbox.messages()).toEqual([]);
    });
  });

  it('gives a header that is a structured field with one member per fact', async () => {
    const { service } = await start({ workspace: { mode: 'observe' } });
    const { window = '' } = await service.send(textTo(PHONE, MISSING_PHONE));
    expect(parseDictionary(window)).toEqual({
      verdict: { value: { token: 'deny' }, parameters: { reason: { token: 'service_window_closed' } } },
      source: { value: { token: 'bird' }, parameters: {} },
      recipients: { value: 2, parameters: {} },
      mode: { value: { token: 'observe' }, parameters: {} },
      'would-be': { value: { token: 'block' }, parameters: {} },
    });
  });

  describe('at creation', () => {
    it.each([
      ['no guard at all', undefined],
      ['null', null],
      ['text, which may be a key', 'sandbox-key-0123456789'],
      ['what only looks like a guard', { check: () => undefined }],
    ])('%s is a TypeError that does not repeat it', (_, guard) => {
      keepSecret('sandbox-key-0123456789');
      const create = (): Middleware => freeformGuard(guard as never);
      expect(create).toThrow(TypeError);
      expect(create).toThrow(/guard|options/);
      expect(create).not.toThrow(/sandbox-key/);
    });

    it.each([
      ['statusCode', { statusCode: 200 }, RangeError],
      ['statusCode', { statusCode: '409' }, TypeError],
      ['handler', { handler: true }, TypeError],
      ['resolve', { resolve: 'body' }, TypeError],
      ['skip', { skip: false }, TypeError],
      ['handlers', { handlers: () => undefined }, TypeError],
    ])('a wrong %s names the option', async (name, options, kind) => {
      const { guard } = await createSmallWorld();
      expect(() => freeformGuard(guard, options as never)).toThrow(kind);
      expect(() => freeformGuard(guard, options as never)).toThrow(`middlewareOptions.${name} `);
    });

    it('takes undefined for every option as absent, and options in the place of a guard', async () => {
      const world = await createSmallWorld();
      const absent = { skip: undefined, resolve: undefined, handler: undefined, statusCode: undefined };
      const { workspaceOptions, sandbox } = world;
      const middleware = freeformGuard(
        { workspaces: { [world.workspace.id]: workspaceOptions }, clock: sandbox.clock, logger: recordingLogger([]) },
        absent,
      );
      const service = await startService(world, { framework, guards: [middleware] });
      expect((await service.send()).status).toBe(409);
    });
  });
}
