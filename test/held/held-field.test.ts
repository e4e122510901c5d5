import {
  createGuard,
  type HeldMessage,
  type HoldUntilReplyOptions,
  holdUntilReply,
  memoryHeldStore,
  type Outcome,
  type ReleasedMessage,
  type WorkspaceOptions,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { isOptOutWord } from '../../src/bird/opt-out-words.js';
import { jsonCopy } from '../../src/core/reroute/json-copy.js';
import { HOUR, MINUTE, SECOND, turns } from '../guard/support.js';
import { createWorld, PHONE, textMessage, type World } from '../support/world.js';

interface Scene extends World {
  readonly released: ReleasedMessage[];
  readonly expired: [HeldMessage, string][];
  /** Sends a text with this reference through the guard. */
  check(text: string, reference?: string): Promise<Outcome>;
  reply(text?: string): void;
  texts(): unknown[];
}

const textOf = ({ message }: Pick<HeldMessage, 'message'>): unknown =>
  (message.body as { readonly text?: { readonly text?: unknown } } | undefined)?.text?.text;

async function start(options: HoldUntilReplyOptions = {}, change: Partial<WorkspaceOptions> = {}): Promise<Scene> {
  const released: ReleasedMessage[] = [];
  const expired: [HeldMessage, string][] = [];
  const release = (message: ReleasedMessage): void => void released.push(message);
  const onExpired = (...all: [HeldMessage, string]): void => void expired.push(all);
  const onClosed = holdUntilReply({ release, onExpired, ...options });
  const world = await createWorld({ workspace: { onClosed, lookupBurst: 1000, ...change } });
  const { guard, sandbox, workspace, channel, contact } = world;
  return {
    ...world,
    released,
    expired,
    check: (text, reference) =>
      guard.check(world.send({ message: textMessage({ reference, body: { type: 'text', text: { text } } }) })),
    reply: (text) => {
      workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, text: text ?? 'Hello' });
      const about = { workspaceId: workspace.id, channelId: channel.id, contactId: contact.id, address: PHONE };
      void guard.observeInbound({ ...about, at: sandbox.clock.now(), text });
    },
    texts: () => released.map(textOf),
  };
}

/** Lets everything settle that waits for the local Bird or for nothing. */
const settled = (): Promise<void> => turns(50);

describe('content and reference of held messages (field B2)', () => {
  it('lets other content under the same reference wait by itself, and a repetition not', async () => {
    const scene = await start();
    const outcomes = [await scene.check('one', 'campaign'), await scene.check('two', 'campaign')];
    const again = await scene.check('one', 'campaign');
    expect(outcomes.map(({ action }) => action)).toEqual(['hold', 'hold']);
    expect(outcomes[1]?.held?.id).not.toBe(outcomes[0]?.held?.id);
    expect(again).toMatchObject({ held: { id: outcomes[0]?.held?.id }, changes: ['held_before'] });
    scene.reply();
    await expect.poll(scene.texts).toEqual(['one', 'two']);
    expect(scene.released.map(({ reference }) => reference)).toEqual(['campaign', 'campaign']);
    expect(new Set(scene.released.map(({ id }) => id)).size).toBe(2);
  });
});

