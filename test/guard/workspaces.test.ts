import { createGuard, type Guard, holdUntilReply, type WorkspaceOptions, type WorkspaceSource } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { keepSecret } from '../support/canary.js';
import { PHONE, templateMessage, type World } from '../support/world.js';
import {
  countOf,
  createWorld,
  type Deferred,
  deferred,
  holdAnswers,
  MINUTE,
  NOBODY,
  SECOND,
  tally,
  turns,
} from './support.js';

const notKnown = { action: 'send', decision: { verdict: 'unknown', reason: 'workspace_unknown' }, source: 'none' };

/** A world whose guard finds its workspaces through a function. */
async function createResolvedWorld(
  resolve: (world: World, id: string) => ReturnType<Extract<WorkspaceSource, (id: string) => unknown>>,
): Promise<World & { asked: string[] }> {
  const asked: string[] = [];
  const world: World = await createWorld({
    guard: {
      workspaces: (id) => {
        asked.push(id);
        return resolve(world, id);
      },
    },
  });
  return { ...world, asked };
}

describe('scenario 50: a workspace that the guard has no options for', () => {
  it('is workspace_unknown, asks nothing and is warned of once per id', async () => {
    const world = await createWorld();
    const other = '11111111-1111-4111-8111-111111111111';
    for (const workspaceId of [NOBODY, NOBODY, other, NOBODY, other.toUpperCase()]) {
      expect(await world.guard.check(world.send({ workspaceId }))).toMatchObject(notKnown);
    }
    expect(world.logs.map(({ level, fields }) => [level, fields.workspaceId])).toEqual([
      ['warn', NOBODY],
      ['warn', other],
    ]);
    expect(world.sandbox.requests()).toEqual([]);
  });

  it("follows the defaults' policy", async () => {
    const world = await createWorld({ guard: { defaults: { onUnknown: 'block' } } });
    expect(await world.guard.check(world.send({ workspaceId: NOBODY }))).toMatchObject({
      ...notKnown,
      action: 'block',
    });
    const observing = await createWorld({ guard: { defaults: { onUnknown: 'block', mode: 'observe' } } });
    const outcome = await observing.guard.check(observing.send({ workspaceId: NOBODY }));
    expect(outcome).toMatchObject({ ...notKnown, wouldBe: 'block' });
  });

  it.each(['constructor', '__proto__', 'toString'])('is not found behind %s', async (workspaceId) => {
    const world = await createWorld();
    expect((await world.guard.check(world.send({ workspaceId }))).decision.reason).toBe('bad_id');
  });
});

