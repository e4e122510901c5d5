import { createGuard, type GuardOptions, holdUntilReply, toChannel, toTemplate, webhookReceiver } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { startEndpoint } from '../../http/webhook/webhook-endpoint.js';
import { keepSecret } from '../../support/canary.js';
import { createWorld, type LogLine, recordingLogger } from '../../support/world.js';

const ID = '11111111-1111-4111-8111-11111111111a';
const KEY = 'canary-of-the-access-key';
const CHANNEL = 'bbbbbbbb-1111-4111-8111-111111111111';

const create =
  (workspace: object, options: object = {}) =>
  (): unknown =>
    createGuard({ workspaces: { [ID]: { accessKey: KEY, ...workspace } }, ...options } as GuardOptions);

describe('what is wrong at creation is said with its cure (field C2)', () => {
  it.each([
    ['holdUntilReply', holdUntilReply],
    ['toChannel', toChannel],
    ['toTemplate', toTemplate],
  ])('%s without ()', (name, factory) => {
    for (const onClosed of [factory, ['block', factory]]) {
      expect(create({ onClosed })).toThrow(RangeError);
      expect(create({ onClosed })).toThrow(`call ${name}, as in ${name}(...)`);
      expect(create({ channels: { [CHANNEL]: { onClosed } } })).toThrow(`call ${name}`);
    }
  });

  it.each(['/workspaces', '/workspaces/', `/workspaces/${ID}`, `/v1/Workspaces/${ID}/channels`])(
    'a base URL that goes on with %s',
    (path) => {
      const baseUrl = `https://api.bird.com${path}`;
      for (const make of [create({ baseUrl }), create({}, { defaults: { baseUrl } })]) {
        expect(make).toThrow(RangeError);
        expect(make).toThrow(/baseUrl must .*; leave off the path from \/workspaces on/);
      }
    },
  );

  it.each<[string, readonly unknown[]]>([
    ['a policy', ['block', holdUntilReply()]],
    ['a second one', ['block', 'block']],
    ['a policy behind another', [() => undefined, 'block', () => undefined]],
  ])('%s behind block, which ends the list', (_name, onClosed) => {
    const text = "policies after 'block' are never called; put 'block' last";
    const everywhere = [{ onClosed }, { channels: { [CHANNEL]: { onClosed } } }];
    for (const make of [...everywhere.map((one) => create(one)), create({}, { defaults: { onClosed } })]) {
      expect(make).toThrow(RangeError);
      expect(make).toThrow(text);
    }
  });

  it.each(['block', ['block'], [], [holdUntilReply()], [() => undefined, holdUntilReply(), 'block']])(
    'nothing behind block: %#',
    (onClosed) => {
      expect(create({ onClosed })).not.toThrow();
    },
  );

  it('a function of the application’s own is a policy', () => {
    expect(create({ onClosed: () => undefined })).not.toThrow();
    expect(create({ onClosed: holdUntilReply() })).not.toThrow();
  });

  it.each<[string, object, object]>([
    ['a workspace', {}, { workspaces: { [ID]: { accessKey: KEY }, [ID.toUpperCase()]: { accessKey: KEY } } }],
    ['a channel', { channels: { [CHANNEL]: {}, [CHANNEL.toUpperCase()]: {} } }, {}],
    ['a channel of the defaults', {}, { defaults: { channels: { [CHANNEL]: {}, [CHANNEL.toUpperCase()]: {} } } }],
  ])('%s in two cases', (_name, workspace, options) => {
    expect(create(workspace, options)).toThrow(TypeError);
    expect(create(workspace, options)).toThrow('is given twice, in upper and lower case');
  });

  it('a channel of the defaults, and the same in the workspace, in another case: the latter is laid over', () => {
    const defaults = { channels: { [CHANNEL]: { mode: 'off' } } };
    expect(create({ channels: { [CHANNEL.toUpperCase()]: { mode: 'observe' } } }, { defaults })).not.toThrow();
  });

  it.each(['at creation', 'by reload'])('no workspace at all, %s: a warning, since they may come later', (when) => {
    const lines: LogLine[] = [];
    const workspaces = when === 'at creation' ? {} : { [ID]: { accessKey: KEY } };
    const guard = createGuard({ workspaces, logger: recordingLogger(lines) });
    if (when === 'by reload') guard.reload({});
    expect(lines).toMatchObject([
      { level: 'warn', fields: { option: 'workspaces' }, text: expect.stringContaining('workspaces is empty') },
    ]);
    guard.reload({ [ID]: { accessKey: KEY } });
    guard.close();
    expect(lines.length).toBe(1);
  });
});