describe('what is held is a copy (field B10)', () => {
  it('sends each customer their own text, though the caller uses one object for all', async () => {
    const scene = await start();
    const text = { text: 'For Anna' };
    const message = textMessage({ body: { type: 'text', text } });
    await scene.guard.check(scene.send({ message }));
    text.text = 'For Bert';
    scene.reply();
    await expect.poll(scene.texts).toEqual(['For Anna']);
  });

  it('gives each attempt what was held, whatever the one before has made of it', async () => {
    const texts: unknown[] = [];
    const scene = await start({
      release: (message) => {
        texts.push(textOf(message));
        (message.message.body as { text: object }).text = { text: 'changed' };
        if (texts.length === 1) throw new Error('not now');
      },
    });
    await scene.check('as it was');
    scene.reply();
    await expect.poll(() => texts).toHaveLength(1);
    await settled();
    scene.sandbox.clock.advance(SECOND);
    await expect.poll(() => texts).toEqual(['as it was', 'as it was']);
  });

  it('gives onExpired a copy, so that the message leaves the store whatever becomes of that', async () => {
    const store = memoryHeldStore();
    let calls = 0;
    const onExpired = (message: HeldMessage): void => {
      calls += 1;
      Object.assign(message, { id: 'taken', address: 'taken' });
    };
    const scene = await start({ store, lifetimeMs: HOUR, onExpired });
    await scene.check('late');
    scene.sandbox.clock.advance(HOUR);
    await settled();
    scene.sandbox.clock.advance(MINUTE);
    await expect.poll(() => calls).toBe(1);
    expect(await store.windows(scene.workspace.id)).toEqual([]);
  });

  const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

  it.each<[string, () => unknown]>([
    ['nested 8,000 deep', () => nested(8_000)],
    ['nested 65 deep', () => nested(65)],
    ['a BigInt', () => 1n],
    [
      'a cycle',
      () => {
        const cycle: Record<string, unknown> = {};
        cycle.self = cycle;
        return cycle;
      },
    ],
  ])('declines what JSON cannot carry: %s', async (_, create) => {
    const scene = await start();
    const outcome = await scene.guard.check(scene.send({ message: textMessage({ meta: create() }) }));
    expect(outcome).toMatchObject({ action: 'block', declined: ['content_not_carried'] });
  });

  it('carries 50 levels, and brackets in texts open none', async () => {
    const scene = await start();
    const outcome = await scene.guard.check(scene.send({ message: textMessage({ meta: nested(50) }) }));
    expect(outcome.action).toBe('hold');
    expect(jsonCopy({ text: '['.repeat(1000) + '"{'.repeat(1000) })).toMatchObject({ text: expect.any(String) });
    expect(jsonCopy(nested(64))).toEqual(nested(64));
    expect(jsonCopy(nested(65))).toBeUndefined();
  });
});

describe('a release of one’s own (field B7)', () => {
  it.each<[string, unknown, string[], number]>([
    ["'accepted'", 'accepted', [], 2],
    ["'rejected'", 'rejected', ['rejected', 'rejected'], 0],
    ['nothing', undefined, [], 2],
    ['a promise of rejected', Promise.resolve('rejected'), ['rejected', 'rejected'], 0],
    ['anything else', { status: 202 }, [], 2],
  ])('that gives %s lets the next one go on', async (_, result, why, accepted) => {
    const tried: unknown[] = [];
    const released: unknown[] = [];
    const scene = await start({
      release: (message) => {
        tried.push(textOf(message));
        return result;
      },
      onReleased: (message) => void released.push(textOf(message)),
    });
    await scene.check('one');
    await scene.check('two');
    scene.reply();
    await expect.poll(() => tried).toEqual(['one', 'two']);
    await settled();
    expect(scene.expired.map(([, reason]) => reason)).toEqual(why);
    expect(released).toHaveLength(accepted);
  });

  it('is reported once, also where onReleased throws', async () => {
    const scene = await start({ onReleased: () => Promise.reject(new Error('canary-of-the-hook')) });
    await scene.check('one');
    scene.reply();
    await expect.poll(scene.texts).toEqual(['one']);
    await expect.poll(() => scene.logs.filter(({ fields }) => fields.hook === 'onReleased')).toHaveLength(1);
    scene.sandbox.clock.advance(10 * MINUTE);
    await settled();
    expect(scene.texts()).toEqual(['one']);
  });
});

