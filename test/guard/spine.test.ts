import type { OnUnknown, WorkspaceOptions } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import type { World } from '../support/world.js';
import { createWorld, DAY, faultOn, holdAnswers, SECOND, turns } from './support.js';

type Change = Partial<WorkspaceOptions>;

/** A world whose guard gets its workspaces from a function; `change` is laid over the options that it gives. */
async function createWorldByFunction(change: () => Change): Promise<World> {
  const world: World = await createWorld({
    guard: { workspaces: () => ({ ...world.workspaceOptions, ...change() }) },
  });
  return world;
}

/** Where the guard knows nothing of the workspace, the channel and the window before the send. */
describe('a workspace by function, of which nothing is known yet', () => {
  it.each<[string, Change, string]>([
    ['block', { onUnknown: 'block' }, 'block'],
    ['allow', { onUnknown: 'allow' }, 'send'],
    ['a function', { onUnknown: () => 'block' }, 'block'],
    ['observe', { onUnknown: 'block', mode: 'observe' }, 'send'],
  ])('is decided by its own policy when the read stalls: %s', async (_, change, action) => {
    const world = await createWorldByFunction(() => change);
    const arrived = faultOn(world.sandbox, 'contact', { stall: 'headers' });
    const outcome = world.guard.check(world.send());
    await arrived.next();
    await turns();
    world.sandbox.clock.advance({ milliseconds: 800 });
    expect(await outcome).toMatchObject({
      action,
      decision: { verdict: 'unknown', reason: 'deadline_exceeded' },
      source: 'none',
      mode: change.mode ?? 'enforce',
    });
  });

  it("is decided by its channel's policy when the read stalls", async () => {
    const world: World = await createWorldByFunction(() => ({
      channels: { [world.channel.id]: { onUnknown: 'block' } },
    }));
    const arrived = holdAnswers(world.sandbox, 'contact');
    const outcome = world.guard.check(world.send());
    const release = await arrived.next();
    world.sandbox.clock.advance({ milliseconds: 800 });
    expect(await outcome).toMatchObject({ action: 'block', decision: { reason: 'deadline_exceeded' } });
    release();
  });
});

describe('a reload during a read [R13]', () => {
  it.each<[string, OnUnknown, OnUnknown, string]>([
    ['that allowed', 'allow', 'block', 'send'],
    ['that blocked', 'block', 'allow', 'block'],
  ])('that then times out leaves the decision to the policy %s when it began', async (_, before, after, action) => {
    const world = await createWorld({ workspace: { onUnknown: before } });
    const arrived = holdAnswers(world.sandbox, 'contact');
    const outcome = world.guard.check(world.send());
    const release = await arrived.next();
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onUnknown: after } });
    world.sandbox.clock.advance({ milliseconds: 800 });
    expect(await outcome).toMatchObject({ action, decision: { reason: 'deadline_exceeded' } });
    release();
  });

  it('that then says closed leaves the decision to the policy when it began', async () => {
    const world = await createWorld();
    const arrived = holdAnswers(world.sandbox, 'contact');
    const outcome = world.guard.check(world.send());
    const release = await arrived.next();
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, mode: 'observe' } });
    world.sandbox.setFault(undefined);
    release();
    expect(await outcome).toMatchObject({ action: 'block', mode: 'enforce' });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', wouldBe: 'block', mode: 'observe' });
  });
});

describe('what the first half of a decision has found', () => {
  it('is in the outcome: platform, mode and source, by the function, the channel and the window', async () => {
    const world: World = await createWorldByFunction(() => ({
      channels: { [world.channel.id]: { exposeExpiry: false } },
    }));
    world.customerWrites();
    const fields = { platform: 'whatsapp', mode: 'enforce', exposeExpiry: false };
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird', ...fields });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send', source: 'memory', ...fields });
    world.sandbox.clock.advance({ milliseconds: DAY + SECOND });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird', ...fields });
  });
});