describe("onUnknown: 'reroute' without a reroute policy (field C2)", () => {
  const warningsOf = (workspace: object, options: object = {}): readonly LogLine[] => {
    const lines: LogLine[] = [];
    create(workspace, { logger: recordingLogger(lines), ...options })();
    return lines;
  };
  const onUnknown = 'reroute';
  const policy = (): undefined => undefined;

  it.each<[string, object, object]>([
    ['of a workspace', { onUnknown }, {}],
    ['with an empty list', { onUnknown, onClosed: [] }, {}],
    ['with block in a list', { onUnknown, onClosed: ['block'] }, {}],
    ['of the defaults', {}, { defaults: { onUnknown } }],
    ['of a channel', { onClosed: policy, channels: { [CHANNEL]: { onUnknown, onClosed: 'block' } } }, {}],
    ['of two', { onUnknown, channels: { [CHANNEL]: { onClosed: 'block' } } }, {}],
  ])('%s is warned of once', (_name, workspace, options) => {
    expect(warningsOf(workspace, options)).toMatchObject([
      {
        level: 'warn',
        fields: { workspaceId: ID, option: 'onUnknown' },
        text: expect.stringContaining('give onClosed a policy'),
      },
    ]);
  });

  it.each<[string, object, object]>([
    ['with a policy', { onUnknown, onClosed: policy }, {}],
    ['with a policy in a list', { onUnknown, onClosed: [policy, 'block'] }, {}],
    ['with a policy of the defaults', { onUnknown }, { defaults: { onClosed: policy } }],
    ['another word', { onUnknown: 'block' }, {}],
    ['a function, which may say it', { onUnknown: () => onUnknown }, {}],
    ['where the guard is off', { onUnknown, mode: 'off' }, {}],
  ])('%s is not', (_name, workspace, options) => {
    expect(warningsOf(workspace, options)).toEqual([]);
  });
});

describe('what was received (field C3)', () => {
  it.each<[string, object, string]>([
    ['a word for one of ours', { mode: 'enforced' }, "received 'enforced'"],
    ['a word of two', { onMixed: 'block all' }, "received 'block all'"],
    ['no word of onClosed', { onClosed: 'reroute' }, "received 'reroute'"],
    ['a word for a word or a function', { onUnknown: 'hold' }, "received 'hold'"],
    ['nothing', { mode: '' }, 'received an empty string'],
    ['what may be a secret: it is too long', { mode: KEY }, 'received a string'],
    ['what may be a secret: it has other characters', { mode: 'sk_live/41+8=' }, 'received a string'],
    ['a text where a number belongs', { deadlineMs: 'short' }, 'received a string'],
  ])('is shown where it cannot be a secret: %s', (_name, workspace, received) => {
    expect(create(workspace)).toThrow(received);
  });

  it.each([
    [['sms', CHANNEL], 0],
    [[CHANNEL, 'sms', CHANNEL], 1],
    [[CHANNEL, CHANNEL, ''], 2],
  ])('is the entry of a list, by its position: %j', (channels, position) => {
    expect(() => toChannel({ channels })).toThrow(`received an array; the entry at position ${position} is invalid`);
  });

  it('of a list without entries is only that it is one', () => {
    expect(() => toChannel({ channels: [] })).toThrow(/received an array$/);
    const locales = ['en', 'not a locale'];
    expect(() => toTemplate({ projectId: CHANNEL, locale: 'en', locales, variable: 'm' })).toThrow('at position 1');
    expect(create({ signingKeys: [KEY, ' '] })).toThrow('at position 1');
  });

  it('is undefined where nothing was given', () => {
    expect(() => createGuard(undefined as never)).toThrow('received undefined');
  });
});

describe('a webhook receiver without a signing key (field C2)', () => {
  const receiver =
    (workspaces: GuardOptions['workspaces'], options: object = {}) =>
    (): unknown =>
      webhookReceiver(createGuard({ workspaces }), { publicUrl: 'https://a.example/', workspaceId: ID, ...options });

  it.each<[string, GuardOptions['workspaces']]>([
    ['the workspace has none', { [ID]: { accessKey: KEY } }],
    ['the guard does not know the workspace', { [CHANNEL]: { accessKey: KEY, signingKeys: ['a key'] } }],
  ])('is refused at creation: %s', (_name, workspaces) => {
    expect(receiver(workspaces)).toThrow(TypeError);
    expect(receiver(workspaces)).toThrow('options.signingKeys is missing');
  });

  it.each<[string, GuardOptions['workspaces'], object]>([
    ['its own', { [ID]: { accessKey: KEY } }, { signingKeys: ['a key'] }],
    ['those of the workspace', { [ID]: { accessKey: KEY, signingKeys: ['a key'] } }, {}],
    ['those that a function may give', () => undefined, {}],
  ])('is one with keys: %s', (_name, workspaces, options) => {
    expect(receiver(workspaces, options)).not.toThrow();
  });

  it('of a workspace that comes from a function is told at its first event, and not to look at its URL (field C3)', async () => {
    const world = await createWorld();
    world.guard.reload(() => world.workspaceOptions);
    const endpoint = await startEndpoint(world, { receiver: { signingKeys: undefined } });
    for (let events = 0; events < 3; events += 1) expect((await endpoint.post('{}')).status).toBe(401);
    expect(world.logs.filter(({ level }) => level !== 'debug')).toMatchObject([
      { level: 'warn', fields: { cause: 'signing_key_missing' }, text: expect.stringContaining('signingKeys') },
    ]);
    world.sandbox.clock.advance({ minutes: 2 });
    await endpoint.post('{}');
    expect(world.logs.map(({ text }) => text).filter((text) => text.includes('publicUrl'))).toEqual([]);
  });
});

keepSecret(KEY);
