import { holdUntilReply, toChannel } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { aTemplate, inTemplate, startRerouting } from '../../support/reroute.js';
import { PHONE, TEXT, textMessage } from '../../support/world.js';
import { CLOSED, HOUR, sends } from './support.js';

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
  it('that Bird does not report stops nothing: the window alone decides', async () => {
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

  it('is not used for what is not a human’s', async () => {
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

describe('scenario 53: a repeated request', () => {
  it('that was blocked stays blocked', async () => {
    const { service } = await startRerouting(() => 'block');
    const send = (): ReturnType<typeof service.send> => service.send(textMessage({ reference: 'order-1' }));
    expect([(await send()).status, (await send()).status]).toEqual([409, 409]);
  });

  it('keeps its reference in a template, so that Bird can recognize the repetition', async () => {
    const { world, service } = await startRerouting(() => aTemplate());
    for (let turn = 0; turn < 2; turn += 1) await service.send(textMessage({ reference: 'order-1' }));
    expect(world.sandbox.messages()).toMatchObject([{ reference: 'order-1' }, { reference: 'order-1' }]);
  });
});