describe('a reply that is only an opt-out word (field B8)', () => {
  it.each([
    'STOP',
    'Stop!',
    ' stop ',
    'STOP 🛑',
    'Baja.',
    'ARRÊT',
    'arret',
    'Stopp',
    'İptal',
    'Стоп',
    '退订',
    'Opt-out',
  ])('releases nothing, and a later message does: %s', async (word) => {
    const scene = await start();
    await scene.check('the answer');
    scene.reply(word);
    await settled();
    // Nor does the look once a minute, which sees an open window.
    scene.sandbox.clock.advance(2 * MINUTE);
    await settled();
    expect(scene.texts()).toEqual([]);
    scene.reply('Where is my parcel?');
    await expect.poll(scene.texts).toEqual(['the answer']);
  });

  it('opens the window all the same', async () => {
    const scene = await start();
    scene.reply('STOP');
    expect(await scene.check('You will get no more messages')).toMatchObject({ action: 'send' });
  });

  it('keeps nothing from expiring', async () => {
    const scene = await start({ lifetimeMs: HOUR });
    await scene.check('the answer');
    scene.reply('STOP');
    await settled();
    scene.sandbox.clock.advance(HOUR + MINUTE);
    await expect.poll(() => scene.expired.map(([, why]) => why)).toEqual(['expired']);
  });

  it.each(['Stop by at five', 'Please do not stop', 'unstoppable', 'Hello', '', '🛑', undefined])(
    'is not what somebody else means: %s',
    async (text) => {
      const scene = await start();
      await scene.check('the answer');
      scene.reply(text);
      await expect.poll(scene.texts).toEqual(['the answer']);
    },
  );

  it('is for releaseOn to decide', async () => {
    const asked: unknown[] = [];
    const scene = await start({
      releaseOn: (event) => {
        asked.push(event);
        return event.text !== 'later';
      },
    });
    await scene.check('the answer');
    scene.reply('later');
    await settled();
    expect(scene.texts()).toEqual([]);
    const { workspace, channel, contact } = scene;
    const about = { workspaceId: workspace.id, channelId: channel.id, contactId: contact.id, address: PHONE };
    // Once for a message, though it concerns the row of the address and that of the contact's id.
    expect(asked).toEqual([{ ...about, text: 'later' }]);
    scene.reply('STOP');
    await expect.poll(scene.texts).toEqual(['the answer']);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('canary-of-the-hook');
      },
    ],
    ['is async', async () => Promise.reject(new Error('canary-of-the-hook'))],
    ['gives nothing', () => undefined],
  ])('follows the default where releaseOn %s, and says so', async (_, releaseOn) => {
    const scene = await start({ releaseOn: releaseOn as never });
    await scene.check('the answer');
    scene.reply('STOP');
    await settled();
    expect(scene.texts()).toEqual([]);
    scene.reply('Hello');
    await expect.poll(scene.texts).toEqual(['the answer']);
    expect(scene.logs.filter(({ fields }) => fields.hook === 'releaseOn')).toMatchObject([{ level: 'error' }]);
  });

  it('is known without case, accents, marks and emoji, and only alone', () => {
    expect(['stop', 'S T O P', 'stop stop', 'x'.repeat(101)].map(isOptOutWord)).toEqual([true, false, false, false]);
    // An order to cancel, the stop of a bus, and a quantity in Spanish.
    expect(['Cancel #4711', 'stop 5', 'seis'].map(isOptOutWord)).toEqual([false, false, false]);
  });
});

