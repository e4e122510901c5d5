import { createGuard, type Guard, type Outcome, type SendRequest } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { recordingLogger, templateMessage, textMessage, type World } from '../support/world.js';
import { createWorld, faultOn, HOUR, NOBODY } from './support.js';

/** Two guards of one workspace that see the same traffic, the one in observe and the other in enforce mode. */
async function createTwins(): Promise<World & { observing: Guard; enforcing: Guard }> {
  const world = await createWorld();
  const limits = { lookupsPerSecond: 10_000, lookupBurst: 10_000 };
  const create = (mode: 'observe' | 'enforce'): Guard =>
    createGuard({
      workspaces: { [world.workspace.id]: { ...world.workspaceOptions, mode, onUnknown: 'block', ...limits } },
      defaults: { mode, onUnknown: 'block' },
      clock: world.sandbox.clock,
      logger: recordingLogger([]),
    });
  return { ...world, observing: create('observe'), enforcing: create('enforce') };
}

/** Sends of every kind of outcome. */
function traffic(world: World): SendRequest[] {
  const paused = world.workspace.addChannel({ platformId: 'whatsapp', status: 'paused' });
  const sms = world.workspace.addChannel({ platformId: 'sms' });
  const odd = world.workspace.addChannel({ platformId: 'hologram' });
  return [
    world.send(),
    world.send({ contact: { id: world.contact.id } }),
    world.send({ message: templateMessage() }),
    world.send({ message: templateMessage(), channelId: paused.id }),
    world.send({ channelId: paused.id }),
    world.send({ channelId: sms.id }),
    world.send({ channelId: odd.id }),
    world.send({ channelId: NOBODY }),
    world.send({ workspaceId: NOBODY }),
    world.send({ contact: { id: NOBODY } }),
    world.send({ contact: {} }),
    world.send({ message: {} }),
    world.send({
      message: textMessage({ scheduledFor: new Date(world.sandbox.clock.now() + 25 * HOUR).toISOString() }),
    }),
  ];
}

describe('scenario 49: the same traffic', () => {
  it('in observe mode would be what it is in enforce mode, and all of it is sent', async () => {
    const world = await createTwins();
    const sends = traffic(world);
    const actions = new Set<string | undefined>();
    for (const step of ['closed', 'open', 'remembered', 'closed again', 'outage']) {
      if (step === 'open') world.customerWrites();
      if (step === 'closed again') world.sandbox.clock.advance(24 * HOUR);
      if (step === 'outage') world.sandbox.setFault(() => ({ status: 501 }));
      for (const send of sends) {
        const [observed, enforced] = [await world.observing.check(send), await world.enforcing.check(send)];
        expect(observed).toMatchObject({ action: 'send', mode: 'observe', wouldBe: enforced.action });
        expect([observed.decision, observed.source]).toEqual([enforced.decision, enforced.source]);
        expect(enforced).toMatchObject({ mode: 'enforce' });
        expect(enforced).not.toHaveProperty('wouldBe');
        actions.add(enforced.action);
      }
    }
    expect(actions).toEqual(new Set(['send', 'block']));
    expect(world.observing.stats().decisions).toEqual(world.enforcing.stats().decisions);
  });

  it('is told apart in memory too', async () => {
    const world = await createTwins();
    world.customerWrites();
    await Promise.all([world.observing.check(world.send()), world.enforcing.check(world.send())]);
    expect(world.observing.peek(world.send())).toMatchObject({ action: 'send', wouldBe: 'send', source: 'memory' });
  });
});

describe('mode off', () => {
  it('asks nothing, counts nothing and sends everything', async () => {
    const world = await createWorld({ workspace: { mode: 'off', onUnknown: 'block' } });
    for (const message of [undefined, {}, textMessage(), templateMessage()]) {
      const outcome = await world.guard.check(world.send({ message }));
      expect(outcome).toMatchObject({ action: 'send', mode: 'off', source: 'none' });
      expect(outcome).not.toHaveProperty('wouldBe');
    }
    expect(world.sandbox.requests()).toEqual([]);
    expect(world.guard.stats()).toMatchObject({ decisions: {}, fromMemory: 0 });
    expect(world.logs).toEqual([]);
  });

  it('of one channel leaves the others as they are', async () => {
    const world = await createWorld();
    const channels = { [world.channel.id]: { mode: 'off' as const } };
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, channels } });
    const other = world.workspace.addChannel({ platformId: 'whatsapp' });
    expect((await world.guard.check(world.send())).mode).toBe('off');
    expect(await world.guard.check(world.send({ channelId: other.id }))).toMatchObject({ action: 'block' });
  });
});

describe('close', () => {
  const gone = { action: 'send', decision: { verdict: 'unknown', reason: 'lookup_failed' }, source: 'none' };

  it('lets later sends pass, flagged lookup_failed, whatever they are and whatever the policy says', async () => {
    const world = await createWorld({ workspace: { onUnknown: 'block' }, guard: { defaults: { onUnknown: 'block' } } });
    const sends = traffic(world);
    world.customerWrites();
    await world.guard.check(world.send());
    const requests = world.sandbox.requests().length;
    world.guard.close();
    for (const send of sends) {
      expect(world.guard.peek(send)).toMatchObject(gone);
      expect(await world.guard.check(send)).toMatchObject(gone);
    }
    expect(await world.guard.checkAll(sends)).toMatchObject(sends.map(() => gone));
    expect(world.sandbox.requests().length).toBe(requests);
  });

  it('may be called twice, and answers what is under way by its own deadline', async () => {
    const world = await createWorld();
    const silent = faultOn(world.sandbox, 'channel', { stall: 'headers' });
    const startedAt = world.sandbox.clock.now();
    const underWay = world.guard.check(world.send());
    await silent.next();
    world.guard.close();
    world.guard.close();
    world.sandbox.clock.advance(400);
    await silent.next();
    world.sandbox.clock.advance(400);
    expect(await underWay).toMatchObject({
      action: 'send',
      decision: { verdict: 'unknown' },
      checkedAt: startedAt + 800,
    });
  });

  it('asks a function for workspace options no more', async () => {
    let asked = 0;
    const workspaces = (): undefined => {
      asked += 1;
    };
    const world = await createWorld({ guard: { workspaces } });
    world.guard.close();
    expect(await world.guard.check(world.send())).toMatchObject(gone);
    expect(asked).toBe(0);
  });
});

describe('checkAll', () => {
  it('answers in the order of the sends', async () => {
    const world = await createWorld();
    world.customerWrites();
    const sms = world.workspace.addChannel({ platformId: 'sms' });
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000005' }] });
    const sends = [
      world.send({ contact: { id: other.id } }),
      world.send(),
      world.send({ channelId: sms.id }),
      world.send({ message: {} }),
    ];
    const reasons = (await world.guard.checkAll(sends)).map(({ decision }: Outcome) => decision.reason);
    expect(reasons).toEqual([
      'service_window_closed',
      'service_window_open',
      'no_service_window',
      'unclassified_message',
    ]);
    expect(await world.guard.checkAll([])).toEqual([]);
  });
});
