import type { SandboxOptions } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import { PHONE, textMessage, type World } from '../../support/world.js';
import { createWorld, DAY, HOUR, MINUTE } from '../support.js';

/** A world in which Bird reports this end of the window, whatever the truth is. */
async function createWorldUntil(platformId: string, expiresInMs: number): Promise<World & { refuse(): void }> {
  const world = await createWorld({ platformId });
  const expiry = new Date(world.sandbox.clock.now() + expiresInMs).toISOString();
  world.sandbox.setFault(({ kind }) =>
    kind === 'contact' ? { status: 200, body: { serviceWindowExpireAt: expiry, isPermanentSession: null } } : undefined,
  );
  const refuse = (): void =>
    void world.guard.observeRefusal({
      workspaceId: world.workspace.id,
      channelId: world.channel.id,
      contactId: world.contact.id,
      address: PHONE,
      sentAt: world.sandbox.clock.now(),
      code: 131047,
    });
  return { ...world, refuse };
}

describe('a refusal under a date that no message explains (field A1)', () => {
  it.each([
    ['whatsapp', 72 * HOUR, DAY],
    ['facebook', 168 * HOUR, DAY],
    ['instagram', 168 * HOUR, DAY],
    ['tiktok', 96 * HOUR, 2 * DAY],
  ])('stops the messages that follow, on %s [U25]', async (platformId, expiresInMs, windowMs) => {
    const world = await createWorldUntil(platformId, expiresInMs);
    world.sandbox.clock.advance(HOUR);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    world.refuse();
    // From memory and by another read of the same date, until a message of the time since then explains it.
    for (const _ of [1, 2, 3]) {
      expect(await world.guard.check(world.send())).toMatchObject({
        action: 'block',
        decision: { reason: 'service_window_closed' },
        source: 'bird',
      });
      world.sandbox.clock.advance(10 * MINUTE);
    }
    world.sandbox.clock.advance(expiresInMs - windowMs - HOUR - 30 * MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send' });
  });

  it('refutes what was remembered of the date also where it is told late', async () => {
    const world = await createWorldUntil('whatsapp', 72 * HOUR);
    const sentAt = world.sandbox.clock.now();
    world.sandbox.clock.advance(10 * MINUTE);
    await world.guard.check(world.send());
    expect(world.guard.peek(world.send())?.action).toBe('send');
    const { workspaceId, channelId } = world.send();
    world.guard.observeRefusal({ workspaceId, channelId: channelId ?? '', address: PHONE, sentAt, code: 131047 });
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect((await world.guard.check(world.send())).action).toBe('block');
  });

  it('is not undone by scheduling the message for later', async () => {
    const world = await createWorldUntil('whatsapp', 72 * HOUR);
    await world.guard.check(world.send());
    world.refuse();
    const sendAt = world.sandbox.clock.now() + 60 * HOUR;
    expect((await world.guard.check(world.send({ sendAt }))).action).toBe('block');
  });

  it('does not take back a nearer date of Bird, which a message after the refusal explains', async () => {
    const world = await createWorld();
    const sentAt = world.sandbox.clock.now();
    world.sandbox.clock.advance(MINUTE);
    world.customerWrites();
    await world.guard.check(world.send());
    const { workspaceId, channelId = '' } = world.send();
    world.guard.observeRefusal({ workspaceId, channelId, address: PHONE, sentAt, code: 131047 });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  });
});

describe('a human on Messenger and Instagram (field A2)', () => {
  const human = textMessage({ meta: { extraInformation: { useCase: 'conversation' } } });

  describe.each(['facebook', 'instagram'])('on %s', (platformId) => {
    describe.each<NonNullable<SandboxOptions['closedWindow']>>(['null', 'past'])(
      'where Bird says %s',
      (closedWindow) => {
        it.each([
          ['by address', (_: World) => undefined],
          ['by contact id', (world: World) => ({ contact: { id: world.contact.id } })],
        ])('is not denied after the 24 h where no message is known, %s', async (_, change) => {
          const world = await createWorld({ platformId, sandbox: { closedWindow } });
          world.customerWrites();
          world.sandbox.clock.advance(30 * HOUR);
          const send = world.send({ message: human, ...change(world) });
          expect(await world.guard.check(send)).toMatchObject({
            action: 'send',
            decision: { verdict: 'unknown', reason: 'window_unknown' },
            source: 'bird',
          });
          expect((await world.guard.check({ ...send, sender: 'automation' })).action).toBe('block');
        });

        it('is allowed for 7 days after a message that the guard was told of, and denied then', async () => {
          const world = await createWorld({ platformId, sandbox: { closedWindow } });
          world.customerWrites();
          const at = world.sandbox.clock.now();
          const { workspaceId, channelId = '' } = world.send();
          world.guard.observeInbound({ workspaceId, channelId, address: PHONE, at });
          world.sandbox.clock.advance(7 * DAY - MINUTE);
          expect((await world.guard.check(world.send({ message: human }))).decision).toMatchObject({
            reason: 'human_agent_window',
            validUntil: at + 7 * DAY,
          });
          world.sandbox.clock.advance(MINUTE);
          expect(await world.guard.check(world.send({ message: human }))).toMatchObject({
            action: 'block',
            decision: { reason: 'service_window_closed', closedAt: at + 7 * DAY },
          });
        });
      },
    );
  });

  it('is still allowed after the refusal of a bot that came too late', async () => {
    const world = await createWorld({ platformId: 'facebook' });
    const { workspaceId, channelId = '' } = world.send();
    const at = world.sandbox.clock.now();
    world.guard.observeInbound({ workspaceId, channelId, address: PHONE, at });
    world.sandbox.clock.advance(30 * HOUR);
    const sentAt = world.sandbox.clock.now();
    world.guard.observeRefusal({ workspaceId, channelId, address: PHONE, sentAt, code: 2018278 });
    expect((await world.guard.check(world.send({ message: human }))).decision.reason).toBe('human_agent_window');
  });

  it('blocks with onUnknown: block, as unknown', async () => {
    const world = await createWorld({ platformId: 'instagram', workspace: { onUnknown: 'block' } });
    expect(await world.guard.check(world.send({ message: human }))).toMatchObject({
      action: 'block',
      decision: { verdict: 'unknown', reason: 'window_unknown' },
    });
  });
});

describe('a refusal by code (field A9)', () => {
  function told(world: World): { readonly workspaceId: string; readonly channelId: string; readonly address: string } {
    const { workspaceId, channelId = '' } = world.send();
    return { workspaceId, channelId, address: PHONE };
  }

  it('that the quota is spent denies until the customer writes again', async () => {
    const world = await createWorld({ platformId: 'wechat' });
    world.customerWrites();
    world.guard.observeInbound({ ...told(world), at: world.sandbox.clock.now() });
    world.sandbox.clock.advance(MINUTE);
    expect((await world.guard.check(world.send())).action).toBe('send');
    world.guard.observeRefusal({ ...told(world), sentAt: world.sandbox.clock.now(), code: 45_047 });
    const denied = { action: 'block', decision: { reason: 'quota_spent' }, source: 'bird' };
    expect(await world.guard.check(world.send())).toMatchObject(denied);
    world.sandbox.clock.advance(MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject(denied);
    world.guard.observeInbound({ ...told(world), at: world.sandbox.clock.now() });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory' });
  });

  it('that the quota is spent says nothing where the platform has none', async () => {
    const world = await createWorld();
    world.guard.observeInbound({ ...told(world), at: world.sandbox.clock.now() });
    world.sandbox.clock.advance(MINUTE);
    world.guard.observeRefusal({ ...told(world), sentAt: world.sandbox.clock.now(), code: 45_047 });
    expect((await world.guard.check(world.send())).action).toBe('send');
  });

  it("by Meta's code 10 that speaks of the window makes the guard ask Bird again, and denies nothing by itself", async () => {
    const world = await createWorld({ platformId: 'facebook' });
    world.customerWrites();
    await world.guard.check(world.send());
    expect(world.guard.peek(world.send())?.source).toBe('memory');
    const sentAt = world.sandbox.clock.now();
    world.sandbox.clock.advance(MINUTE);
    world.guard.observeRefusal({
      ...told(world),
      sentAt,
      code: '(#10) This message is sent outside of allowed window.',
    });
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    expect(world.guard.peek(world.send())?.source).toBe('memory');
  });
});
