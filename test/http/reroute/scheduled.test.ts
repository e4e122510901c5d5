import { type SendRequest, toChannel } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { aTemplate, createRerouteWorld, startRerouting, templateOf } from '../../support/reroute.js';
import { startService } from '../../support/service.js';
import { PHONE, TEXT, textMessage } from '../../support/world.js';
import { HOUR } from './support.js';

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

  it('is decided for that instant on another channel, too', async () => {
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
  ] as const)('is decided for them on other channels, too: %s', async (_, { sendAt }, expected) => {
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
