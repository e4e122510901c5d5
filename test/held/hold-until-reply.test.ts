import {
  type Clock,
  createGuard,
  type Guard,
  type HeldMessage,
  type HeldStore,
  type HoldUntilReplyOptions,
  holdUntilReply,
  memoryHeldStore,
  type Outcome,
  type ReleasedMessage,
  type RerouteContext,
  toTemplate,
} from 'freeform-guard';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../guard/support.js';
import { keepSecret } from '../support/canary.js';
import { createWorld, PHONE, TEXT, textMessage, type World } from '../support/world.js';

interface Scene extends World {
  readonly released: ReleasedMessage[];
  readonly expired: [HeldMessage, string][];
  /** Sends a text with this reference through the guard. */
  check(reference?: string, change?: object): Promise<Outcome>;
  /** The customer writes, and the application observes it. */
  reply(): void;
  references(): string[];
}

async function start(options: HoldUntilReplyOptions = {}, change: object = {}): Promise<Scene> {
  const released: ReleasedMessage[] = [];
  const expired: [HeldMessage, string][] = [];
  const onClosed = holdUntilReply({
    release: (message) => void released.push(message),
    onExpired: (...all) => void expired.push(all),
    ...options,
  });
  const world = await createWorld({
    workspace: { onClosed, lookupBurst: 1000, ...change },
    sandbox: { readsPerSecond: 1000 },
  });
  const { guard, sandbox, workspace, channel, contact } = world;
  return {
    ...world,
    released,
    expired,
    check: (reference, more) => guard.check(world.send({ message: textMessage({ reference, ...more }) })),
    reply: () => {
      world.customerWrites();
      const at = sandbox.clock.now();
      void guard.observeInbound({
        workspaceId: workspace.id,
        channelId: channel.id,
        contactId: contact.id,
        address: PHONE,
        at,
      });
    },
    references: () => released.map(({ reference }) => reference),
  };
}

/** What a policy is asked with; of a request that is not decided yet. */
const contextOf = (scene: Scene, reference: string): RerouteContext => ({
  send: scene.send({ message: textMessage({ reference }) }),
  decision: { verdict: 'deny', reason: 'service_window_closed', closedAt: null },
  at: scene.sandbox.clock.now(),
  isDryRun: false,
  decline: () => undefined,
  decide: async () => ({ verdict: 'unknown', reason: 'lookup_failed' }),
});

