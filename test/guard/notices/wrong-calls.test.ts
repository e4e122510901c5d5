import {
  blockedResponse,
  type Guard,
  guardRequest,
  isStillValid,
  memoryStore,
  type Outcome,
  webhookReceiver,
  windowHeader,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { keepSecret } from '../../support/canary.js';
import { createSmallWorld, sendPath } from '../../support/service.js';
import { createWorld, PHONE, textMessage, type World } from '../../support/world.js';

const number = Number(PHONE);

/** What callers without types give by mistake, and the word for it. */
const mistakes: readonly (readonly [received: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', number],
  ['a string', PHONE],
  ['a boolean', true],
];

type Call = (guard: Guard, value: never) => unknown;

const calls: readonly (readonly [name: string, call: Call, text: string])[] = [
  ['observeInbound', (guard, value) => guard.observeInbound(value), 'observeInbound: the argument'],
  ['observeRefusal', (guard, value) => guard.observeRefusal(value), 'observeRefusal: the argument'],
  ['forget', (guard, value) => guard.forget(value), 'forget: the target'],
  ['checkAll', (guard, value) => guard.checkAll(value), 'checkAll: sends'],
  ['isStillValid', (_, value) => isStillValid(value), 'isStillValid: outcome'],
  ['blockedResponse', (_, value) => blockedResponse(value), 'blockedResponse: outcomes'],
  ['blockedResponse of', (_, value) => blockedResponse([value]), 'blockedResponse: outcomes[0]'],
  ['windowHeader', (_, value) => windowHeader(value), 'windowHeader: outcomes'],
  ['windowHeader of', (_, value) => windowHeader([value]), 'windowHeader: outcomes[0]'],
  ['guardRequest', (guard, value) => guardRequest(guard, value), 'guardRequest: request must be an object'],
  [
    'guardRequest with a guard',
    (_, value) => guardRequest(value, { method: 'POST', url: '/' }),
    'guard must come from',
  ],
  ['webhookReceiver', (_, value) => webhookReceiver(value, {} as never), 'guard must come from createGuard'],
];

/** What a call throws, or rejects with. */
async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It neither threw nor rejected');
}

describe('a call with an argument that is none names it, and its type alone (field C)', () => {
  it.each(calls)('%s', async (_name, call, text) => {
    keepSecret(String(number));
    const { guard } = await createWorld();
    for (const [received, value] of mistakes) {
      const error = await errorOf(() => call(guard, value as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(text);
      expect(error.message).toContain(`received ${received}`);
      expect(error.message).not.toContain(String(number));
    }
  });

  it.each(calls.filter(([name]) => !name.includes('guard') && name !== 'webhookReceiver'))(
    '%s with a promise says to await it',
    async (_name, call) => {
      const { guard } = await createWorld();
      const error = await errorOf(() => call(guard, Promise.resolve({}) as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/await/);
    },
  );

  it('one send for a list of them', async () => {
    const world = await createWorld();
    const error = await errorOf(() => world.guard.checkAll(world.send() as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe('checkAll: sends must be an array of sends; received an object');
    expect(await world.guard.checkAll([])).toEqual([]);
  });

  it('an object that is no outcome', async () => {
    for (const value of [{}, { action: 'send' }, { decision: {} }] as unknown as Outcome[]) {
      expect(() => isStillValid(value)).toThrow('isStillValid: outcome must be an outcome');
      expect(() => windowHeader([value])).toThrow('windowHeader: outcomes[0] must be an outcome');
    }
    expect(() => windowHeader([])).toThrow('windowHeader: outcomes is empty');
    expect(blockedResponse([])).toBeUndefined();
  });

  it.each([null, 5, 'max', []])('memoryStore(%j)', (options) => {
    expect(() => memoryStore(options as never)).toThrow('memoryStore: options must be a plain object; received ');
  });
});

describe('guardRequest', () => {
  const request = (world: World): { method: string; url: string; body: unknown } => ({
    method: 'POST',
    url: sendPath(world),
    body: textMessage(),
  });

  it.each(['', '?a=b', '#x'])('takes a URL for its text: %j behind the path', async (rest) => {
    const world = await createSmallWorld();
    world.customerWrites();
    const { url, ...others } = request(world);
    const asUrl = new URL(`${url}${rest}`, 'https://api.bird.com');
    /** As hosts have it: of another class, with the fields of a URL. */
    const alike = { pathname: asUrl.pathname, search: asUrl.search } as URL;
    for (const given of [asUrl, alike]) {
      const decision = await guardRequest(world.guard, { ...others, url: given });
      expect(decision?.outcomes).toMatchObject([{ decision: { reason: 'service_window_open' } }]);
    }
  });

  it('gives a hook the text of a URL', async () => {
    const world = await createSmallWorld();
    const seen: string[] = [];
    const resolve = ({ url }: { readonly url: string }): undefined => void seen.push(url);
    await guardRequest(world.guard, { method: 'POST', url: new URL('https://a.example/reply?b=c') }, { resolve });
    expect(seen).toEqual(['/reply?b=c']);
  });

  it.each<[string, object, string]>([
    ['no method', { method: undefined }, 'request.method must be a string; received undefined'],
    ['a method that is none', { method: 5 }, 'request.method must be a string; received a number'],
    ['no url', { url: undefined }, 'request.url must be a string or a URL; received undefined'],
    ['a url that is none', { url: 5 }, 'request.url must be a string or a URL; received a number'],
    ['an object that is no URL', { url: {} }, 'request.url must be a string or a URL; received an object'],
  ])('refuses %s, which would pass undecided', async (_name, change, text) => {
    const world = await createSmallWorld();
    const error = await errorOf(() => guardRequest(world.guard, { ...request(world), ...change }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(text);
  });

  it('needs no URL on a route of its own, whose parameters say where it goes', async () => {
    const world = await createSmallWorld();
    world.customerWrites();
    const params = { workspaceId: world.workspace.id, channelId: world.channel.id };
    const { url: _, ...others } = request(world);
    const decision = await guardRequest(world.guard, { ...others, params, route: {} } as never);
    expect(decision?.outcomes).toMatchObject([{ decision: { reason: 'service_window_open' } }]);
  });
});

describe('observeRefusal with a code that says nothing (field C)', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'received undefined'],
    ['null', null, 'received null'],
    ['an empty text', '', 'received an empty string'],
    ['an object', { code: 131047 }, 'received an object'],
    ['a code that is not of the window', 131026, 'is none that speaks of the window'],
    ['words of no window', `no route to ${PHONE}`, 'is none that speaks of the window'],
  ])('tells once what is heard: %s', async (_name, code, text) => {
    keepSecret(PHONE.slice(1));
    const world = await createWorld();
    const told = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    world.customerWrites();
    await world.guard.check(world.send());
    for (let count = 0; count < 3; count += 1) {
      world.guard.observeRefusal({ ...told, sentAt: world.sandbox.clock.now(), code: code as string });
    }
    expect(world.guard.peek(world.send())?.decision.reason).toBe('service_window_open');
    const lines = world.logs.filter(({ level }) => level === 'warn');
    expect(lines).toMatchObject([{ fields: { field: 'code' }, text: expect.stringContaining(text) }]);
    for (const known of ['131047', '470', '2018278', '45047', '63016']) expect(lines[0]?.text).toContain(known);
  });

  it.each([131047, '131047', '10/2018278', 45047, '(#10) Sent outside of allowed window'])('hears %s', async (code) => {
    const world = await createWorld();
    const told = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    await world.guard.observeRefusal({ ...told, sentAt: world.sandbox.clock.now(), code });
    expect(world.logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('tells of a missing one and of an unknown one', async () => {
    const world = await createWorld();
    const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    const sentAt = world.sandbox.clock.now();
    for (const code of [1, undefined, 2, null, 'x']) {
      world.guard.observeRefusal({ ...ids, sentAt, code: code as number });
    }
    expect(world.logs.filter(({ level }) => level === 'warn').length).toBe(2);
  });
});