describe('what was held because nothing was known (field B11)', () => {
  it('goes as soon as Bird says that the window is open, without a message from the customer', async () => {
    const scene = await start({}, { onUnknown: 'reroute' });
    scene.workspace.receiveInbound({ channelId: scene.channel.id, contactId: scene.contact.id });
    scene.sandbox.setFault(() => ({ status: 501 }));
    expect(await scene.check('a blip')).toMatchObject({ action: 'hold', decision: { verdict: 'unknown' } });
    await settled();
    scene.sandbox.setFault(undefined);
    scene.sandbox.clock.advance(2 * MINUTE);
    await expect.poll(scene.texts).toEqual(['a blip']);
  });

  it('waits for the customer once Bird says closed, and is asked for no more', async () => {
    const nudge = { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en' };
    const scene = await start({ nudge }, { onUnknown: 'reroute' });
    scene.sandbox.setFault(() => ({ status: 501 }));
    await scene.check('a blip');
    await settled();
    expect(scene.released).toEqual([]);
    scene.sandbox.setFault(undefined);
    scene.sandbox.clock.advance(2 * MINUTE);
    await expect.poll(() => scene.released.map(({ kind }) => kind)).toEqual(['nudge']);
    const reads = scene.reads();
    for (let minutes = 0; minutes < 10; minutes += 1) {
      scene.sandbox.clock.advance(MINUTE);
      await settled();
    }
    expect(scene.reads()).toBe(reads);
    scene.reply();
    await expect.poll(() => scene.released.map(({ kind }) => kind)).toEqual(['nudge', 'held']);
  });

  it('is neither sent nor announced to who has opted out meanwhile', async () => {
    const nudge = { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en' };
    let hasOptedOut = false;
    const scene = await start({ nudge }, { onUnknown: 'reroute', isOptedOut: async () => hasOptedOut });
    scene.sandbox.setFault(() => ({ status: 501 }));
    expect((await scene.check('a blip')).action).toBe('hold');
    await settled();
    hasOptedOut = true;
    scene.sandbox.setFault(undefined);
    scene.sandbox.clock.advance(2 * MINUTE);
    await settled();
    scene.reply();
    await settled();
    expect(scene.released).toEqual([]);
    hasOptedOut = false;
    scene.reply();
    await expect.poll(scene.texts).toEqual(['a blip']);
  });

  it('is warned of once, however many wait', async () => {
    const scene = await start({}, { onUnknown: 'reroute' });
    scene.sandbox.setFault(() => ({ status: 501 }));
    for (const text of ['one', 'two', 'three']) {
      const contact = { identifierKey: 'phonenumber', identifierValue: `+3161234560${text.length}` };
      await scene.guard.check(
        scene.send({ contact, message: textMessage({ body: { type: 'text', text: { text } } }) }),
      );
    }
    await settled();
    const warnings = scene.logs.filter(({ text }) => text.startsWith('Held messages cannot be sent yet'));
    expect(warnings).toHaveLength(1);
  });
});

describe('one policy, two guards (field B12)', () => {
  it('the new guard releases after the old one is closed, and the other way round', async () => {
    const released: string[] = [];
    const onClosed = holdUntilReply({ release: ({ reference }) => void released.push(reference) });
    const world = await createWorld({ workspace: { onClosed } });
    const options = { workspaces: { [world.workspace.id]: world.workspaceOptions }, clock: world.sandbox.clock };
    const logger = { warn: () => {}, error: () => {} };
    const [second, third] = [createGuard({ ...options, logger }), createGuard({ ...options, logger })];
    const hold = async (guard: typeof second, reference: string): Promise<void> => {
      expect((await guard.check(world.send({ message: textMessage({ reference }) }))).action).toBe('hold');
    };
    await hold(world.guard, 'first');
    world.guard.close();
    await hold(second, 'second');
    third.close();
    await hold(second, 'third');
    const at = world.sandbox.clock.now();
    world.customerWrites();
    second.observeInbound({ workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE, at });
    await expect.poll(() => released).toEqual(['first', 'second', 'third']);
    second.close();
  });
});

describe('what is lost is said (field B13)', () => {
  const losses = (scene: Scene): unknown[] =>
    scene.logs.filter(({ text }) => text.includes('held in memory only')).map(({ fields }) => fields);

  it('how many messages wait in memory when the guard is closed', async () => {
    const scene = await start();
    await scene.check('one');
    await scene.check('two');
    scene.guard.close();
    await expect.poll(() => losses(scene)).toEqual([{ workspaceId: scene.workspace.id, count: 2 }]);
  });

  it('nothing where nothing waits', async () => {
    const scene = await start();
    scene.guard.close();
    await settled();
    expect(losses(scene)).toEqual([]);
  });
});