/** Lets promises settle that wait for nothing from outside. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('scenario 38: a message that waits', () => {
  it('is held, and released once when the customer writes, in the order in which it came', async () => {
    const scene = await start();
    const outcomes = [await scene.check('one'), await scene.check('two'), await scene.check('three')];
    expect(outcomes).toMatchObject([
      {
        action: 'hold',
        held: { reference: 'one', expiresAt: scene.sandbox.clock.now() + 72 * HOUR },
        changes: ['held'],
      },
      { action: 'hold' },
      { action: 'hold' },
    ]);
    await settled();
    expect(scene.references()).toEqual([]);
    scene.reply();
    await expect.poll(scene.references).toEqual(['one', 'two', 'three']);
    scene.reply();
    scene.reply();
    await settled();
    expect(scene.references()).toEqual(['one', 'two', 'three']);
    expect(scene.released[0]).toMatchObject({
      kind: 'held',
      workspaceId: scene.workspace.id,
      channelId: scene.channel.id,
      message: textMessage({ reference: 'one' }),
    });
  });

  it('goes out by Bird’s API where no function is given, under its reference, and arrives', async () => {
    const scene = await start({ release: undefined });
    await scene.check('one');
    await scene.check('two');
    scene.reply();
    await expect.poll(() => scene.sandbox.messages().map(({ reference }) => reference)).toEqual(['one', 'two']);
    scene.sandbox.clock.advance(10 * SECOND);
    expect(scene.sandbox.arrived()).toMatchObject([
      { text: TEXT, reference: 'one', to: PHONE },
      { text: TEXT, reference: 'two', to: PHONE },
    ]);
  });

  it('gets a reference of its own where it has none', async () => {
    const scene = await start();
    const { held } = await scene.check(undefined);
    scene.reply();
    await expect.poll(scene.references).toEqual([held?.reference]);
    expect(scene.released[0]?.message).toMatchObject({ reference: held?.reference });
  });

  it('is not released by another contact’s message, nor by one on another channel', async () => {
    const scene = await start();
    const other = '+31687654321';
    keepSecret(other);
    const stranger = scene.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: other }] });
    const channel = scene.workspace.addChannel({ platformId: 'whatsapp' });
    await scene.check('one');
    const at = scene.sandbox.clock.now();
    const contacts = [
      { channelId: scene.channel.id, contactId: stranger.id, address: other },
      { channelId: channel.id, contactId: scene.contact.id, address: PHONE },
    ];
    for (const contact of contacts) {
      scene.workspace.receiveInbound({ channelId: contact.channelId, contactId: contact.contactId });
      void scene.guard.observeInbound({ workspaceId: scene.workspace.id, ...contact, at });
    }
    await settled();
    expect(scene.released).toEqual([]);
  });

  it('is not released by an old message that is observed late', async () => {
    const scene = await start();
    await scene.check('one');
    const { workspace, channel, sandbox, guard } = scene;
    void guard.observeInbound({
      workspaceId: workspace.id,
      channelId: channel.id,
      address: PHONE,
      at: sandbox.clock.now() - 25 * HOUR,
    });
    await expect.poll(() => sandbox.requests().filter(({ kind }) => kind === 'contact').length).toBe(2);
    await settled();
    expect(scene.released).toEqual([]);
  });

  it('is released at once where the customer wrote while it was put there', async () => {
    const store = memoryHeldStore();
    let reply = (): void => {};
    const scene = await start({
      store: {
        ...store,
        add: (message, most) => {
          reply();
          return store.add(message, most);
        },
      },
    });
    reply = scene.reply;
    expect((await scene.check('one')).action).toBe('hold');
    await expect.poll(scene.references).toEqual(['one']);
  });

  it('keeps its schedule, and is judged by it', async () => {
    const scene = await start();
    const scheduledFor = new Date(scene.sandbox.clock.now() + 2 * HOUR).toISOString();
    expect((await scene.check('one', { scheduledFor })).action).toBe('hold');
    scene.reply();
    await expect.poll(scene.references).toEqual(['one']);
    expect(scene.released[0]?.message).toMatchObject({ scheduledFor });
  });
});

describe('scenario 53: a request that is repeated', () => {
  it('waits once, under its reference', async () => {
    const scene = await start();
    const first = await scene.check('order-1');
    const again = await scene.check('order-1');
    expect(again).toMatchObject({ action: 'hold', held: first.held, changes: ['held_before'] });
    scene.reply();
    await expect.poll(scene.references).toEqual(['order-1']);
    await settled();
    expect(scene.references()).toEqual(['order-1']);
  });
});

describe('a conversation', () => {
  it('with several recipients in the request: each one’s message goes to them alone', async () => {
    const scene = await start();
    const other = '+31687654321';
    keepSecret(other);
    const second = scene.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: other }] });
    const conversation = scene.workspace.addConversation({ channelId: scene.channel.id, contactId: scene.contact.id });
    const recipients = [PHONE, other].map((value) => ({
      type: 'to',
      identifierKey: 'phonenumber',
      identifierValue: value,
    }));
    const { body } = textMessage();
    const message = { participantType: 'accessKey', participantId: second.id, recipients, body };
    const send = { workspaceId: scene.workspace.id, conversationId: conversation.id, message };
    const outcomes = await scene.guard.checkAll(recipients.map((contact) => ({ ...send, contact })));
    expect(outcomes.map(({ action }) => action)).toEqual(['hold', 'hold']);
    scene.reply();
    await expect.poll(() => scene.released.map((one) => one.message.recipients)).toEqual([[recipients[0]]]);
  });
});

describe('a repetition while the first request is not decided yet', () => {
  it.each([
    ['before', false],
    ['after', true],
  ])('waits, though the first is refused %s its answer', async (_, isRepetitionFirst) => {
    const store = memoryHeldStore();
    const scene = await start({ store });
    const onClosed = holdUntilReply({ store });
    scene.guard.reload({ [scene.workspace.id]: { ...scene.workspaceOptions, onClosed } });
    const context = contextOf(scene, 'one');
    const first = await onClosed(context);
    const repetition = await onClosed(context);
    expect([first?.changes, repetition?.changes]).toEqual([['held'], ['held_before']]);
    if (isRepetitionFirst) await repetition?.settle?.(true);
    await first?.settle?.(false);
    if (!isRepetitionFirst) await repetition?.settle?.(true);
    expect(await onClosed.pending(scene.workspace.id)).toMatchObject([{ reference: 'one' }]);
  });
});

describe('what is taken back', () => {
  it('does not go, though it was found in the row while it was undecided', async () => {
    const released: string[] = [];
    let finish = (): void => {};
    const store = memoryHeldStore();
    const release = ({ reference }: ReleasedMessage): Promise<void> => {
      released.push(reference);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const onClosed = holdUntilReply({ store, release });
    const scene = await start({}, { onClosed });
    await scene.check('first');
    const context = contextOf(scene, 'stopped');
    const stopped = await onClosed(context);
    scene.reply();
    await expect.poll(() => released).toEqual(['first']);
    await stopped?.settle?.(false);
    finish();
    await expect.poll(() => onClosed.pending(scene.workspace.id)).toEqual([]);
    await settled();
    expect(released).toEqual(['first']);
  });
});

describe('a store that fails', () => {
  it('at first is asked again, for what was answered while nobody was there to hear of it', async () => {
    const store = memoryHeldStore();
    const scene = await start({ store });
    await scene.check('one');
    scene.guard.close();
    scene.customerWrites();
    let isDown = true;
    const windows: HeldStore['windows'] = (workspaceId) => {
      if (isDown) throw new Error('down');
      return store.windows(workspaceId);
    };
    const released: string[] = [];
    const release = ({ reference }: ReleasedMessage): void => void released.push(reference);
    const onClosed = holdUntilReply({ store: { ...store, windows }, release });
    const guard = createGuard({
      workspaces: { [scene.workspace.id]: { ...scene.workspaceOptions, onClosed } },
      clock: scene.sandbox.clock,
      logger: { warn: () => {}, error: () => {} },
    });
    onTestFinished(() => void guard.close());
    await settled();
    isDown = false;
    scene.sandbox.clock.advance(MINUTE);
    await expect.poll(() => released).toEqual(['one']);
  });

  it('to record replies is logged once, until it works again', async () => {
    let isDown = true;
    const resume = (): void => {
      if (isDown) throw new Error('down');
    };
    const scene = await start({ store: { ...memoryHeldStore(), resume } });
    const lines = (): number => scene.logs.filter(({ text }) => text.includes('failed to record a reply')).length;
    const reply = async (): Promise<void> => {
      scene.reply();
      await settled();
    };
    for (let count = 0; count < 5; count += 1) await reply();
    expect(lines()).toBe(1);
    isDown = false;
    await reply();
    isDown = true;
    await reply();
    expect(lines()).toBe(2);
  });
});

describe('scenario 38: limits', () => {
  it('a contact for whom as many wait as may: the next policy is tried', async () => {
    const scene = await start({ maxPerContact: 2 });
    const outcomes = [await scene.check('one'), await scene.check('two'), await scene.check('three')];
    expect(outcomes.map(({ action }) => action)).toEqual(['hold', 'hold', 'block']);
    expect(outcomes[2]?.declined).toEqual(['hold_full']);
  });

  it.each([
    [HOUR - 1, 0, 1],
    [HOUR, 1, 0],
  ])('after %i ms of an hour: %i expired, %i released', async (ms, expired, released) => {
    const scene = await start({ lifetimeMs: HOUR });
    await scene.check('one');
    scene.sandbox.clock.advance(ms);
    scene.reply();
    await expect.poll(() => [scene.expired.length, scene.released.length]).toEqual([expired, released]);
  });

  it('what nobody answers expires by itself, in order, and is reported once', async () => {
    const scene = await start({ lifetimeMs: HOUR });
    await scene.check('one');
    scene.sandbox.clock.advance(MINUTE);
    await scene.check('two');
    scene.sandbox.clock.advance(HOUR);
    await settled();
    for (let minutes = 0; minutes < 3; minutes += 1) {
      scene.sandbox.clock.advance(MINUTE);
      await settled();
    }
    expect(scene.expired.map(([{ reference }, why]) => [reference, why])).toEqual([
      ['one', 'expired'],
      ['two', 'expired'],
    ]);
    expect(scene.released).toEqual([]);
  });

  it('what Bird refuses for good is given up, and those behind it go on', async () => {
    const scene = await start({ release: undefined });
    await scene.check('wrong', { nonsense: true });
    await scene.check('right');
    scene.reply();
    await expect
      .poll(() => scene.expired.map(([{ reference }, why]) => [reference, why]))
      .toEqual([['wrong', 'rejected']]);
    await expect.poll(() => scene.sandbox.messages().map(({ reference }) => reference)).toEqual(['right']);
  });
});

describe('a release that fails', () => {
  it('is tried again with the same reference, and nothing overtakes it', async () => {
    const tried: string[] = [];
    let isDown = true;
    const scene = await start({
      release: ({ reference }) => {
        tried.push(reference);
        if (isDown) throw new Error('down');
      },
    });
    await scene.check('one');
    await scene.check('two');
    scene.reply();
    await expect.poll(() => tried).toEqual(['one']);
    isDown = false;
    await settled();
    scene.sandbox.clock.advance(SECOND);
    await expect.poll(() => tried).toEqual(['one', 'one', 'two']);
  });

  it('is tried again where Bird is away, until it is back', async () => {
    const scene = await start({ release: undefined });
    await scene.check('one');
    scene.sandbox.setFault(({ kind }) => (kind === 'send' ? { status: 503 } : undefined));
    scene.reply();
    const sends = (): number => scene.sandbox.requests().filter(({ kind }) => kind === 'send').length;
    await expect.poll(sends).toBe(1);
    scene.sandbox.setFault(undefined);
    await settled();
    await expect
      .poll(() => {
        scene.sandbox.clock.advance(SECOND);
        return scene.sandbox.messages().map(({ reference }) => reference);
      })
      .toEqual(['one']);
  });

  it('waits longer each time, up to a minute', async () => {
    let tried = 0;
    const scene = await start({
      release: async () => {
        tried += 1;
        throw new Error('down');
      },
    });
    await scene.check('one');
    scene.reply();
    await expect.poll(() => tried).toBe(1);
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const before = tried;
      await settled();
      scene.sandbox.clock.advance(seconds * SECOND - 1);
      await settled();
      expect(tried).toBe(before);
      scene.sandbox.clock.advance(1);
      await expect.poll(() => tried).toBe(before + 1);
    }
  });

  it('is not tried again by a guard that was closed, which leaves no timer, but at once by another one', async () => {
    let tried = 0;
    const store = memoryHeldStore();
    const release = async (): Promise<never> => {
      tried += 1;
      throw new Error('down');
    };
    const scene = await start({ store, release });
    const { clock } = scene.sandbox;
    const timers = new Set<unknown>();
    const watched: Clock = {
      now: clock.now,
      setTimeout: (callback, ms) => {
        const timer = clock.setTimeout(() => {
          timers.delete(timer);
          callback();
        }, ms);
        timers.add(timer);
        return timer;
      },
      clearTimeout: (timer) => {
        timers.delete(timer);
        clock.clearTimeout(timer);
      },
    };
    const onClosed = holdUntilReply({ store, release });
    const open = (its: Clock): Guard => {
      const workspaces = { [scene.workspace.id]: { ...scene.workspaceOptions, onClosed } };
      const guard = createGuard({ workspaces, clock: its, logger: { warn: () => {}, error: () => {} } });
      onTestFinished(() => void guard.close());
      return guard;
    };
    await scene.check('one');
    scene.guard.close();
    scene.customerWrites();
    const [other, closing] = [open(clock), open(watched)];
    await expect.poll(() => tried).toBe(1);
    await settled();
    expect(timers.size).toBeGreaterThan(0);
    await closing.close();
    expect(timers.size).toBe(0);
    await expect.poll(() => tried).toBe(2);
    await other.close();
    scene.sandbox.clock.advance(HOUR);
    await settled();
    expect(tried).toBe(2);
  });

  it('that never settles is taken for failed after 30 s', async () => {
    let tried = 0;
    const scene = await start({
      release: () => {
        tried += 1;
        return tried === 1 ? new Promise(() => {}) : undefined;
      },
    });
    await scene.check('one');
    scene.reply();
    await expect.poll(() => tried).toBe(1);
    await settled();
    scene.sandbox.clock.advance(30 * SECOND);
    await settled();
    scene.sandbox.clock.advance(SECOND);
    await expect.poll(() => tried).toBe(2);
  });

  it('waits while it is not known whether the window is open', async () => {
    const scene = await start();
    await scene.check('one');
    // Something that nobody understands, and a Bird that cannot be asked what it was.
    scene.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 500 } : undefined));
    const { workspace, channel, sandbox } = scene;
    void scene.guard.observeInbound({
      workspaceId: workspace.id,
      channelId: channel.id,
      address: PHONE,
      at: sandbox.clock.now() + HOUR,
    });
    await settled();
    expect(scene.released).toEqual([]);
    scene.customerWrites();
    scene.sandbox.setFault(undefined);
    await expect
      .poll(() => {
        scene.sandbox.clock.advance(SECOND);
        return scene.references();
      })
      .toEqual(['one']);
  });
});

describe('scenario 38: a nudge', () => {
  const nudge = { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en', variables: { shop: 'Ours' } };
  const kinds = ({ released }: Scene): string[] => released.map(({ kind }) => kind);

  it('goes out once in a closed period, as a template', async () => {
    const scene = await start({ nudge });
    await scene.check('one');
    await scene.check('two');
    await expect.poll(() => kinds(scene)).toEqual(['nudge']);
    expect(scene.released[0]?.message).toEqual({
      receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] },
      reference: 'one',
      template: {
        projectId: nudge.projectId,
        version: 'latest',
        locale: 'en',
        parameters: [{ type: 'string', key: 'shop', value: 'Ours' }],
      },
    });
  });

  it('goes out again in the next closed period, and not because of an old message that is observed late', async () => {
    const scene = await start({ nudge });
    await scene.check('one');
    const { workspace, channel, sandbox } = scene;
    const at = sandbox.clock.now() - 25 * HOUR;
    void scene.guard.observeInbound({ workspaceId: workspace.id, channelId: channel.id, address: PHONE, at });
    await settled();
    await scene.check('two');
    await settled();
    expect(kinds(scene)).toEqual(['nudge']);
    scene.reply();
    await expect.poll(() => kinds(scene)).toEqual(['nudge', 'held', 'held']);
    scene.sandbox.clock.advance(DAY);
    await scene.check('three');
    await expect.poll(() => kinds(scene)).toEqual(['nudge', 'held', 'held', 'nudge']);
  });

  it('is not sent again where it fails', async () => {
    let nudges = 0;
    const scene = await start({
      nudge,
      release: ({ kind }) => {
        if (kind === 'nudge') nudges += 1;
        throw new Error('down');
      },
    });
    await scene.check('one');
    await scene.check('two');
    await settled();
    expect(nudges).toBe(1);
  });
});

describe('a restart', () => {
  it('with a store that is durable: what was answered meanwhile goes, the rest waits on', async () => {
    const store = memoryHeldStore();
    const scene = await start({ store });
    await scene.check('one');
    scene.guard.close();
    // The reply comes while nobody is there to hear of it.
    scene.customerWrites();
    const released: ReleasedMessage[] = [];
    const onClosed = holdUntilReply({ store, release: (message) => void released.push(message) });
    const guard = createGuard({
      workspaces: { [scene.workspace.id]: { ...scene.workspaceOptions, onClosed } },
      clock: scene.sandbox.clock,
      logger: { warn: () => {}, error: () => {} },
    });
    await expect.poll(() => released.map(({ reference }) => reference)).toEqual(['one']);
    guard.close();
    expect(scene.released).toEqual([]);
  });
});

describe('what waits', () => {
  it('can be listed by workspace', async () => {
    const onClosed = holdUntilReply();
    const world = await createWorld({ workspace: { onClosed } });
    await world.guard.check(world.send({ message: textMessage({ reference: 'one' }) }));
    expect(await onClosed.pending(world.workspace.id.toUpperCase())).toMatchObject([
      { reference: 'one', address: PHONE },
    ]);
    expect(await onClosed.pending(world.channel.id)).toEqual([]);
  });

  it('a policy that was replaced still releases what it holds', async () => {
    const scene = await start();
    await scene.check('one');
    scene.guard.reload({ [scene.workspace.id]: { ...scene.workspaceOptions, onClosed: 'block' } });
    expect((await scene.check('two')).action).toBe('block');
    scene.reply();
    await expect.poll(scene.references).toEqual(['one']);
  });
});

describe('what cannot wait', () => {
  it.each<[string, (scene: Scene) => void, string]>([
    [
      'a paused channel',
      ({ workspace, channel }) => void workspace.setChannel(channel.id, { status: 'paused' }),
      'reason_not_time',
    ],
  ])('%s: blocked, with the reason', async (_, arrange, declined) => {
    const scene = await start();
    arrange(scene);
    expect(await scene.check('one')).toMatchObject({ action: 'block', declined: [declined] });
  });

  it('a store that fails: the next policy is tried', async () => {
    const store: HeldStore = {
      ...memoryHeldStore(),
      add: () => Promise.reject(new Error(PHONE)),
    };
    const template = toTemplate({ projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en', variable: 'text' });
    const world = await createWorld({ workspace: { onClosed: [holdUntilReply({ store }), template] } });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'reroute', declined: ['hold_store_failed'] });
  });

  it('a store that hangs: the next policy is tried within the deadline, and nothing stays held', async () => {
    const kept = memoryHeldStore();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let isAsked = false;
    const add: HeldStore['add'] = (message, most) => {
      isAsked = true;
      return gate.then(() => kept.add(message, most));
    };
    const store: HeldStore = { ...kept, add };
    const template = toTemplate({ projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en', variable: 'text' });
    const world = await createWorld({ workspace: { onClosed: [holdUntilReply({ store }), template] } });
    const checked = world.guard.check(world.send());
    await expect.poll(() => isAsked).toBe(true);
    world.sandbox.clock.advance(800);
    expect(await checked).toMatchObject({ action: 'reroute', declined: ['policy_failed'] });
    go();
    await settled();
    expect(await kept.windows(world.workspace.id)).toEqual([]);
  });
});

describe('in observe mode', () => {
  it('nothing is held and nobody is nudged', async () => {
    const store = memoryHeldStore();
    const scene = await start({ store, nudge: { projectId: 'p', locale: 'en' } }, { mode: 'observe' });
    expect(await scene.check('one')).toMatchObject({ action: 'send', wouldBe: 'hold' });
    await settled();
    expect([await store.windows(scene.workspace.id), scene.released]).toEqual([[], []]);
  });
});

it.each<[string, object]>([
  ['a misspelt one', { lifetime: 1 }],
  ['lifetimeMs', { lifetimeMs: 0 }],
  ['maxPerContact', { maxPerContact: 0 }],
  ['store', { store: {} }],
  ['release', { release: 'yes' }],
  ['nudge', { nudge: {} }],
  ['nudge.locale', { nudge: { projectId: 'p', locale: 'not a locale' } }],
])('an option that is wrong throws at creation: %s', (_, options) => {
  expect(() => holdUntilReply(options)).toThrow(/holdUntilReply/);
});
