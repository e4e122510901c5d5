import { describe, expect, it } from 'vitest';
import { textMessage } from '../../support/world.js';
import { countOf, createWorld, DAY, HOUR, MINUTE, SECOND } from '../support.js';

const END = '2026-01-05T12:00:00.000Z';
const START_AT = '2026-01-05T09:00:00.000Z';

describe('scenario 43: a platform that nobody knows', () => {
  const window = (serviceWindowExpireAt: string | null) => ({ status: 200, body: { serviceWindowExpireAt } }) as const;

  it.each([
    ['allowed by a date of Bird in the future', window(END), 'allow', 'service_window_open'],
    ['unknown without a date', window(null), 'unknown', 'platform_unknown'],
    ['unknown with a date in the past', window(START_AT), 'unknown', 'platform_unknown'],
  ])('is %s', async (_, fault, verdict, reason) => {
    const world = await createWorld({ platformId: 'hologram', sandbox: { startAt: START_AT } });
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? fault : undefined));
    expect(await world.guard.check(world.send())).toMatchObject({
      action: 'send',
      decision: { verdict, reason },
      platform: 'hologram',
    });
  });

  it('follows onUnknown, and is warned of once [U12]', async () => {
    const world = await createWorld({ platformId: 'hologram', workspace: { onUnknown: 'block' } });
    for (let sends = 0; sends < 3; sends += 1) {
      expect(await world.guard.check(world.send())).toMatchObject({
        action: 'block',
        decision: { verdict: 'unknown', reason: 'platform_unknown' },
      });
    }
    expect(world.logs).toMatchObject([{ level: 'warn', fields: { platformId: 'hologram' } }]);
  });

  it('is remembered as open like any other', async () => {
    const world = await createWorld({ platformId: 'hologram', sandbox: { startAt: START_AT } });
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? window(END) : undefined));
    await world.guard.check(world.send());
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  });
});

