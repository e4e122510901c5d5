import { type Guard, type GuardRequestInput, guardRequest, holdUntilReply, toTemplate } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { createSmallWorld, sendPath } from '../../support/service.js';
import { PHONE, templateMessage, textMessage, type World } from '../../support/world.js';

const OTHER = '+31612345679';
const to = (...numbers: readonly string[]): Record<string, unknown> => ({
  receiver: { contacts: numbers.map((identifierValue) => ({ identifierKey: 'phonenumber', identifierValue })) },
});
const requestOf = (world: World, change: Partial<GuardRequestInput> = {}): GuardRequestInput => ({
  method: 'POST',
  url: sendPath(world),
  body: textMessage(),
  ...change,
});

describe('guardRequest (field B5)', () => {
  it('is undefined for what is no send, and for a guard that is off', async () => {
    const world = await createSmallWorld();
    expect(await guardRequest(world.guard, requestOf(world, { method: 'GET' }))).toBeUndefined();
    expect(await guardRequest(world.guard, requestOf(world, { url: '/elsewhere' }))).toBeUndefined();
    const off = await createSmallWorld({ workspace: { mode: 'off' } });
    expect(await guardRequest(off.guard, requestOf(off))).toBeUndefined();
  });

  it('lets an open window and a template pass, with the header', async () => {
    const world = await createSmallWorld();
    world.customerWrites();
    const open = await guardRequest(world.guard, requestOf(world));
    expect(open).toEqual({
      outcomes: [expect.objectContaining({ action: 'send' })],
      header: 'verdict=allow;reason=service_window_open, source=bird',
      settle: expect.any(Function),
    });
    expect(await guardRequest(world.guard, requestOf(world, { body: templateMessage() }))).toMatchObject({
      header: 'verdict=allow;reason=template, source=none',
    });
  });

  it('gives the whole answer to a blocked one', async () => {
    const world = await createSmallWorld();
    const decision = await guardRequest(world.guard, requestOf(world), { statusCode: 422 });
    expect(decision?.response).toMatchObject({
      status: 422,
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'Freeform-Window': decision?.header,
      },
      body: { code: 'service_window_closed', channelId: world.channel.id, status: 422 },
    });
  });

  it.each([
    ['text', textMessage()],
    ['template', templateMessage()],
  ])('reads the keys of a %s as often for a hundred recipients as for two', async (_, message) => {
    const world = await createSmallWorld({ platformId: 'sms' });
    const readingsFor = async (count: number): Promise<number> => {
      let readings = 0;
      const counted = new Proxy(
        { ...message, ...to(...Array.from({ length: count }, (_, index) => `+3161234${1000 + index}`)) },
        {
          ownKeys: (target) => {
            readings += 1;
            return Reflect.ownKeys(target);
          },
        },
      );
      expect((await guardRequest(world.guard, requestOf(world, { body: counted })))?.outcomes).toHaveLength(count);
      return readings;
    };
    expect(await readingsFor(100)).toBe(await readingsFor(2));
  });

  it('takes ids from a route of its own, and other shapes by resolve', async () => {
    const world = await createSmallWorld();
    const params = { workspaceId: world.workspace.id, channelId: world.channel.id };
    const own = { url: '/reply', params, route: '/reply' };
    expect((await guardRequest(world.guard, requestOf(world, own)))?.response?.status).toBe(409);
    expect(await guardRequest(world.guard, requestOf(world, { url: '/reply', params }))).toBeUndefined();
    const resolved = await guardRequest(world.guard, requestOf(world, { url: '/reply' }), {
      resolve: () => world.send(),
    });
    expect(resolved?.response?.status).toBe(409);
  });

  it('gives what is to be sent after a reroute: to a template', async () => {
    const projectId = 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318';
    const onClosed = toTemplate({ projectId, locale: 'en', variable: 'message' });
    const world = await createSmallWorld({ workspace: { onClosed } });
    const decision = await guardRequest(world.guard, requestOf(world));
    expect(decision?.body).toMatchObject({ template: { projectId } });
    expect(decision?.sends).toEqual([{ channelId: world.channel.id, message: decision?.body }]);
    expect(decision?.response).toBeUndefined();
  });

  it('names another channel, where the path names the first', async () => {
    const sms = { id: '' };
    const world: World = await createSmallWorld({
      workspace: { onClosed: () => ({ action: 'reroute', sends: [{ channelId: sms.id, message: textMessage() }] }) },
    });
    sms.id = world.workspace.addChannel({ platformId: 'sms-messagebird' }).id;
    expect(await guardRequest(world.guard, requestOf(world))).toMatchObject({ channelId: sms.id });
  });

  it('names another channel, where only the parameters name the first', async () => {
    const sms = { id: '' };
    const world: World = await createSmallWorld({
      workspace: { onClosed: () => ({ action: 'reroute', sends: [{ channelId: sms.id, message: textMessage() }] }) },
    });
    sms.id = world.workspace.addChannel({ platformId: 'sms-messagebird' }).id;
    const params = { workspaceId: world.workspace.id, channelId: world.channel.id };
    const decision = await guardRequest(world.guard, requestOf(world, { url: '/reply', params, route: '/reply' }));
    expect(decision).toMatchObject({ channelId: sms.id, sends: [{ channelId: sms.id }] });
    expect(decision?.response).toBeUndefined();
  });

  it('rewrites a batch, and a message of which only some recipients may get it', async () => {
    const projectId = 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318';
    const onClosed = toTemplate({ projectId, locale: 'en', variable: 'message' });
    const world = await createSmallWorld({ workspace: { onClosed, onMixed: 'split' } });
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: OTHER }] });
    world.workspace.receiveInbound({ channelId: world.channel.id, contactId: other.id });
    const batch = { messageRequests: [templateMessage(), textMessage(), textMessage(to(OTHER))] };
    const url = sendPath(world, 'batch/messages');
    const decided = await guardRequest(world.guard, requestOf(world, { url, body: batch }));
    const [first, , last] = batch.messageRequests;
    expect(decided?.body).toEqual({
      messageRequests: [first, expect.objectContaining({ template: expect.anything() }), last],
    });
    const mixed = await guardRequest(world.guard, requestOf(world, { body: textMessage(to(OTHER, PHONE)) }));
    expect(mixed?.outcomes.map(({ action }) => action)).toEqual(['send', 'reroute']);
    expect(mixed?.sends).toMatchObject([
      { message: to(OTHER) },
      { message: { ...to(PHONE), template: { projectId } } },
    ]);
    expect(mixed?.body).toBe(mixed?.sends?.[0]?.message);
  });

  it('hears once whether it is used, whatever is said later', async () => {
    const hold = holdUntilReply();
    const world = await createSmallWorld({ workspace: { onClosed: hold } });
    const decision = await guardRequest(world.guard, requestOf(world));
    decision?.settle(true);
    decision?.settle(false);
    expect(await hold.pending(world.workspace.id)).toHaveLength(1);
  });

  it('leaves nothing held for anybody where another recipient stops the request', async () => {
    const hold = holdUntilReply();
    const world = await createSmallWorld({ workspace: { onClosed: hold } });
    world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: OTHER }] });
    const guard: Guard = world.guard;
    world.guard.reload({
      [world.workspace.id]: {
        ...world.workspaceOptions,
        onClosed: [(context) => (isOther(context.send) ? undefined : hold(context))],
      },
    });
    const decision = await guardRequest(guard, requestOf(world, { body: textMessage(to(PHONE, OTHER)) }));
    expect(decision?.response?.status).toBe(409);
    expect(await hold.pending(world.workspace.id)).toEqual([]);
  });

  it('takes back what it has held where the decision is not used', async () => {
    const hold = holdUntilReply();
    const world = await createSmallWorld({ workspace: { onClosed: hold } });
    const decision = await guardRequest(world.guard, requestOf(world));
    expect(decision?.response).toMatchObject({ status: 202, body: { code: 'held' } });
    decision?.settle(false);
    await expect.poll(() => hold.pending(world.workspace.id)).toEqual([]);
  });

  it.each([
    [1000, 'send', undefined],
    [1001, 'send', 'too_many_recipients'],
  ])('looks at %i recipients one by one at most (field D1) [R2]', async (count, action, reason) => {
    const world = await createSmallWorld({ platformId: 'sms-messagebird' });
    const contacts = Array.from({ length: count }, (_, index) => ({
      identifierKey: 'phonenumber',
      identifierValue: `+316${1e7 + index}`,
    }));
    const decision = await guardRequest(
      world.guard,
      requestOf(world, { body: textMessage({ receiver: { contacts } }) }),
    );
    expect(decision?.outcomes).toHaveLength(reason === undefined ? count : 1);
    expect(decision?.outcomes[0]).toMatchObject({ action, decision: { reason: reason ?? 'no_service_window' } });
  });

  it('answers 422 to too many recipients where unknown is blocked, before any work, and lists 100 at most (field D1) [R2, S9]', async () => {
    const world = await createSmallWorld({ workspace: { onUnknown: 'block' } });
    const many = (count: number): object =>
      textMessage(to(...Array.from({ length: count }, (_, index) => `+316${1e7 + index}`)));
    const tooMany = await guardRequest(world.guard, requestOf(world, { body: many(51_000) }));
    expect(tooMany?.response).toMatchObject({
      status: 422,
      body: { code: 'too_many_recipients', contacts: [{ index: 0 }] },
    });
    expect(world.sandbox.requests()).toEqual([]);
    world.guard.close();
    const listed = await guardRequest(world.guard, requestOf(world, { body: many(101) }), { maxRecipients: 101 });
    expect(listed?.outcomes).toHaveLength(101);
    const batch = { messageRequests: Array.from({ length: 101 }, () => textMessage()) };
    const url = sendPath(world, 'batch/messages');
    expect((await guardRequest(world.guard, requestOf(world, { url, body: batch })))?.outcomes).toHaveLength(1);
  });

  it('lists the first 100 of more recipients, with their number (field D1)', async () => {
    const world = await createSmallWorld();
    const contacts = Array.from({ length: 101 }, () => null);
    const blocking = await createSmallWorld({ workspace: { onUnknown: 'block' } });
    const decision = await guardRequest(
      blocking.guard,
      requestOf(blocking, { body: textMessage({ receiver: { contacts } }) }),
    );
    expect(decision?.response?.body).toMatchObject({ recipients: 101 });
    expect(decision?.response?.body.contacts).toHaveLength(100);
    expect(world.reads()).toBe(0);
  });

  it.each([
    ['an unknown option', { status: 409 }, 'status'],
    ['a wrong status', { statusCode: 200 }, 'statusCode'],
    ['no recipients', { maxRecipients: 0 }, 'maxRecipients'],
  ])('refuses %s by name', async (_, options, name) => {
    const world = await createSmallWorld();
    await expect(guardRequest(world.guard, requestOf(world), options as never)).rejects.toThrow(name);
  });
});