describe('scenario 50: reload', () => {
  it('takes new policies from the next decision on, and keeps what is remembered [R13]', async () => {
    const world = await createWorld();
    world.customerWrites();
    await world.guard.check(world.send());
    const requests = world.sandbox.requests().length;
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, mode: 'observe' } });
    expect(await world.guard.check(world.send())).toMatchObject({ mode: 'observe', source: 'memory' });
    expect(world.sandbox.requests().length).toBe(requests);
  });

  it('forgets a workspace that is gone, and knows nothing of it when it comes back [R14]', async () => {
    const world = await createWorld();
    world.customerWrites();
    await world.guard.check(world.send());
    world.guard.reload({});
    expect(await world.guard.check(world.send())).toMatchObject(notKnown);
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions });
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  });

  it('keeps what is remembered also where another place is asked from now on [R13]', async () => {
    const elsewhere = 'https://bird.example.com';
    const asked: string[] = [];
    const world: World = await createWorld({
      guard: {
        fetch: (url, init) => {
          asked.push(String(url));
          return fetch(String(url).replace(elsewhere, world.sandbox.url), init);
        },
      },
    });
    world.customerWrites();
    await world.guard.check(world.send());
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, baseUrl: elsewhere } });
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 501 } : undefined));
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_open');
    expect(asked.at(-1)).toContain(elsewhere);
  });

  it('keeps nothing of a read that was under way for a workspace that is gone [R14]', async () => {
    const world = await createWorld();
    world.customerWrites();
    const held = holdAnswers(world.sandbox, 'contact');
    const underWay = world.guard.check(world.send());
    const release = await held.next();
    world.guard.reload({});
    release();
    expect(await underWay).toMatchObject({ action: 'send', decision: { reason: 'service_window_open' } });
    await turns();
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions });
    world.sandbox.setFault(({ kind }) => (kind === 'contact' ? { status: 501 } : undefined));
    expect((await world.guard.check(world.send())).decision.verdict).toBe('unknown');
  });

  it.each([
    [
      'a misspelt option',
      (id: string) => ({ [id]: { accessKey: 'new-access-key', onUnkown: 'block' } }),
      TypeError,
      'onUnkown',
    ],
    [
      'a wrong value',
      (id: string) => ({ [id]: { accessKey: 'new-access-key', mode: 'enforced' } }),
      RangeError,
      'mode',
    ],
    ['a wrong id', () => ({ nonsense: { accessKey: 'new-access-key' } }), TypeError, 'UUID'],
    ['no access key', (id: string) => ({ [id]: {} }), TypeError, 'accessKey'],
    [
      'a good workspace beside a bad one',
      (id: string) => ({ [id]: { accessKey: 'new-access-key' }, [NOBODY]: {} }),
      TypeError,
      'accessKey',
    ],
    ['null', () => null, TypeError, 'workspaces'],
    ['nothing', () => undefined, TypeError, 'workspaces'],
    ['an array', () => [], TypeError, 'workspaces'],
    ['a Map', (id: string) => new Map([[id, { accessKey: 'new-access-key' }]]), TypeError, 'workspaces'],
    ['a promise', (id: string) => Promise.resolve({ [id]: { accessKey: 'new-access-key' } }), TypeError, 'workspaces'],
  ])('refuses %s, names it, and leaves the old options in force [R13]', async (_, create, kind, name) => {
    const world = await createWorld();
    const source = create(world.workspace.id) as unknown as WorkspaceSource;
    let thrown: unknown;
    try {
      world.guard.reload(source);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(kind);
    expect(String(thrown)).toContain(name);
    expect(String(thrown)).not.toContain('new-access-key');
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
  });

  it('lets a decision that is under way finish, and asks a new place from the next one on [R13]', async () => {
    const world = await createWorld();
    const elsewhere = await createWorld();
    keepSecret(elsewhere.workspace.accessKey);
    const arrived = deferred<void>();
    const gate = deferred<void>();
    world.sandbox.setFault(async ({ kind }) => {
      if (kind !== 'contact') return undefined;
      arrived.resolve();
      await gate.promise;
      return undefined;
    });
    const underWay = world.guard.check(world.send());
    await arrived.promise;
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, baseUrl: elsewhere.sandbox.url } });
    gate.resolve();
    expect(await underWay).toMatchObject({ action: 'block', source: 'bird' });
    // The other place knows neither the workspace nor its key.
    expect((await world.guard.check(world.send())).decision.reason).toBe('access_denied');
    expect(elsewhere.sandbox.requests().length).toBeGreaterThan(0);
  });

  it('lets a decision that is under way finish by the policy with which it began [R13]', async () => {
    const world = await createWorld();
    const held = holdAnswers(world.sandbox, 'contact');
    const early = world.guard.check(world.send());
    const release = await held.next();
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, mode: 'observe' } });
    const later = world.guard.check(world.send());
    release();
    expect(await early).toMatchObject({ action: 'block', mode: 'enforce' });
    (await held.next())();
    expect(await later).toMatchObject({ action: 'send', mode: 'observe', wouldBe: 'block' });
  });

  it('of many workspaces leaves what it does not change alone [R14]', async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    keepSecret(other.accessKey);
    world.customerWrites();
    await world.guard.check(world.send());
    const second = { accessKey: other.accessKey, baseUrl: world.sandbox.url };
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions, [other.id]: second });
    expect(world.guard.peek(world.send())?.source).toBe('memory');
    world.guard.reload({ [world.workspace.id.toUpperCase()]: world.workspaceOptions });
    expect(world.guard.peek(world.send())?.source).toBe('memory');
  });
});

/** How long a machine takes for thousands of workspaces is no failure. */
const manyIds = { timeout: 60_000 };

