import { describe, expect, it } from 'vitest';
import {
  checkDefaults,
  resolveWorkspace,
  resolveWorkspaces,
  type WorkspaceOptions,
} from '../../../src/guard/workspaces/workspace-options.js';
import { keepSecret, recordLetOut } from '../../support/canary.js';

const ID = 'aaaaaaaa-1111-4111-8111-111111111111';
const OTHER = 'bbbbbbbb-1111-4111-8111-111111111111';
const CHANNEL = 'cccccccc-2222-4222-8222-222222222222';
const CHANNEL_2 = 'dddddddd-2222-4222-8222-222222222222';
const KEY = 'canary-of-the-options';

const errorOf = (act: () => unknown): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    keepSecret(KEY);
    recordLetOut('error', error);
    return error;
  }
};
const resolve = (options: object, defaults: object = {}): ReturnType<typeof resolveWorkspace> =>
  resolveWorkspace(ID, options as WorkspaceOptions, defaults);

describe('the options of a workspace', () => {
  it('have an access key that is a text or a function, which is called at each read', async () => {
    expect(await resolve({ accessKey: KEY }).accessKey()).toBe(KEY);
    const keys = ['old', 'new'];
    const { accessKey } = resolve({ accessKey: () => keys.shift() });
    expect([accessKey(), accessKey()]).toEqual(['old', 'new']);
  });

  it.each([
    [{}, TypeError, `workspaces["${ID}"].accessKey is missing`],
    [{ accessKey: undefined }, TypeError, `workspaces["${ID}"].accessKey is missing`],
    [
      { accessKey: '' },
      RangeError,
      `workspaces["${ID}"].accessKey must be a string of visible ASCII characters or a function`,
    ],
    [{ accessKey: `${KEY}\n` }, RangeError, `workspaces["${ID}"].accessKey`],
    [{ accessKey: 5 }, TypeError, `workspaces["${ID}"].accessKey`],
    [{ accessKey: KEY, baseUrl: 5 }, TypeError, `workspaces["${ID}"].baseUrl must be an https URL`],
    [{ accessKey: KEY, baseUrl: new URL('https://api.bird.com') }, TypeError, `workspaces["${ID}"].baseUrl`],
    [{ accessKey: KEY, baseUrl: 'http://api.bird.com' }, RangeError, `workspaces["${ID}"].baseUrl`],
    [
      { accessKey: KEY, lookupsPerSecond: 0 },
      RangeError,
      'lookupsPerSecond must be a number of reads from 0.1 to 10000',
    ],
    [{ accessKey: KEY, lookupBurst: 0 }, RangeError, 'lookupBurst must be a whole number of reads from 1 to 10000'],
    [{ accessKey: KEY, signingKeys: [] }, RangeError, 'signingKeys'],
    [{ accessKey: KEY, channels: { [CHANNEL]: { mode: 'no' } } }, RangeError, `channels["${CHANNEL}"].mode`],
  ])('throw an error that names the option: %#', (options, kind, text) => {
    const error = errorOf(() => resolve(options));
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(text);
  });

  it('have no signing keys where none are given, and a copy of those that are', () => {
    expect(resolve({ accessKey: KEY }).signingKeys).toEqual([]);
    const signingKeys = ['the old key', 'the new key'];
    const resolved = resolve({ accessKey: KEY, signingKeys });
    signingKeys.pop();
    expect(resolved.signingKeys).toEqual(['the old key', 'the new key']);
  });

  it('take none from a prototype', () => {
    expect(errorOf(() => resolve(Object.create({ accessKey: KEY })))).toBeInstanceOf(TypeError);
    expect(resolve(Object.assign(Object.create(null), { accessKey: KEY })).lookupsPerSecond).toBe(40);
  });

  it.each([
    ['https://proxy.example.com/a//b/', 'https://proxy.example.com/a//b'],
    ['https://proxy.example.com/bird///', 'https://proxy.example.com/bird'],
    ['https://proxy.example.com/bird/v1', 'https://proxy.example.com/bird/v1'],
  ])('lose the slashes at the end of the base URL %j, and no other', (baseUrl, kept) => {
    expect(resolve({ accessKey: KEY, baseUrl }).baseUrl).toBe(kept);
  });

  it('have a policy for each channel, of the workspace or of the defaults', () => {
    const channels = { [CHANNEL]: { deadlineMs: 1 } };
    const { policy, channels: resolved } = resolve(
      { accessKey: KEY, channels, safetyMarginMs: 7 },
      { channels: { [CHANNEL]: { deadlineMs: 2 }, [CHANNEL_2.toUpperCase()]: { deadlineMs: 3 } } },
    );
    expect(policy.deadlineMs).toBe(800);
    expect([...resolved.keys()].sort()).toEqual([CHANNEL, CHANNEL_2]);
    expect(resolved.get(CHANNEL)).toMatchObject({ deadlineMs: 1, safetyMarginMs: 7 });
    expect(resolved.get(CHANNEL_2)).toMatchObject({ deadlineMs: 3, safetyMarginMs: 7 });
  });
});

