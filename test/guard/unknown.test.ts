import type { OnUnknown, Outcome, WorkspaceOptions } from 'freeform-guard';
import type { Fault } from 'freeform-guard/sandbox';
import { describe, expect, it, vi } from 'vitest';
import { textMessage, type World } from '../support/world.js';
import { createWorld, HOUR, NOBODY } from './support.js';

/** How it comes that nothing is known, and the reason that must be given. */
const causes: readonly [reason: string, ask: (world: World) => Promise<Outcome>][] = [
  ['lookup_failed', (world) => checkWith(world, { status: 503 })],
  ['access_denied', (world) => checkWith(world, { status: 401 })],
  ['malformed_answer', (world) => checkWith(world, { status: 200, body: {} })],
  ['channel_not_found', (world) => world.guard.check(world.send({ channelId: NOBODY }))],
  ['contact_not_found', (world) => world.guard.check(world.send({ contact: { id: NOBODY } }))],
  ['address_unresolved', (world) => world.guard.check(world.send({ contact: {} }))],
  ['bad_id', (world) => world.guard.check(world.send({ channelId: '..' }))],
  ['workspace_unknown', (world) => world.guard.check(world.send({ workspaceId: NOBODY }))],
  ['unclassified_message', (world) => world.guard.check(world.send({ message: {} }))],
];

function checkWith(world: World, fault: Fault): Promise<Outcome> {
  world.sandbox.setFault(() => fault);
  return world.guard.check(world.send());
}

function createUnknownWorld(onUnknown: OnUnknown, options?: Partial<WorkspaceOptions>): Promise<World> {
  return createWorld({ guard: { defaults: { onUnknown, ...options } } });
}

describe.each(causes)('scenario 18: %s', (reason, ask) => {
  const decision = { verdict: 'unknown', reason };

  it('lets the send pass by default, flagged', async () => {
    expect(await ask(await createWorld())).toMatchObject({ action: 'send', decision, source: 'none' });
  });

  it("lets it pass with 'allow'", async () => {
    expect(await ask(await createUnknownWorld('allow'))).toMatchObject({ action: 'send', decision, source: 'none' });
  });

  it("stops it with 'block', as unknown and never as closed", async () => {
    expect(await ask(await createUnknownWorld('block'))).toMatchObject({ action: 'block', decision, source: 'none' });
  });

  it('asks a function, which is told why', async () => {
    const onUnknown = vi.fn<Exclude<OnUnknown, string>>(() => 'block');
    const world = await createUnknownWorld(onUnknown);
    expect(await ask(world)).toMatchObject({ action: 'block', decision, source: 'none' });
    expect(onUnknown).toHaveBeenCalledExactlyOnceWith(
      decision,
      expect.objectContaining({ message: expect.anything() }),
    );
  });

  it('passes, and says so, when the function throws', async () => {
    const onUnknown = (): never => {
      throw new Error('canary-of-the-hook');
    };
    const world = await createUnknownWorld(onUnknown);
    expect(await ask(world)).toMatchObject({ action: 'send', decision });
    const errors = world.logs.filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([{ fields: { hook: 'onUnknown', reason } }]);
    expect(JSON.stringify(errors)).not.toContain('canary-of-the-hook');
  });

  it('only reports in observe mode', async () => {
    const world = await createUnknownWorld('block', { mode: 'observe' });
    expect(await ask(world)).toMatchObject({ action: 'send', wouldBe: 'block', decision });
  });

  it('is counted', async () => {
    const world = await createWorld();
    await ask(world);
    expect(world.guard.stats().decisions).toEqual({ [reason]: 1 });
  });
});

