import { createGuard, holdUntilReply, isStillValid, memoryStore, type Store } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { PHONE, recordingLogger, templateMessage, textMessage, type World } from '../support/world.js';
import { countOf, createWorld, DAY, HOUR, MINUTE, SECOND, tally, turns } from './support.js';

const contactFields = (world: World): { workspaceId: string; channelId: string; address: string } => ({
  workspaceId: world.workspace.id,
  channelId: world.channel.id,
  address: PHONE,
});

describe('scenario 24: what is remembered', () => {
  it('is never believed beyond its end', async () => {
    const world = await createWorld({ workspace: { safetyMarginMs: 0 } });
    world.customerWrites();
    const { decision } = await world.guard.check(world.send());
    expect(decision).toMatchObject({ reason: 'service_window_open', validUntil: world.sandbox.clock.now() + DAY });
    // Bird is down: only memory could allow it.
    world.sandbox.setFault(() => ({ status: 501 }));
    world.sandbox.clock.advance(DAY - 1);
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_open');
    world.sandbox.clock.advance(1);
    expect((await world.guard.check(world.send())).decision).toEqual({ verdict: 'unknown', reason: 'lookup_failed' });
  });

  it('costs one look-up for any number of checks', async () => {
    const world = await createWorld();
    world.customerWrites();
    await world.guard.checkAll(Array.from({ length: 100 }, () => world.send()));
    for (let checks = 0; checks < 100; checks += 1) await world.guard.check(world.send());
    expect(world.sandbox.requests().map(({ kind }) => kind)).toEqual(['channel', 'search', 'contact']);
    expect(world.guard.stats()).toMatchObject({
      decisions: { service_window_open: 200 },
      lookups: { channel: 1, contactId: 1, window: 1 },
    });
  });

  it('is never that a window is closed: each check asks, and the first one after the customer wrote is allowed', async () => {
    const world = await createWorld();
    for (let checks = 1; checks <= 5; checks += 1) {
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
      expect(countOf(world.sandbox, 'contact')).toBe(checks);
    }
    world.customerWrites();
    expect((await world.guard.check(world.send())).action).toBe('send');
  });

  it.each([
    ['allowed 1 ms before the margin', 10 * SECOND + 1, 'memory'],
    ['asked for at the margin, and taken as it is', 10 * SECOND, 'bird'],
    ['asked for at the last millisecond, and still open', 1, 'bird'],
  ])('is %s', async (_, leftMs, source) => {
    const world = await createWorld();
    world.customerWrites();
    const endsAt = world.sandbox.clock.now() + DAY;
    await world.guard.check(world.send());
    world.sandbox.clock.advance(DAY - leftMs);
    const { action, decision, source: taken } = await world.guard.check(world.send());
    expect([action, taken, decision]).toMatchObject(['send', source, { validUntil: endsAt }]);
  });

  it('of a permanent session is an hour long', async () => {
    const world = await createWorld();
    const { channel, contact, workspace, guard, sandbox } = world;
    workspace.setPermanentSession({ channelId: channel.id, contactId: contact.id, value: true });
    expect((await guard.check(world.send())).decision).toEqual({
      verdict: 'allow',
      reason: 'permanent_session',
      validUntil: null,
    });
    workspace.setPermanentSession({ channelId: channel.id, contactId: contact.id, value: false });
    sandbox.setFault(({ kind }) => (kind === 'channel' ? { status: 501 } : undefined));
    sandbox.clock.advance(HOUR - 1);
    expect((await guard.check(world.send())).decision.reason).toBe('permanent_session');
    sandbox.clock.advance(1);
    expect(await guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
  });

  it('of a permanent session does not count with trustPermanentSession: false', async () => {
    const world = await createWorld({ workspace: { trustPermanentSession: false } });
    const { channel, contact, workspace } = world;
    workspace.setPermanentSession({ channelId: channel.id, contactId: contact.id, value: true });
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_closed');
  });

  it('is kept of openings alone: what says closed is never written to the store [L6]', async () => {
    const inner = memoryStore();
    const merge = vi.fn(inner.merge);
    const world = await createWorld({ sandbox: { closedWindow: 'past' }, guard: { store: { ...inner, merge } } });
    await world.guard.check(world.send());
    world.customerWrites();
    world.sandbox.clock.advance(DAY);
    expect((await world.guard.check(world.send())).action).toBe('block');
    await world.guard.check(world.send({ contact: { identifierKey: 'phonenumber', identifierValue: '+31600000001' } }));
    expect(merge).not.toHaveBeenCalled();
    world.customerWrites();
    await world.guard.check(world.send());
    expect(merge).toHaveBeenCalledTimes(1);
  });

  it('goes on with a guard that is created later on the same store', async () => {
    const store = memoryStore();
    const world = await createWorld({ guard: { store } });
    world.customerWrites();
    await world.guard.check(world.send());
    const later = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: world.sandbox.clock,
      store,
    });
    expect(await later.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    expect(countOf(world.sandbox, 'contact')).toBe(1);
  });
});