describe('the defaults of workspaces', () => {
  it('need nothing, and may have all that a workspace has', () => {
    expect(() => checkDefaults({}, 'options.defaults')).not.toThrow();
    const channels = { [CHANNEL]: { mode: 'off' } } as const;
    expect(() => checkDefaults({ accessKey: KEY, channels }, 'options.defaults')).not.toThrow();
  });

  it.each([
    [{ mode: 'no' }, RangeError, 'options.defaults.mode'],
    [{ channels: [] }, TypeError, 'options.defaults.channels'],
    [{ channels: { [CHANNEL]: { mode: 'no' } } }, RangeError, `options.defaults.channels["${CHANNEL}"].mode`],
    [{ channels: { whatsapp: {} } }, TypeError, 'options.defaults.channels[…]: a channel id must be a UUID'],
  ])('are checked before a workspace takes them: %#', (defaults, kind, text) => {
    const error = errorOf(() => checkDefaults(defaults as Partial<WorkspaceOptions>, 'options.defaults'));
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(text);
  });
});

describe('an id in the options', () => {
  it('is shown in an error only where it is a UUID: a key may stand in its place by mistake', () => {
    const named = errorOf(() => resolveWorkspaces({ [KEY]: { accessKey: KEY } }, {}));
    expect((named as Error).message).toBe('workspaces[…]: a workspace id must be a UUID');
    const channel = errorOf(() => resolve({ accessKey: KEY, channels: { [KEY]: {} } }));
    expect((channel as Error).message).toBe(`workspaces["${ID}"].channels[…]: a channel id must be a UUID`);
  });

  it('means the same in either case', () => {
    const map = resolveWorkspaces({ [ID.toUpperCase()]: { accessKey: KEY }, [OTHER]: { accessKey: KEY } }, {});
    expect([...map.keys()]).toEqual([ID, OTHER]);
    expect(map.get(ID)?.id).toBe(ID);
  });

  const twice = { [CHANNEL]: { mode: 'off' }, [CHANNEL.toUpperCase()]: {} } as const;

  it.each([
    [
      'a workspace',
      () => resolveWorkspaces({ [ID]: { accessKey: KEY }, [ID.toUpperCase()]: { accessKey: KEY } }, {}),
      `workspaces["${ID.toUpperCase()}"]`,
    ],
    [
      'a channel',
      () => resolve({ accessKey: KEY, channels: twice }),
      `workspaces["${ID}"].channels["${CHANNEL.toUpperCase()}"]`,
    ],
    [
      'a channel of the defaults',
      () => checkDefaults({ channels: twice }, 'options.defaults'),
      `options.defaults.channels["${CHANNEL.toUpperCase()}"]`,
    ],
  ])('of %s throws an error that names it where it is given in both cases', (_, act, name) => {
    const error = errorOf(act);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(`${name} is given twice`);
  });
});