describe('a function for workspace options', () => {
  it.each([
    ['at once', (world: World) => world.workspaceOptions],
    ['in a while', async (world: World) => world.workspaceOptions],
  ])('may answer %s; it is asked once a minute, with the id in lower case', async (_, resolve) => {
    const world = await createResolvedWorld((it) => resolve(it));
    const send = world.send({ workspaceId: world.workspace.id.toUpperCase() });
    expect(world.guard.peek(send)).toBeUndefined();
    expect(tally(await world.guard.checkAll([send, send, send]))).toEqual({ 'deny service_window_closed': 3 });
    world.customerWrites();
    await world.guard.check(send);
    expect(world.guard.peek(send)?.source).toBe('memory');
    world.sandbox.clock.advance(MINUTE - 1);
    expect((await world.guard.check(send)).source).toBe('memory');
    expect(world.asked).toEqual([world.workspace.id]);
    world.sandbox.clock.advance(1);
    expect(await world.guard.check(send)).toMatchObject({ action: 'send', source: 'memory' });
    expect(world.asked).toEqual([world.workspace.id, world.workspace.id]);
  });

  it('that knows nothing of an id makes it workspace_unknown, and is asked again a minute later (field C5)', async () => {
    let options: WorkspaceOptions | undefined;
    const world = await createResolvedWorld(() => options);
    expect(await world.guard.checkAll(Array(50).fill(world.send()))).toMatchObject(Array(50).fill(notKnown));
    for (let sends = 0; sends < 50; sends += 1) expect(world.guard.peek(world.send()) ?? {}).toMatchObject(notKnown);
    options = world.workspaceOptions;
    world.sandbox.clock.advance(MINUTE - 1);
    expect(await world.guard.check(world.send())).toMatchObject(notKnown);
    expect(world.asked.length).toBe(1);
    world.sandbox.clock.advance(1);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    expect(world.asked.length).toBe(2);
    expect(world.logs.filter(({ level }) => level === 'warn').length).toBe(1);
  });

  it.each(['throws', 'rejects', 'gives invalid options'])(
    'that %s for a new id is asked again ten seconds later, and is told of once (field C5, C1)',
    async (how) => {
      let isBroken = true;
      const world = await createResolvedWorld((it) => {
        if (!isBroken) return it.workspaceOptions;
        if (how === 'throws') throw new Error('no database');
        if (how === 'rejects') return Promise.reject(new Error('no database'));
        return { accessKey: 7 } as unknown as WorkspaceOptions;
      });
      for (let sends = 0; sends < 100; sends += 1) {
        expect(await world.guard.check(world.send())).toMatchObject(notKnown);
      }
      world.sandbox.clock.advance(10 * SECOND - 1);
      expect(await world.guard.check(world.send())).toMatchObject(notKnown);
      expect(world.asked.length).toBe(1);
      world.sandbox.clock.advance(1);
      expect(await world.guard.check(world.send())).toMatchObject(notKnown);
      expect(world.asked.length).toBe(2);
      isBroken = false;
      world.sandbox.clock.advance(10 * SECOND);
      expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
      const ids = { workspaceId: world.workspace.id, cause: 'workspace_options' };
      expect(world.logs.filter(({ level }) => level !== 'debug')).toMatchObject([
        { level: 'error', fields: ids },
        { level: 'info', fields: { ...ids, failures: 2, lastedMs: 20 * SECOND } },
      ]);
    },
  );

  it('is asked again at once after reload, also for an id that it did not know', async () => {
    const world = await createResolvedWorld(() => undefined);
    await world.guard.check(world.send());
    world.guard.reload(() => world.workspaceOptions);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
  });

  it(
    'that answers any id keeps the 10,000 of them that are used most, and what is remembered of all (field D3)',
    manyIds,
    async () => {
      const world = await createResolvedWorld((it, id) =>
        id === it.workspace.id ? it.workspaceOptions : { ...it.workspaceOptions, mode: 'off' },
      );
      const strangers = async (from: number, count: number): Promise<void> => {
        const ids = Array.from({ length: count }, (_, index) => String(from + index).padStart(12, '0'));
        await world.guard.checkAll(ids.map((id) => world.send({ workspaceId: `11111111-1111-4111-8111-${id}` })));
        world.sandbox.clock.advance(1);
      };
      world.customerWrites();
      await world.guard.check(world.send());
      await strangers(0, 5_000);
      expect(world.guard.peek(world.send())?.source).toBe('memory');
      await strangers(5_000, 5_001);
      // Used after the first strangers, it is kept; they have to be asked for again.
      expect(world.asked.filter((id) => id === world.workspace.id)).toHaveLength(1);
      expect(world.guard.peek(world.send())?.source).toBe('memory');
      const asked = world.asked.length;
      await strangers(0, 1);
      expect(world.asked.length).toBe(asked + 1);
    },
  );

  it('that brings in many more still releases what waits for one that was dropped (field D3)', manyIds, async () => {
    const hold = holdUntilReply();
    const world = await createResolvedWorld((it, id) =>
      id === it.workspace.id ? { ...it.workspaceOptions, onClosed: hold } : { ...it.workspaceOptions, mode: 'off' },
    );
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'hold' });
    world.sandbox.clock.advance(1);
    const ids = Array.from(
      { length: 10_000 },
      (_, index) => `11111111-1111-4111-8111-${String(index).padStart(12, '0')}`,
    );
    await world.guard.checkAll(ids.map((workspaceId) => world.send({ workspaceId })));
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(await hold.pending(world.workspace.id)).toHaveLength(1);
    world.customerWrites();
    const { id: workspaceId } = world.workspace;
    await world.guard.observeInbound({
      workspaceId,
      channelId: world.channel.id,
      address: PHONE,
      at: world.sandbox.clock.now(),
    });
    await vi.waitFor(async () => expect(await hold.pending(workspaceId)).toEqual([]));
    expect(world.sandbox.messages()).toHaveLength(1);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('canary: password of the database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary: password of the database'))],
    ['gives null', () => null],
    ['gives a text', () => 'canary: password of the database'],
    ['gives a misspelt option', () => ({ accessKey: 'canary-of-the-key', onUnkown: 'block' })],
    ['gives a wrong key', () => ({ accessKey: 'canary of the key' })],
    ['gives no key', () => ({})],
  ])('that %s makes the workspace unknown, with an error that holds no secret', async (_, resolve) => {
    for (const secret of ['canary: password', 'canary-of-the-key', 'canary of the key']) keepSecret(secret);
    const world = await createResolvedWorld(resolve as unknown as () => undefined);
    expect((await world.guard.check(world.send())).decision).toMatchObject(notKnown.decision);
    expect(world.logs.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { workspaceId: world.workspace.id } },
    ]);
    expect(world.sandbox.requests()).toEqual([]);
  });

  it('that fails later leaves the old options in force, and is asked again ten seconds later', async () => {
    let isBroken = false;
    const world = await createResolvedWorld((it) => {
      if (isBroken) throw new Error('no database');
      return it.workspaceOptions;
    });
    world.customerWrites();
    await world.guard.check(world.send());
    isBroken = true;
    world.sandbox.clock.advance(MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    world.sandbox.clock.advance(10 * SECOND - 1);
    expect(world.guard.peek(world.send())?.source).toBe('memory');
    expect(world.asked.length).toBe(2);
    world.sandbox.clock.advance(1);
    expect(world.guard.peek(world.send())).toBeUndefined();
    await world.guard.check(world.send());
    expect(world.asked.length).toBe(3);
  });

  it('that hangs makes the answer unknown at the deadline, and does not outlast its recovery', async () => {
    let isHanging = true;
    const world = await createResolvedWorld((it) => (isHanging ? new Promise(() => {}) : it.workspaceOptions));
    for (let sends = 0; sends < 2; sends += 1) {
      world.sandbox.clock.advance(10 * SECOND);
      const startedAt = world.sandbox.clock.now();
      const outcome = world.guard.check(world.send());
      await turns();
      world.sandbox.clock.advance(800);
      expect(await outcome).toMatchObject({
        action: 'send',
        decision: { verdict: 'unknown' },
        checkedAt: startedAt + 800,
      });
    }
    isHanging = false;
    world.sandbox.clock.advance(10 * SECOND);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
  });

  it('that answers too late for a send is heard for the next, unless a reload came first', async () => {
    for (const isReloaded of [false, true]) {
      const late: Deferred<WorkspaceOptions | undefined> = deferred();
      const world = await createResolvedWorld(() => late.promise);
      const early = world.guard.check(world.send());
      await turns();
      world.sandbox.clock.advance(800);
      expect((await early).decision.verdict).toBe('unknown');
      if (isReloaded) world.guard.reload(() => undefined);
      late.resolve(world.workspaceOptions);
      await turns();
      expect((await world.guard.check(world.send())).decision.verdict).toBe(isReloaded ? 'unknown' : 'deny');
      expect(world.asked.length).toBe(1);
    }
  });

  it('that hangs later leaves the old options in force', async () => {
    let isHanging = false;
    const world = await createResolvedWorld((it) => (isHanging ? new Promise(() => {}) : it.workspaceOptions));
    world.customerWrites();
    await world.guard.check(world.send());
    isHanging = true;
    world.sandbox.clock.advance(MINUTE);
    const outcome = world.guard.check(world.send());
    await turns();
    world.sandbox.clock.advance(400);
    await turns();
    world.sandbox.clock.advance(399);
    expect(await outcome).toMatchObject({ action: 'send', decision: { reason: 'service_window_open' } });
  });

  it('takes a workspace back: it is forgotten', async () => {
    let options: WorkspaceOptions | undefined;
    const world = await createResolvedWorld(() => options);
    options = world.workspaceOptions;
    world.customerWrites();
    await world.guard.check(world.send());
    options = undefined;
    world.sandbox.clock.advance(MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject(notKnown);
    options = world.workspaceOptions;
    world.sandbox.clock.advance(MINUTE);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  });

  it('is asked again at once after reload', async () => {
    const world = await createResolvedWorld((it) => it.workspaceOptions);
    world.customerWrites();
    await world.guard.check(world.send());
    world.guard.reload(() => ({ ...world.workspaceOptions, mode: 'observe' }));
    expect(world.guard.peek(world.send())).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ mode: 'observe', source: 'memory' });
  });

  it.each([
    [
      'a map',
      (world: World): WorkspaceSource => ({ [world.workspace.id]: { ...world.workspaceOptions, mode: 'observe' } }),
    ],
    [
      'another function',
      (world: World): WorkspaceSource =>
        () => ({ ...world.workspaceOptions, mode: 'observe' }),
    ],
  ])('that answers only after a reload with %s no longer counts', async (_, create) => {
    const late: Deferred<WorkspaceOptions | undefined> = deferred();
    const world = await createResolvedWorld(() => late.promise);
    const early = world.guard.check(world.send());
    await turns();
    world.guard.reload(create(world));
    late.resolve({ ...world.workspaceOptions, mode: 'enforce' });
    expect((await early).decision.verdict).toBe('deny');
    expect((await world.guard.check(world.send())).mode).toBe('observe');
    world.sandbox.clock.advance(2 * MINUTE);
    expect((await world.guard.check(world.send())).mode).toBe('observe');
  });

  it('that takes a workspace back after a reload has added it no longer counts', async () => {
    const late: Deferred<WorkspaceOptions | undefined> = deferred();
    const world = await createResolvedWorld(() => late.promise);
    const early = world.guard.check(world.send());
    await turns();
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions });
    late.resolve(undefined);
    await early;
    expect((await world.guard.check(world.send())).decision.verdict).toBe('deny');
  });

  it('is not asked for what is no UUID, and a template waits for it but is never stopped by it', async () => {
    const world = await createResolvedWorld(() => {
      throw new Error('no database');
    });
    expect((await world.guard.check(world.send({ workspaceId: '..' }))).decision.reason).toBe('bad_id');
    expect(world.asked).toEqual([]);
    const outcome = await world.guard.check(world.send({ message: templateMessage() }));
    expect(outcome).toMatchObject({ action: 'send', decision: { reason: 'template' } });
  });
});