describe('a channel', () => {
  it.each([
    ['sms', 'sms'],
    ['sms-messagebird', 'sms'],
    ['email-sparkpost', 'email'],
    ['telegram', 'telegram'],
    ['rcs', 'rcs'],
    ['line', 'line'],
  ])('on %s needs no window: one read of the channel, none of the contact [U12]', async (platformId, platform) => {
    const world = await createWorld({ platformId });
    expect(await world.guard.check(world.send())).toMatchObject({
      action: 'send',
      decision: { verdict: 'allow', reason: 'no_service_window', validUntil: null },
      platform,
    });
    expect(world.sandbox.requests().map(({ kind }) => kind)).toEqual(['channel']);
  });

  it.each(['inactive', 'paused', 'archived', 'deleted', 'suspended'])(
    'that is %s stops free-form and templates, on a fresh read [U19]',
    async (status) => {
      const world = await createWorld({ platformId: 'sms' });
      world.workspace.setChannel(world.channel.id, { status });
      expect(await world.guard.check(world.send())).toMatchObject({
        action: 'block',
        decision: { verdict: 'deny', reason: 'channel_inactive', closedAt: null },
        source: 'bird',
      });
      const message = { template: { projectId: 'x' } };
      expect(await world.guard.check(world.send({ message }))).toMatchObject({
        action: 'block',
        decision: { reason: 'channel_inactive' },
        source: 'bird',
      });
      world.workspace.setChannel(world.channel.id, { status: 'active' });
      expect((await world.guard.check(world.send({ message }))).action).toBe('send');
      expect((await world.guard.check(world.send())).action).toBe('send');
    },
  );

  it('that was seen inactive stops no template in an outage [U19]', async () => {
    const world = await createWorld({ platformId: 'sms' });
    world.workspace.setChannel(world.channel.id, { status: 'paused' });
    await world.guard.check(world.send());
    world.sandbox.setFault(() => ({ status: 501 }));
    const message = { template: { projectId: 'x' } };
    expect((await world.guard.check(world.send({ message }))).decision.reason).toBe('template');
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', decision: { verdict: 'unknown' } });
  });

  it('of a status that nobody knows lets sends through, with one warning', async () => {
    const world = await createWorld({ platformId: 'sms' });
    world.workspace.setChannel(world.channel.id, { status: 'hibernating' });
    for (let sends = 0; sends < 3; sends += 1) expect((await world.guard.check(world.send())).action).toBe('send');
    expect(world.logs).toMatchObject([
      { level: 'warn', fields: { status: 'hibernating', channelId: world.channel.id } },
    ]);
  });

  it('whose outgoing capability has run out stops sends, and one that runs out later does so then', async () => {
    const world = await createWorld({ platformId: 'sms', sandbox: { startAt: START_AT } });
    const capabilities = (expiresAt: string): object => ({
      messaging: { messaging: { status: 'active', outgoing: { status: 'active', expiresAt } } },
    });
    world.workspace.setChannel(world.channel.id, { capabilities: capabilities(END) as Record<string, unknown> });
    expect((await world.guard.check(world.send())).action).toBe('send');
    world.sandbox.clock.advance(3 * HOUR - MINUTE);
    expect((await world.guard.check(world.send())).action).toBe('send');
    world.sandbox.clock.advance(MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject({
      action: 'block',
      decision: { reason: 'outgoing_unavailable' },
      source: 'bird',
    });
  });
});

it.each([0, -1, '0001-01-01T00:00:00Z'])("a capability's end of %j stops nothing (field A13)", async (expiresAt) => {
  const world = await createWorld({ platformId: 'sms' });
  const messaging = { status: 'active', expiresAt, outgoing: { status: 'active', expiresAt } };
  world.workspace.setChannel(world.channel.id, { capabilities: { messaging: { messaging } } });
  expect((await world.guard.check(world.send())).decision.reason).toBe('no_service_window');
});

describe('scenario 48: a message for later', () => {
  it.each([
    ['within the window, from memory', 20 * HOUR, 'send', 'memory'],
    ['within the margin of the remembered end, on a fresh read', DAY - 5 * SECOND, 'send', 'bird'],
    ['1 ms before the end', DAY - 1, 'send', 'bird'],
    ['at the end', DAY, 'block', 'bird'],
    ['after the end', 25 * HOUR, 'block', 'bird'],
    ['in the past, which means now', -HOUR, 'send', 'memory'],
  ])('%s', async (_, afterMs, action, source) => {
    const world = await createWorld({ sandbox: { startAt: START_AT } });
    world.customerWrites();
    await world.guard.check(world.send());
    const at = world.sandbox.clock.now() + afterMs;
    const scheduledFor = new Date(at).toISOString();
    for (const change of [{ message: textMessage({ scheduledFor }) }, { sendAt: at }, { sendAt: new Date(at) }]) {
      expect(await world.guard.check(world.send(change))).toMatchObject({ action, source });
    }
  });

  it('that comes too late is told the end that is still to come', async () => {
    const world = await createWorld({ sandbox: { startAt: START_AT } });
    world.customerWrites();
    const sendAt = world.sandbox.clock.now() + 2 * DAY;
    expect((await world.guard.check(world.send({ sendAt }))).decision).toEqual({
      verdict: 'deny',
      reason: 'service_window_closed',
      closedAt: world.sandbox.clock.now() + DAY,
    });
    // And what was learned serves the messages of now.
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  });

  it('does not share a "closed" with a message of now', async () => {
    const world = await createWorld();
    world.customerWrites();
    const sendAt = world.sandbox.clock.now() + 2 * DAY;
    const outcomes = await world.guard.checkAll([world.send({ sendAt }), world.send(), world.send({ sendAt })]);
    expect(outcomes.map(({ action }) => action)).toEqual(['block', 'send', 'block']);
  });

  it('sendAt wins over scheduledFor', async () => {
    const world = await createWorld();
    world.customerWrites();
    const message = textMessage({ scheduledFor: new Date(world.sandbox.clock.now() + 2 * DAY).toISOString() });
    expect((await world.guard.check(world.send({ message }))).action).toBe('block');
    expect((await world.guard.check(world.send({ message, sendAt: world.sandbox.clock.now() }))).action).toBe('send');
  });

  it.each(['tomorrow', '', '2026-01-05T12:00:00', true, {}, Number.NaN])(
    'that names no instant (%j) is unknown where now is open, and closed where now is closed',
    async (scheduledFor) => {
      const world = await createWorld({ workspace: { onUnknown: 'block' } });
      const send = world.send({ message: textMessage({ scheduledFor }) });
      expect((await world.guard.check(send)).decision.reason).toBe('service_window_closed');
      world.customerWrites();
      for (let checks = 0; checks < 2; checks += 1) {
        expect(await world.guard.check(send)).toMatchObject({
          action: 'block',
          decision: { verdict: 'unknown', reason: 'unclassified_message' },
        });
      }
      const sms = world.workspace.addChannel({ platformId: 'sms' });
      expect((await world.guard.check({ ...send, channelId: sms.id })).action).toBe('send');
    },
  );

  it.each([null, undefined])('is for now when scheduledFor is %s', async (scheduledFor) => {
    const world = await createWorld();
    world.customerWrites();
    expect((await world.guard.check(world.send({ message: textMessage({ scheduledFor }) }))).action).toBe('send');
  });
});

describe('scenario 40: a human', () => {
  const useCase = (word: string): object => textMessage({ meta: { extraInformation: { useCase: word } } });

  it.each([
    ['sender human', { sender: 'human' as const }, 'send'],
    ['sender automation', { sender: 'automation' as const }, 'block'],
    ['nothing said', {}, 'block'],
    ['the use case conversation', { message: useCase('conversation') }, 'send'],
    ['the use case transactional', { message: useCase('transactional') }, 'send'],
    ['the use case marketing', { message: useCase('marketing') }, 'block'],
    ['automation beside the use case', { sender: 'automation' as const, message: useCase('conversation') }, 'block'],
  ])('with %s, 25 h after the message that was observed: %s', async (_, change, action) => {
    const world = await createWorld({ platformId: 'instagram' });
    const { workspace, channel, contact, guard, sandbox } = world;
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const inbound = { workspaceId: workspace.id, channelId: channel.id, contactId: contact.id };
    await guard.observeInbound({ ...inbound, at: sandbox.clock.now() });
    sandbox.clock.advance(25 * HOUR);
    expect((await guard.check(world.send({ contact: { id: contact.id }, ...change }))).action).toBe(action);
    sandbox.clock.advance(6 * DAY);
    expect((await guard.check(world.send({ contact: { id: contact.id }, ...change }))).action).toBe('block');
  });
});

describe('onContactNotFound', () => {
  const missing = { identifierKey: 'phonenumber', identifierValue: '+31600000001' };

  it("is 'unknown' by default, however often Bird says so [U18]", async () => {
    const world = await createWorld();
    for (let checks = 0; checks < 3; checks += 1) {
      expect(await world.guard.check(world.send({ contact: missing }))).toMatchObject({
        action: 'send',
        decision: { verdict: 'unknown', reason: 'contact_not_found' },
      });
      world.sandbox.clock.advance(5 * SECOND);
    }
  });

  it.each([
    [0, 'unknown', 'send'],
    [999, 'unknown', 'send'],
    [1000, 'deny', 'block'],
    [10 * MINUTE - 1, 'deny', 'block'],
    [10 * MINUTE, 'unknown', 'send'],
  ])(
    "'closed' takes two not-founds at least a second apart: %i ms apart is %s [U18]",
    async (apartMs, verdict, action) => {
      const world = await createWorld({ workspace: { onContactNotFound: 'closed' } });
      expect((await world.guard.check(world.send({ contact: missing }))).decision.verdict).toBe('unknown');
      world.sandbox.clock.advance(apartMs);
      const outcome = await world.guard.check(world.send({ contact: missing }));
      expect(outcome).toMatchObject({ action, decision: { verdict } });
      if (verdict === 'deny') {
        expect(outcome).toMatchObject({
          source: 'bird',
          decision: { reason: 'service_window_closed', closedAt: null },
        });
      }
    },
  );

  it.each([
    ['empty search results', { sandbox: {} }],
    ['a 404 of the search', { sandbox: { unknownContact: '404' as const } }],
  ])("'closed' takes %s for a not-found", async (_, options) => {
    const world = await createWorld({ ...options, workspace: { onContactNotFound: 'closed' } });
    await world.guard.check(world.send({ contact: missing }));
    world.sandbox.clock.advance(1000);
    expect((await world.guard.check(world.send({ contact: missing }))).action).toBe('block');
  });

  it("'closed' takes a 404 of the contact for one, and asks for the id anew", async () => {
    const world = await createWorld({ workspace: { onContactNotFound: 'closed' } });
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 404 } : undefined));
    await world.guard.check(world.send());
    world.sandbox.clock.advance(1000);
    expect((await world.guard.check(world.send())).action).toBe('block');
    expect(countOf(world.sandbox, 'search')).toBe(2);
  });

  it("'closed' forgets the first not-found when the contact was found in between", async () => {
    const world = await createWorld({ workspace: { onContactNotFound: 'closed' } });
    const notFound = (): void =>
      world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 404 } : undefined));
    notFound();
    await world.guard.check(world.send());
    world.sandbox.setFault(undefined);
    expect((await world.guard.check(world.send())).action).toBe('block');
    world.sandbox.clock.advance(5000);
    notFound();
    expect((await world.guard.check(world.send())).decision.reason).toBe('contact_not_found');
  });

  it("'closed' never blocks a customer who was seen to write, nor one who has become known [U18]", async () => {
    const world = await createWorld({ workspace: { onContactNotFound: 'closed', safetyMarginMs: 0 } });
    const send = world.send({ contact: missing });
    await world.guard.check(send);
    world.sandbox.clock.advance(2000);
    await world.guard.observeInbound({
      workspaceId: world.workspace.id,
      channelId: world.channel.id,
      address: missing.identifierValue,
      at: world.sandbox.clock.now(),
    });
    expect((await world.guard.check(send)).action).toBe('send');
    world.guard.forget({ workspaceId: world.workspace.id });
    const contact = world.workspace.addContact({
      identifiers: [{ key: 'phonenumber', value: missing.identifierValue }],
    });
    world.workspace.receiveInbound({ channelId: world.channel.id, contactId: contact.id });
    expect((await world.guard.check(send)).action).toBe('send');
  });

  it("'closed' takes only not-founds of the same address on the same channel together", async () => {
    const world = await createWorld({ workspace: { onContactNotFound: 'closed' } });
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    await world.guard.check(world.send({ contact: missing }));
    world.sandbox.clock.advance(2000);
    const elsewhere = [
      world.send({ contact: { ...missing, identifierValue: '+31600000002' } }),
      world.send({ contact: missing, channelId: other.id }),
    ];
    for (const send of elsewhere) expect((await world.guard.check(send)).action).toBe('send');
  });
});
