import type { Middleware } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { parseDictionary } from '../../http/request/structured-field.js';
import { keepSecret } from '../../support/canary.js';
import { type Framework, type Service, sendPath, startService } from '../../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage } from '../../support/world.js';
import { addCustomer, MISSING_PHONE, OTHER_PHONE, phone, startWith, textTo } from './scene.js';

/** Modes, templates, several recipients, batches, conversations, which path is a send, and the header. */
export function describeSends(framework: Framework): void {
  const start = startWith(framework);

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
      // Of the channel: it shows whether the platform has templates.
      expect(world.reads()).toBe(1);
    });

    it.each(['body', 'Body', 'BODY', 'text', 'List'])('with a %s beside it is free-form', async (key) => {
      const { service } = await start();
      const reply = await service.send(templateMessage({ [key]: { type: 'text', text: { text: TEXT } } }));
      expect(reply).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
    });
  });

  describe('scenario 46: several recipients', () => {
    it('are listed one by one, and the header has the worst outcome [R2]', async () => {
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

    it('pass together, flagged, where the worst outcome is unknown', async () => {
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
      ['a page of metrics', 'GET', () => '/metrics'],
      ['a page of health', 'GET', () => '/health'],
      ['a page for debugging', 'GET', () => '/debug/freeform-guard'],
      ['an admin page', 'POST', () => '/admin/reload'],
    ])('is not %s, which is left untouched [S18]', async (_, method, change) => {
      const handler: Middleware = (_req, res) => void res.end('untouched');
      const { world, service } = await start({}, { handler });
      const reply = await service.call(change(service.path), textMessage(), { method });
      expect(reply).toMatchObject({ status: 200, text: 'untouched', window: undefined });
      expect(service.passed[0]).not.toHaveProperty('freeformGuard');
      expect(world.sandbox.requests()).toEqual([]);
      expect(world.guard.stats().decisions).toEqual({});
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
}