describe('onUnknown', () => {
  it.each([
    ['an async function', async () => 'block'],
    ['an async function that rejects', () => Promise.reject(new Error('canary-of-the-hook'))],
    [
      'a promise of another kind',
      // biome-ignore lint/suspicious/noThenProperty: clients have promises of their own kinds
      () => ({ then: (_: unknown, no: (error: Error) => void) => no(new Error('canary-of-the-hook')) }),
    ],
    ['a function that forgets to answer', () => undefined],
    ['a function with a word of its own', () => 'deny'],
  ])('that is %s lets the send pass, and says so', async (_, onUnknown) => {
    const world = await createUnknownWorld(onUnknown as unknown as OnUnknown);
    expect(await checkWith(world, { status: 503 })).toMatchObject({ action: 'send' });
    const errors = world.logs.filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([{ fields: { hook: 'onUnknown', reason: 'lookup_failed' } }]);
    expect(JSON.stringify(errors)).not.toContain('canary-of-the-hook');
  });

  it('is not asked where the answer is known', async () => {
    const onUnknown = vi.fn(() => 'block' as const);
    const world = await createUnknownWorld(onUnknown);
    await world.guard.check(world.send());
    world.customerWrites();
    await world.guard.check(world.send());
    await world.guard.check(world.send());
    expect(onUnknown).not.toHaveBeenCalled();
  });

  it('may differ by channel', async () => {
    const world = await createWorld();
    const strict = world.workspace.addChannel({ platformId: 'whatsapp' });
    const channels = { [strict.id.toUpperCase()]: { onUnknown: 'block' as const } };
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, channels } });
    world.sandbox.setFault(() => ({ status: 503 }));
    expect((await world.guard.check(world.send())).action).toBe('send');
    expect((await world.guard.check(world.send({ channelId: strict.id }))).action).toBe('block');
  });

  it.each([
    ['an array', []],
    ['a text', 'hello'],
    ['a buffer', Buffer.from('{"body":{}}')],
    ['null', null],
    ['a number', 7],
    ['an object without a message', { hello: 'world' }],
  ])('decides about a message that is %s, with one warning that says what to do', async (_, message) => {
    const world = await createUnknownWorld('block');
    world.customerWrites();
    for (let sends = 0; sends < 3; sends += 1) {
      const outcome = await world.guard.check(world.send({ message }));
      expect(outcome).toMatchObject({ action: 'block', decision: { reason: 'unclassified_message' } });
    }
    expect(world.logs).toMatchObject([{ level: 'warn', text: expect.stringContaining('express.json') }]);
    expect(world.sandbox.requests()).toEqual([]);
  });
});

describe('what is unknown', () => {
  it('is never remembered: the next send is decided as if nothing had happened', async () => {
    const world = await createWorld();
    for (const fault of [{ status: 503 }, { status: 404 }, { status: 200, body: {} }]) {
      expect((await checkWith(world, fault)).decision.verdict).toBe('unknown');
      world.sandbox.setFault(undefined);
      expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_closed');
      world.sandbox.clock.advance(HOUR);
    }
    world.customerWrites();
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_open');
  });

  it('does not stop a template', async () => {
    const world = await createUnknownWorld('block');
    world.sandbox.setFault(() => ({ status: 503 }));
    const message = textMessage({ body: undefined, template: { projectId: NOBODY, version: 'latest', locale: 'en' } });
    for (const change of [{}, { workspaceId: NOBODY }, { channelId: '..' }, { contact: {} }]) {
      const outcome = await world.guard.check(world.send({ message, ...change }));
      expect(outcome).toMatchObject({ action: 'send', decision: { verdict: 'allow', reason: 'template' } });
    }
    expect(new Set(world.sandbox.requests().map(({ kind }) => kind))).toEqual(new Set(['channel']));
  });

  it.each(['workspaceId', 'channelId', 'contact', 'message', 'sendAt', 'sender'])(
    'is a send whose %s cannot be read, and nothing throws',
    async (field) => {
      const world = await createUnknownWorld('allow');
      const send = Object.defineProperty(world.send(), field, {
        get: () => {
          throw new Error('the record is not loaded');
        },
      });
      const decision = { verdict: 'unknown', reason: 'unclassified_message' };
      expect(await world.guard.check(send)).toMatchObject({ action: 'send', decision });
      expect(world.guard.peek(send)).toMatchObject({ action: 'send', decision });
      expect(world.reads()).toBe(0);
    },
  );
});
