import { describe, expect, it } from 'vitest';
import { PHONE, templateMessage } from '../support/world.js';
import { countOf, createWorld, DAY, HOUR } from './support.js';

const passes = { action: 'send', decision: { verdict: 'allow', reason: 'template', validUntil: null } };
const unsupported = { decision: { verdict: 'unknown', reason: 'template_unsupported' } };
const message = templateMessage();

describe('a template where the platform has none (field A15)', () => {
  describe.each([
    ['facebook', DAY],
    ['instagram', DAY],
    ['tiktok', 2 * DAY],
    ['google-business-messages', 30 * DAY],
  ])('on %s', (platformId, windowMs) => {
    it('is unknown while the window is closed, and allowed as free text while it is open', async () => {
      const world = await createWorld({ platformId });
      expect(await world.guard.check(world.send({ message }))).toMatchObject({ action: 'send', ...unsupported });
      world.customerWrites();
      const validUntil = world.sandbox.clock.now() + windowMs;
      const open = { action: 'send', decision: { reason: 'service_window_open', validUntil } };
      expect(await world.guard.check(world.send({ message }))).toMatchObject({ ...open, source: 'bird' });
      expect(world.guard.peek(world.send({ message }))).toMatchObject({ ...open, source: 'memory' });
      world.sandbox.clock.advance(windowMs);
      expect(world.guard.peek(world.send({ message }))).toBeUndefined();
      expect(await world.guard.check(world.send({ message }))).toMatchObject({ ...unsupported, source: 'bird' });
    });
  });

  it('is blocked with onUnknown: block', async () => {
    const world = await createWorld({ platformId: 'instagram', workspace: { onUnknown: 'block' } });
    expect(await world.guard.check(world.send({ message }))).toMatchObject({ action: 'block', ...unsupported });
  });

  it('is unknown where Bird says nothing of the window, or cannot be asked for it', async () => {
    const apple = await createWorld({ platformId: 'apple-business-chat' });
    expect(await apple.guard.check(apple.send({ message }))).toMatchObject(unsupported);
    const failing = await createWorld({ platformId: 'facebook' });
    failing.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 500 } : undefined));
    expect(await failing.guard.check(failing.send({ message }))).toMatchObject({ ...unsupported, source: 'none' });
  });

  it.each([
    ['no address', {}],
    ['a selector', { identifierValue: PHONE, platformAddressSelector: 'latest' }],
  ])('is unknown to %s', async (_, contact) => {
    const world = await createWorld({ platformId: 'facebook' });
    expect(await world.guard.check(world.send({ message, contact }))).toMatchObject(unsupported);
  });

  it('is allowed to a human as free text is, for 7 days', async () => {
    const world = await createWorld({ platformId: 'facebook' });
    const { workspaceId, channelId = '' } = world.send();
    world.guard.observeInbound({ workspaceId, channelId, address: PHONE, at: world.sandbox.clock.now() });
    world.sandbox.clock.advance(30 * HOUR);
    const send = world.send({ message, sender: 'human' });
    expect((await world.guard.check(send)).decision.reason).toBe('human_agent_window');
    expect(await world.guard.check({ ...send, sender: 'automation' })).toMatchObject(unsupported);
  });

  it('is judged as of when it is scheduled for', async () => {
    const world = await createWorld({ platformId: 'facebook' });
    world.customerWrites();
    const sendAt = world.sandbox.clock.now() + DAY;
    expect(await world.guard.check(world.send({ message, sendAt }))).toMatchObject(unsupported);
    expect((await world.guard.check(world.send({ message, sendAt: sendAt - 1 }))).decision.verdict).toBe('allow');
  });

  it('is denied where the channel is inactive', async () => {
    const world = await createWorld({ platformId: 'facebook' });
    world.workspace.setChannel(world.channel.id, { status: 'paused' });
    const denied = { action: 'block', decision: { reason: 'channel_inactive' } };
    expect(await world.guard.check(world.send({ message }))).toMatchObject(denied);
  });
});

describe('a template elsewhere', () => {
  it.each(['whatsapp', 'viber', 'kakaotalk', 'wechat', 'zalo', 'sms-messagebird', 'line', 'carrier-pigeon'])(
    'passes on %s, after one read of its channel and none of the window',
    async (platformId) => {
      const world = await createWorld({ platformId });
      expect(world.guard.peek(world.send({ message }))).toBeUndefined();
      for (const _ of [1, 2]) expect(await world.guard.check(world.send({ message }))).toMatchObject(passes);
      expect(world.guard.peek(world.send({ message }))).toMatchObject(passes);
      world.sandbox.clock.advance(DAY);
      expect(world.guard.peek(world.send({ message }))).toMatchObject(passes);
      expect([countOf(world.sandbox, 'channel'), countOf(world.sandbox, 'contact')]).toEqual([1, 0]);
    },
  );

  it.each(['whatsapp', 'facebook'])('passes on %s where its channel cannot be read', async (platformId) => {
    const world = await createWorld({ platformId, workspace: { onUnknown: 'block' } });
    world.sandbox.setFault(() => ({ status: 500 }));
    expect(await world.guard.check(world.send({ message }))).toMatchObject(passes);
  });

  it('passes before the decision is out of time where its channel answers too late', async () => {
    const world = await createWorld({ workspace: { onUnknown: 'block' } });
    world.sandbox.setFault(() => {
      setImmediate(() => world.sandbox.clock.advance(400));
      return { stall: 'headers' };
    });
    expect(await world.guard.check(world.send({ message }))).toMatchObject(passes);
  });
});