describe('scenario 20: when Bird and memory differ', () => {
  it('the later end counts: Bird says closed, but the customer was seen to write [U23, U24]', async () => {
    const world = await createWorld({ sandbox: { readLagMs: HOUR } });
    expect((await world.guard.check(world.send())).action).toBe('block');
    world.customerWrites();
    await world.guard.observeInbound({ ...contactFields(world), at: world.sandbox.clock.now() });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    // In the margin Bird is asked, and its older word does not close the window.
    world.sandbox.clock.advance(DAY - 5 * SECOND);
    world.sandbox.setFault(({ kind }) =>
      kind === 'contact' ? { status: 200, body: { serviceWindowExpireAt: null } } : undefined,
    );
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  });

  it('the later end counts: memory says closed, Bird says open', async () => {
    const world = await createWorld();
    await world.guard.observeInbound({ ...contactFields(world), at: world.sandbox.clock.now() });
    world.sandbox.clock.advance(DAY);
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  });

  it('a refusal beats both, and only a newer message of the customer opens the window again', async () => {
    const world = await createWorld();
    const { guard, sandbox } = world;
    world.customerWrites();
    await guard.check(world.send());
    sandbox.clock.advance(MINUTE);
    await guard.observeRefusal({ ...contactFields(world), sentAt: sandbox.clock.now(), code: 131047 });
    expect(guard.peek(world.send())).toBeUndefined();
    expect(await guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    sandbox.clock.advance(MINUTE);
    world.customerWrites();
    expect(await guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  });
});

describe('forget', () => {
  it.each([
    ['of a workspace drops the contact ids that were found, too', [], ['channel', 'search', 'contact']],
    ['of a channel leaves them, which are of no channel', ['channelId'], ['channel', 'contact']],
    ['of an address drops that of the address', ['channelId', 'address'], ['search', 'contact']],
  ])('%s', async (_, fields, asked) => {
    const world = await createWorld();
    world.customerWrites();
    await world.guard.check(world.send());
    const before = world.sandbox.requests().length;
    const { workspaceId, ...rest } = contactFields(world);
    const named = Object.entries(rest).filter(([field]) => fields.includes(field));
    await world.guard.forget({ workspaceId, ...Object.fromEntries(named) });
    expect((await world.guard.check(world.send())).action).toBe('send');
    const after = world.sandbox.requests().slice(before);
    expect(after.map(({ kind }) => kind).toSorted()).toEqual(asked.toSorted());
  });
});

describe('a store', () => {
  /** The default store behind promises, as one that needs I/O is. */
  function remoteStore(change: Partial<Store> = {}): Store {
    const inner = memoryStore();
    return {
      get: async (key) => inner.get(key),
      merge: async (key, evidence) => inner.merge(key, evidence),
      forget: async (target) => inner.forget(target),
      ...change,
    };
  }

  it('that answers by promises gives the same answers; peek leaves them to check', async () => {
    const world = await createWorld({ guard: { store: remoteStore() } });
    expect((await world.guard.check(world.send())).action).toBe('block');
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    expect(countOf(world.sandbox, 'contact')).toBe(2);
  });

  const rejecting = (): Promise<never> => Promise.reject(new Error('the store is down'));

  it.each([
    ['cannot be read', { get: rejecting }],
    ['cannot be written', { merge: rejecting }],
  ])('that %s costs reads, no answer, and no unhandled rejection', async (_, change) => {
    const world = await createWorld({ guard: { store: remoteStore(change) } });
    world.customerWrites();
    const outcomes = [await world.guard.check(world.send()), await world.guard.check(world.send())];
    expect(tally(outcomes)).toEqual({ 'allow service_window_open': 2 });
    expect(world.guard.peek(world.send())).toBeUndefined();
    world.guard.reload({});
    await turns();
  });
});

describe('isStillValid', () => {
  it('says at dispatch whether an allowed send still is, without asking [C6]', async () => {
    const world = await createWorld();
    const blocked = await world.guard.check(world.send());
    world.customerWrites();
    const endsAt = world.sandbox.clock.now() + DAY;
    const fresh = await world.guard.check(world.send());
    const remembered = await world.guard.check(world.send());
    const passed = await world.guard.check(world.send({ channelId: '..' }));
    const requests = world.sandbox.requests().length;
    // The end is the window's own, whatever the answer came from; the margin is taken off at dispatch (field A8).
    for (const outcome of [fresh, remembered]) {
      expect(outcome).toMatchObject({ decision: { validUntil: endsAt }, safetyMarginMs: 10_000 });
      const instants = [endsAt - 10_001, endsAt - 10_000, new Date(endsAt - 10_001), new Date(endsAt - 10_000)];
      expect(instants.map((at) => isStillValid(outcome, at))).toEqual([true, false, true, false]);
    }
    expect([blocked, passed].map((outcome) => isStillValid(outcome, 0))).toEqual([false, false]);
    expect(isStillValid(fresh, Number.NaN)).toBe(false);
    expect(world.sandbox.requests().length).toBe(requests);
  });

  it('of what has no end is always true', async () => {
    const world = await createWorld({ platformId: 'sms' });
    expect(isStillValid(await world.guard.check(world.send()), 8.64e15)).toBe(true);
  });
});

describe('a logger', () => {
  it('that throws breaks no decision', async () => {
    const broken = (): never => {
      throw new Error('disk full');
    };
    const world = await createWorld({
      guard: { logger: { debug: broken, info: broken, warn: broken, error: broken } },
    });
    world.workspace.revokeKey();
    expect((await world.guard.check(world.send())).decision.reason).toBe('access_denied');
  });

  it('needs no debug and no info', async () => {
    const { warn, error } = recordingLogger([]);
    const world = await createWorld({ guard: { logger: { warn, error } } });
    world.workspace.revokeKey();
    expect((await world.guard.check(world.send())).decision.reason).toBe('access_denied');
  });

  it('takes the margin of the policy off', async () => {
    const world = await createWorld({ workspace: { safetyMarginMs: 0 } });
    world.customerWrites();
    const endsAt = world.sandbox.clock.now() + DAY;
    for (const source of ['bird', 'memory']) {
      const outcome = await world.guard.check(world.send());
      expect(outcome.source).toBe(source);
      expect([endsAt - 1, endsAt].map((at) => isStillValid(outcome, at))).toEqual([true, false]);
    }
  });

  it('of a rerouted send asks about what is sent instead (field B1)', async () => {
    const world: World = await createWorld({
      workspace: {
        onClosed: ({ send }) => ({
          action: 'reroute',
          sends: [{ channelId: send.channelId ?? '', message: templateMessage() }],
        }),
      },
    });
    const outcome = await world.guard.check(world.send());
    expect(outcome).toMatchObject({ action: 'reroute', sendsValidUntil: null });
    expect(isStillValid(outcome, 8.64e15)).toBe(true);
  });

  it('of a send that is rerouted into another window ends with that (field B1)', async () => {
    let other = '';
    const world: World = await createWorld({
      workspace: { onClosed: () => ({ action: 'reroute', sends: [{ channelId: other, message: textMessage() }] }) },
    });
    other = world.workspace.addChannel({ platformId: 'whatsapp' }).id;
    world.workspace.receiveInbound({ channelId: other, contactId: world.contact.id });
    const endsAt = world.sandbox.clock.now() + DAY;
    const outcome = await world.guard.check(world.send());
    expect(outcome).toMatchObject({ action: 'reroute', sendsValidUntil: endsAt });
    expect([endsAt - 10_001, endsAt - 10_000].map((at) => isStillValid(outcome, at))).toEqual([true, false]);
  });

  it('of a held message holds while it waits: another check would hold it twice (field B1)', async () => {
    const world = await createWorld({ workspace: { onClosed: holdUntilReply() } });
    const outcome = await world.guard.check(world.send());
    const expiresAt = outcome.held?.expiresAt ?? 0;
    expect(outcome.action).toBe('hold');
    expect([expiresAt - 1, expiresAt].map((at) => isStillValid(outcome, at))).toEqual([true, false]);
  });

  it('throws for a promise, which would never be valid (field C3)', async () => {
    const world = await createWorld();
    const promise = world.guard.check(world.send());
    expect(() => isStillValid(promise as never)).toThrow(TypeError);
    expect(() => isStillValid(promise as never)).toThrow('await guard.check(send) first');
    await promise;
  });
});