function isOther({ contact }: { readonly contact?: unknown }): boolean {
  return (contact as { readonly identifierValue?: string }).identifierValue === OTHER;
}

describe('a new conversation', () => {
  const participants = [{ type: 'contact', identifierKey: 'phonenumber', identifierValue: PHONE }];
  const url = ({ workspace }: World): string => `/workspaces/${workspace.id}/conversations`;

  it('is a send where it begins with a message, and blocked while the window is closed (field A6)', async () => {
    const world = await createSmallWorld();
    const { body } = textMessage();
    const start = { channelId: world.channel.id, participants, initialMessage: { body } };
    const decision = await guardRequest(world.guard, requestOf(world, { url: url(world), body: start }));
    expect(decision?.response?.body.code).toBe('service_window_closed');
    world.customerWrites();
    expect(
      (await guardRequest(world.guard, requestOf(world, { url: url(world), body: start })))?.response,
    ).toBeUndefined();
  });

  it('is none without a message, and unreadable where its message has two spellings', async () => {
    const world = await createSmallWorld();
    const start = { channelId: world.channel.id, participants };
    expect(await guardRequest(world.guard, requestOf(world, { url: url(world), body: start }))).toBeUndefined();
    const twice = { ...start, initialMessage: { template: {} }, InitialMessage: { body: {} } };
    const decision = await guardRequest(world.guard, requestOf(world, { url: url(world), body: twice }));
    expect(decision?.outcomes[0]?.decision.reason).toBe('unclassified_message');
  });
});
