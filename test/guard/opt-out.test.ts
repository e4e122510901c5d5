import {
  holdUntilReply,
  type ObservedOptOut,
  type SendRequest,
  toTemplate,
  type WorkspaceOptions,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { PHONE, type World } from '../support/world.js';
import { createWorld, DAY, deferred, turns } from './support.js';

const template = { template: { projectId: 'f6a2a3b2-9ed5-4e35-8f5b-0e5e1f5c4a51', version: 'latest', locale: 'en' } };

type IsOptedOut = NonNullable<WorkspaceOptions['isOptedOut']>;

/** A world whose customer has written, so that only an opt-out stops a send. */
async function openWorld(isOptedOut: unknown, more: Partial<WorkspaceOptions> = {}): Promise<World> {
  const world = await createWorld({ workspace: { isOptedOut: isOptedOut as IsOptedOut, ...more } });
  world.customerWrites();
  return world;
}

const decided = async (world: World, change?: Partial<SendRequest>): Promise<string> => {
  const { decision, action } = await world.guard.check(world.send(change));
  return `${decision.verdict} ${decision.reason}: ${action}`;
};

describe('isOptedOut', () => {
  it.each([
    ['sync', () => true],
    ['async', async () => true],
  ])('denies free text, %s, and no template', async (_, isOptedOut) => {
    const world = await openWorld(isOptedOut);
    expect(await decided(world)).toBe('deny opted_out: block');
    expect(await decided(world)).toBe('deny opted_out: block');
    expect(await decided(world, { message: template })).toBe('allow template: send');
  });

  it('denies without a read where it is sync', async () => {
    const world = await openWorld(() => true);
    await decided(world);
    expect(world.reads()).toBe(0);
  });

  it('denies on a platform without a window, and where the facts cannot be had', async () => {
    const world = await createWorld({ platformId: 'sms-messagebird', workspace: { isOptedOut: async () => true } });
    expect(await decided(world)).toBe('deny opted_out: block');
    world.sandbox.setFault(() => ({ status: 500 }));
    expect(await decided(world, { contact: { identifierValue: '+31687654321' } })).toBe('deny opted_out: block');
  });

  it('stops templates too where the policy says so', async () => {
    const world = await openWorld((send: SendRequest) => send.contact?.identifierValue === PHONE, {
      optedOutBlocksTemplates: true,
    });
    expect(await decided(world, { message: template })).toBe('deny opted_out: block');
    expect(await decided(world, { message: template, contact: { identifierValue: '+31687654321' } })).toBe(
      'allow template: send',
    );
  });

  it('lets peek work where it is sync, and asks once for each check', async () => {
    let calls = 0;
    const world = await openWorld(() => {
      calls += 1;
      return false;
    });
    expect(await decided(world)).toBe('allow service_window_open: send');
    expect(calls).toBe(1);
    expect(world.guard.peek(world.send())?.decision.verdict).toBe('allow');
    expect(await decided(world)).toBe('allow service_window_open: send');
    expect(calls).toBe(3);
    expect(world.guard.stats().fromMemory).toBe(2);
  });

  it('makes peek undefined where it is async, and is asked once for each check', async () => {
    let calls = 0;
    const world = await openWorld(async () => {
      calls += 1;
      return false;
    });
    expect(await decided(world)).toBe('allow service_window_open: send');
    expect(await decided(world)).toBe('allow service_window_open: send');
    expect(calls).toBe(2);
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(world.reads()).toBe(2);
  });

  it.each([
    ['throws', () => raise(), 'lookup_failed'],
    ['rejects', async () => raise(), 'lookup_failed'],
    ['gives nothing', () => undefined, 'lookup_failed'],
    ['gives the 1 of a database', async () => 1, 'lookup_failed'],
  ])('is unknown and never denied where it %s, and says so once', async (_, isOptedOut, reason) => {
    const world = await openWorld(isOptedOut);
    expect(await decided(world)).toBe(`unknown ${reason}: send`);
    expect(await decided(world)).toBe(`unknown ${reason}: send`);
    const lines = world.logs.filter(({ level }) => level === 'error');
    expect(lines.map(({ fields }) => fields)).toEqual([
      { workspaceId: world.workspace.id, hook: 'isOptedOut', cause: expect.stringContaining('hook_') },
    ]);
    expect(JSON.stringify(world.logs)).not.toContain('secret');
  });

  it('is unknown where it outlasts the deadline, and does not hide that the window is closed', async () => {
    const world = await openWorld(() => new Promise(() => {}));
    const asked = decided(world);
    await turns();
    world.sandbox.clock.advance(800);
    expect(await asked).toBe('unknown deadline_exceeded: send');
    const closed = await createWorld({ workspace: { isOptedOut: () => raise() } });
    expect(await decided(closed)).toBe('deny service_window_closed: block');
  });

  it('has as long as the call allows, whether or not memory knows the window', async () => {
    const seconds = (count: number): Promise<boolean> =>
      new Promise((resolve) => void world.sandbox.clock.setTimeout(() => resolve(true), count * 1000));
    const world = await openWorld(() => seconds(2));
    for (const source of ['Bird', 'memory']) {
      const asked = world.guard.check(world.send(), { deadlineMs: 10_000 });
      await turns();
      world.sandbox.clock.advance(2000);
      expect([source, (await asked).decision.reason]).toEqual([source, 'opted_out']);
      await world.guard.window({ workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE });
    }
  });

  it('gets the channel and the contact of a conversation', async () => {
    const seen: SendRequest[] = [];
    const world = await openWorld((send: SendRequest) => {
      seen.push(send);
      return true;
    });
    const { workspace, channel, contact } = world;
    const { id } = workspace.addConversation({ channelId: channel.id, contactId: contact.id });
    const into = { channelId: undefined, contact: undefined, conversationId: id };
    expect(await decided(world, into)).toBe('deny opted_out: block');
    expect(seen).toMatchObject([{ channelId: channel.id, conversationId: id, contact: { id: contact.id } }]);
  });

  it('counts for what is sent instead, and nothing is held or nudged for who has opted out', async () => {
    const hold = holdUntilReply();
    const instead = toTemplate({ projectId: template.template.projectId, locale: 'en', variable: 'text' });
    const world = await createWorld({ workspace: { isOptedOut: () => true, onClosed: [hold, instead] } });
    const { action, declined } = await world.guard.check(world.send());
    expect([action, declined]).toEqual(['block', ['reason_not_time', 'reason_not_time']]);
    const sms = world.workspace.addChannel({ platformId: 'sms-messagebird' });
    const onOtherChannel = await createWorld({
      workspace: {
        isOptedOut: ({ channelId }) => channelId === sms.id,
        onClosed: (context) => ({
          action: 'reroute',
          sends: [{ channelId: sms.id, message: context.send.message as Record<string, unknown> }],
        }),
      },
    });
    expect((await onOtherChannel.guard.check(onOtherChannel.send())).action).toBe('block');
  });

  it('is asked neither by window nor in mode off, and is a matter of each channel', async () => {
    let calls = 0;
    const isOptedOut = (): boolean => {
      calls += 1;
      return true;
    };
    const world = await openWorld(isOptedOut, { mode: 'off' });
    expect(await decided(world)).toBe('unknown window_unknown: send');
    const query = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    expect((await world.guard.window(query)).verdict).toBe('allow');
    expect(calls).toBe(0);
    world.guard.reload({
      [world.workspace.id]: {
        ...world.workspaceOptions,
        mode: 'enforce',
        channels: { [world.channel.id]: { isOptedOut: () => false } },
      },
    });
    expect(await decided(world)).toBe('allow service_window_open: send');
  });

  it('keeps an earlier reason, and waits for neither where the other has decided', async () => {
    const gate = deferred<boolean>();
    const world = await openWorld(() => gate.promise);
    world.sandbox.setFault(() => ({ holdUntil: new Promise(() => {}) }));
    const asked = decided(world);
    await turns();
    gate.resolve(true);
    expect(await asked).toBe('deny opted_out: block');
  });
});

describe('observeOptOut', () => {
  type About = Pick<ObservedOptOut, 'contactId' | 'address'>;

  const tell = (
    world: World,
    optedOut: boolean,
    about: About = { address: PHONE },
    at: number = world.sandbox.clock.now(),
  ) =>
    world.guard.observeOptOut({ workspaceId: world.workspace.id, channelId: world.channel.id, ...about, optedOut, at });

  it('denies from memory until the contact opts in again', async () => {
    const world = await openWorld(undefined);
    expect(await decided(world)).toBe('allow service_window_open: send');
    tell(world, true);
    const reads = world.reads();
    expect(world.guard.peek(world.send())).toMatchObject({
      action: 'block',
      decision: { reason: 'opted_out' },
      source: 'memory',
    });
    expect(await decided(world)).toBe('deny opted_out: block');
    expect(await decided(world, { message: template })).toBe('allow template: send');
    expect(world.reads()).toBe(reads);
    const query = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    expect(await world.guard.window(query)).toMatchObject({ verdict: 'deny', reason: 'opted_out', openUntil: null });
    world.sandbox.clock.advance(1);
    tell(world, false);
    expect(await decided(world)).toBe('allow service_window_open: send');
  });

  it('counts by the latest instant, in whatever order reports come, and an opt-out of two at once', async () => {
    const at = 1_700_000_000_000;
    for (const [reports, reason] of [
      [
        [
          [true, 5],
          [false, 7],
        ],
        'service_window_open',
      ],
      [
        [
          [false, 7],
          [true, 5],
        ],
        'service_window_open',
      ],
      [
        [
          [false, 5],
          [true, 7],
          [false, 6],
        ],
        'opted_out',
      ],
      [
        [
          [true, 5],
          [false, 5],
        ],
        'opted_out',
      ],
    ] as const) {
      const world = await openWorld(undefined);
      for (const [optedOut, offset] of reports) tell(world, optedOut, { address: PHONE }, at + offset);
      expect((await world.guard.check(world.send())).decision.reason).toBe(reason);
    }
  });

  it('outlives a doubt, a year, and the windows that are forgotten with their channel', async () => {
    const world = await openWorld(undefined);
    const { guard, workspace, channel, sandbox } = world;
    tell(world, true);
    expect(await decided(world)).toBe('deny opted_out: block');
    guard.observeRefusal({
      workspaceId: workspace.id,
      channelId: channel.id,
      address: PHONE,
      sentAt: sandbox.clock.now(),
      code: '(#10) This message is sent outside of allowed window.',
    });
    expect(guard.peek(world.send())?.decision.reason).toBe('opted_out');
    sandbox.clock.advance(365 * DAY);
    guard.forget({ workspaceId: workspace.id, channelId: channel.id });
    expect(await decided(world)).toBe('deny opted_out: block');
    guard.forget({ workspaceId: workspace.id, channelId: channel.id, address: PHONE });
    world.customerWrites();
    expect(await decided(world)).toBe('allow service_window_open: send');
  });

  it.each<[string, 'both' | 'id' | 'address']>([
    ['whatsapp', 'both'],
    ['whatsapp', 'id'],
    ['sms-messagebird', 'both'],
    ['sms-messagebird', 'address'],
  ])('on %s, told by %s, counts for each name of the contact that was told', async (platformId, by) => {
    const world = await createWorld({ platformId });
    const { contact } = world;
    const id = by === 'address' ? undefined : contact.id;
    const address = by === 'id' ? undefined : PHONE;
    tell(world, true, { contactId: id, address });
    const byId = { id: contact.id };
    const byAddress = { identifierKey: 'phonenumber', identifierValue: PHONE };
    if (id !== undefined) expect(await decided(world, { contact: byId })).toBe('deny opted_out: block');
    if (address !== undefined) expect(await decided(world, { contact: byAddress })).toBe('deny opted_out: block');
    expect(await decided(world, { contact: { ...byId, ...byAddress } })).toBe('deny opted_out: block');
  });

  it('stops templates where the policy says so', async () => {
    const world = await openWorld(undefined, { optedOutBlocksTemplates: true });
    expect(await decided(world, { message: template })).toBe('allow template: send');
    tell(world, true);
    expect(await decided(world, { message: template })).toBe('deny opted_out: block');
    expect(await decided(world, { message: template, contact: { id: world.contact.id } })).toBe('allow template: send');
  });

  it('refuses what it cannot read, by name', async () => {
    const world = await createWorld();
    for (const [change, text] of [
      [{ optedOut: 'yes' }, 'observeOptOut: optedOut must be true or false; received a string'],
      [{ at: '2026' }, 'observeOptOut: at must be an instant'],
      [{ address: undefined }, 'observeOptOut needs contactId or address'],
      [{ channelId: 'x' }, 'observeOptOut: channelId must be a UUID'],
    ] as const) {
      const { workspace, channel } = world;
      const told = {
        workspaceId: workspace.id,
        channelId: channel.id,
        address: PHONE,
        optedOut: true,
        at: 0,
        ...change,
      };
      expect(() => world.guard.observeOptOut(told as unknown as ObservedOptOut)).toThrow(text);
    }
  });
});

function raise(): never {
  throw new Error('secret');
}