describe('two workspaces', () => {
  it('in one guard never see what the other knows, does or suffers [S4, U20]', async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    keepSecret(other.accessKey);
    const channel = other.addChannel({ platformId: 'whatsapp' });
    const contact = other.addContact({ identifiers: [{ key: 'phonenumber', value: '+31612345678' }] });
    const onUnknown = vi.fn(() => 'block' as const);
    const guard: Guard = createGuard({
      workspaces: {
        [world.workspace.id]: world.workspaceOptions,
        [other.id]: { accessKey: other.accessKey, baseUrl: world.sandbox.url, onUnknown },
      },
      clock: world.sandbox.clock,
      logger: { warn: () => {}, error: () => {} },
    });
    const elsewhere = world.send({ workspaceId: other.id, channelId: channel.id });
    world.customerWrites();
    expect((await guard.check(world.send())).action).toBe('send');
    expect((await guard.check(elsewhere)).decision.reason).toBe('service_window_closed');
    other.receiveInbound({ channelId: channel.id, contactId: contact.id });
    expect((await guard.check(elsewhere)).action).toBe('send');
    other.revokeKey();
    guard.forget({ workspaceId: other.id });
    expect(await guard.check(elsewhere)).toMatchObject({ action: 'block', decision: { reason: 'access_denied' } });
    expect(guard.peek(world.send())?.source).toBe('memory');
    expect(countOf(world.sandbox, 'search')).toBe(2);
    guard.forget({ workspaceId: world.workspace.id });
    expect(await guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
    expect(onUnknown).toHaveBeenCalledTimes(1);
  });
});
