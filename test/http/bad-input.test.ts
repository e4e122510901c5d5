import express from 'express';
import express4 from 'express4';
import fc from 'fast-check';
import { createGuard, freeformGuard, type Middleware, type ReroutePolicy, type SendRequest } from 'freeform-guard';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSmallWorld,
  onConnect,
  onExpress4,
  onExpress5,
  onNodeHttp,
  type Reply,
  type Service,
  type ServiceOptions,
  sendPath,
  startService,
} from '../support/service.js';
import { PHONE, templateMessage, textMessage, type World, type WorldOptions } from '../support/world.js';
import { parseDictionary } from './request/structured-field.js';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** All that the guard may ever ask for. */
const asked = new RegExp(
  `^GET /workspaces/${uuid}/channels/${uuid}(/contacts/${uuid})?$|^POST /workspaces/${uuid}/contacts/search$`,
);

const pass: Middleware = (_req, res) => void res.end('passed');

interface Scene {
  readonly world: World;
  readonly service: Service;
}

/** A service that sends nothing on, so that every request to Bird is the guard's own. */
async function start(options: WorldOptions = {}, service: ServiceOptions = {}): Promise<Scene> {
  const sandbox = { readsPerSecond: Number.POSITIVE_INFINITY, sendsPerSecond: Number.POSITIVE_INFINITY };
  const workspace = { lookupBurst: 10_000, lookupsPerSecond: 10_000, ...options.workspace };
  const world = await createSmallWorld({ sandbox, ...options, workspace });
  return { world, service: await startService(world, { handler: pass, ...service }) };
}

function reasonOf({ window }: Reply): unknown {
  return parseDictionary(window ?? '').verdict?.parameters.reason;
}

/** What every answer must be, whatever was asked. */
function expectDefined(reply: Reply, { sandbox }: World): void {
  expect([200, 409, 422, 503]).toContain(reply.status);
  if (reply.status === 503) expect(reply.headers['retry-after']).toBe('1');
  if (reply.status !== 200) expect(reply.body).toMatchObject({ status: reply.status, code: expect.any(String) });
  expect(parseDictionary(reply.window ?? '')).toHaveProperty('verdict');
  for (const { method, path } of sandbox.requests()) expect(`${method} ${path}`).toMatch(asked);
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const shapeOf = (prototype: object): unknown => Reflect.ownKeys(prototype);
let shapes: readonly unknown[] = [];

beforeEach(() => {
  shapes = prototypes.map(shapeOf);
});

afterEach(() => {
  expect(prototypes.map(shapeOf)).toEqual(shapes);
});

describe('a body that nobody parsed', () => {
  const asTemplate = JSON.stringify(templateMessage());

  const parsers: readonly (readonly [string, ServiceOptions, string])[] = [
    ['undefined, without a parser on Express 5', { framework: onExpress5, parser: 'none' }, 'application/json'],
    ['undefined, without a parser on Express 4', { framework: onExpress4, parser: 'none' }, 'application/json'],
    ['undefined, without a parser on Connect', { framework: onConnect, parser: 'none' }, 'application/json'],
    ['undefined, without a parser on node:http', { framework: onNodeHttp, parser: 'none' }, 'application/json'],
    ['undefined, of a type that the parser of Express 5 leaves', { framework: onExpress5 }, 'text/plain'],
    [
      'an empty object, of a type that the parser of Express 4 leaves',
      { framework: onExpress4, parser: express4.json() },
      'text/plain',
    ],
    ['a Buffer', { parser: express.raw({ type: () => true }) }, 'application/json'],
    ['a string', { parser: express.text({ type: () => true }) }, 'application/json'],
    ['a form', { parser: express.urlencoded({ extended: true }) }, 'application/x-www-form-urlencoded'],
    [
      'a form of the simple kind',
      { parser: express.urlencoded({ extended: false }) },
      'application/x-www-form-urlencoded',
    ],
  ];

  it.each(parsers)(
    'scenario 45: %s passes, flagged and counted, and is never a template [R1]',
    async (_, options, type) => {
      const { world, service } = await start({}, options);
      const headers = { 'content-type': type };
      for (const body of [asTemplate, JSON.stringify(textMessage()), '']) {
        const reply = await service.send(body, { headers });
        expect(reply).toMatchObject({ status: 200, text: 'passed' });
        expect(reply.window).toBe('verdict=unknown;reason=unclassified_message, source=none');
      }
      expect(world.guard.stats().decisions).toEqual({ unclassified_message: 3 });
      const warnings = world.logs.filter(({ level }) => level === 'warn' || level === 'error');
      expect(warnings).toEqual([
        { level: 'warn', fields: { reason: 'unclassified_message' }, text: expect.stringContaining('express.json') },
      ]);
      expect(world.sandbox.requests()).toEqual([]);
    },
  );

  it.each(parsers)('scenario 45: %s is answered 422 where the policy is to block [R1]', async (_, options, type) => {
    const { world, service } = await start({ workspace: { onUnknown: 'block' } }, options);
    const reply = await service.send(asTemplate, { headers: { 'content-type': type } });
    expect(reply).toMatchObject({ status: 422, body: { code: 'unclassified_message', retryable: false } });
    expect(world.guard.stats().decisions).toEqual({ unclassified_message: 1 });
  });
});

describe('a parsed body', () => {
  const loose = { parser: express.json({ strict: false, limit: '4mb' }) };
  const contact = (entry: unknown): object => textMessage({ receiver: { contacts: [entry] } });
  const identified = (identifierValue: unknown): object => contact({ identifierKey: 'phonenumber', identifierValue });
  const template = (value: unknown, change: object = {}): object => ({
    ...templateMessage(),
    template: value,
    ...change,
  });
  const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const receiver = '"receiver":{"contacts":[{}]}';

  it.each<[string, unknown, string]>([
    // What is no message
    ['null', 'null', 'unclassified_message'],
    ['a boolean', 'true', 'unclassified_message'],
    ['a number', '42', 'unclassified_message'],
    ['a text', JSON.stringify(JSON.stringify(templateMessage())), 'unclassified_message'],
    ['an empty object', {}, 'unclassified_message'],
    ['an empty array', [], 'unclassified_message'],
    ['an array of templates', [templateMessage()], 'unclassified_message'],
    ['a batch on the path of a message', { messageRequests: [templateMessage()] }, 'unclassified_message'],
    ['a message in an envelope', { message: templateMessage() }, 'unclassified_message'],
    ['a template in __proto__', `{"__proto__":${JSON.stringify(templateMessage())}}`, 'unclassified_message'],
    ['a template in constructor', { constructor: { prototype: templateMessage() } }, 'unclassified_message'],
    ['deep nesting', deep(10_000), 'unclassified_message'],
    ['an array that is huge', Array.from({ length: 100_000 }, () => 0), 'unclassified_message'],
    // Who it is for
    ['no receiver', { body: null }, 'address_unresolved'],
    ['a receiver of null', textMessage({ receiver: null }), 'address_unresolved'],
    ['a receiver that is an array', textMessage({ receiver: [] }), 'address_unresolved'],
    ['no contacts', textMessage({ receiver: { contacts: [] } }), 'address_unresolved'],
    ['contacts that are an object', textMessage({ receiver: { contacts: { 0: {} } } }), 'address_unresolved'],
    ['contacts that are a text', textMessage({ receiver: { contacts: 'everybody' } }), 'address_unresolved'],
    ['a contact of null', contact(null), 'address_unresolved'],
    ['a contact that is an array', contact([]), 'address_unresolved'],
    ['a contact that is a number', contact(31_612_345_678), 'address_unresolved'],
    [
      'a contact in __proto__',
      `{${receiver.replace('{}', `{"__proto__":{"id":"${'0'.repeat(36)}"}}`)},"body":{}}`,
      'address_unresolved',
    ],
    [
      '1 000 contacts of nothing',
      textMessage({ receiver: { contacts: Array.from({ length: 1_000 }, () => null) } }),
      'address_unresolved',
    ],
    [
      '5 000 contacts of nothing',
      textMessage({ receiver: { contacts: Array.from({ length: 5_000 }, () => null) } }),
      'too_many_recipients',
    ],
    ['an identifier that is a number', identified(31_612_345_678), 'address_unresolved'],
    ['an identifier that is an object', identified({ toString: 'no' }), 'address_unresolved'],
    ['an identifier that is an array', identified(['+31612345678']), 'address_unresolved'],
    ['an identifier that is empty', identified(''), 'address_unresolved'],
    ['an identifier of spaces', identified(' \t'), 'address_unresolved'],
    ['an identifier with a lone surrogate', identified('+3161234\ud800'), 'address_unresolved'],
    ['an identifier of 1 MB', identified('9'.repeat(1_000_000)), 'address_unresolved'],
    ['an identifier with NUL', identified('+3161234\u0000'), 'contact_not_found'],
    ['an identifier with CRLF', identified('+316\r\nX-Evil: 1'), 'contact_not_found'],
    ['an identifier that is a path', identified('../../channels'), 'contact_not_found'],
    [
      'an identifier that is a query',
      identified('+31699999999&contactIdentifierValue=+31600000000'),
      'contact_not_found',
    ],
    ['a key of 1 MB', contact({ identifierKey: 'k'.repeat(1_000_000), identifierValue: '+316' }), 'address_unresolved'],
    [
      'a key of __proto__',
      contact({ identifierKey: '__proto__', identifierValue: 'constructor' }),
      'contact_not_found',
    ],
    ['an id of ..', contact({ id: '..' }), 'bad_id'],
    ['an id of %2e%2e', contact({ id: '%2e%2e' }), 'bad_id'],
    ['an id with a slash', contact({ id: '../channels' }), 'bad_id'],
    ['an id with a query', contact({ id: '00000000-0000-4000-8000-00000000000?' }), 'bad_id'],
    ['an id with a fragment', contact({ id: '00000000-0000-4000-8000-00000000000#' }), 'bad_id'],
    ['an id with a backslash', contact({ id: '..\\..\\' }), 'bad_id'],
    ['an id with CRLF', contact({ id: '00000000-0000-4000-8000-000000000000\r\n' }), 'bad_id'],
    ['an id with NUL', contact({ id: '00000000-0000-4000-8000-00000000000\u0000' }), 'bad_id'],
    ['an id with a lone surrogate', contact({ id: '\udfff' }), 'bad_id'],
    ['an id of 1 MB', contact({ id: '0'.repeat(1_000_000) }), 'bad_id'],
    ['an id that is empty', contact({ id: '' }), 'bad_id'],
    ['an id that is an object', contact({ id: { toLowerCase: 1 } }), 'bad_id'],
    ['an id of constructor', contact({ id: 'constructor' }), 'bad_id'],
    // Whether it is a template
    ['a template that is empty', template({}), 'service_window_closed'],
    ['a template of null', template(null), 'service_window_closed'],
    ['a template that is a text', template('welcome'), 'service_window_closed'],
    ['a template that is true', template(true), 'service_window_closed'],
    ['a template in an array', template([templateMessage().template]), 'service_window_closed'],
    ['a template without a name', template({ projectId: '' }), 'service_window_closed'],
    ['a template whose name is a number', template({ projectId: 42 }), 'service_window_closed'],
    ['a template in another case beside it', { ...templateMessage(), Template: {} }, 'service_window_closed'],
    [
      'a template in another case alone',
      template(undefined, { TEMPLATE: templateMessage().template }),
      'service_window_closed',
    ],
    ['a template and an empty body', template({ projectId: 'p' }, { body: {} }), 'service_window_closed'],
    ['a template and a body of false', template({ projectId: 'p' }, { BODY: false }), 'service_window_closed'],
    [
      'a template in __proto__ of a message',
      `{"receiver":${JSON.stringify(textMessage().receiver)},"__proto__":${JSON.stringify(templateMessage())}}`,
      'service_window_closed',
    ],
    [
      'a name in __proto__ of a template',
      `{"receiver":${JSON.stringify(textMessage().receiver)},"template":{"__proto__":{"projectId":"p"}}}`,
      'service_window_closed',
    ],
    [
      'a body that the last of its keys takes away',
      `{"receiver":${JSON.stringify(textMessage().receiver)},"template":{"name":"n"},"body":{},"body":null}`,
      'template',
    ],
    [
      'a body that the last of its keys brings',
      `{"receiver":${JSON.stringify(textMessage().receiver)},"template":{"name":"n"},"body":null,"body":{}}`,
      'service_window_closed',
    ],
    // When it is for
    ['a schedule that is no instant', textMessage({ scheduledFor: 'soon' }), 'service_window_closed'],
    ['a schedule that is an object', textMessage({ scheduledFor: {} }), 'service_window_closed'],
    ['a schedule of null', textMessage({ scheduledFor: null }), 'service_window_closed'],
    [
      'a body that is nested deeply',
      `{"receiver":${JSON.stringify(textMessage().receiver)},"body":${deep(10_000)}}`,
      'service_window_closed',
    ],
  ])('%s has a defined answer [S9]', async (_, body, reason) => {
    const { world, service } = await start({}, loose);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await service.send(text);
    expect(reasonOf(reply)).toEqual({ token: reason });
    expectDefined(reply, world);
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onUnknown: 'block' } });
    expectDefined(await service.send(text), world);
  });

  it('takes nothing from a prototype that somebody has polluted', async () => {
    const world = await createSmallWorld();
    const { guard, send } = world;
    // Without a network: what a polluted prototype does to node's own is not the question.
    const answers = [
      JSON.stringify({ platformId: 'whatsapp', status: 'active' }),
      JSON.stringify({ serviceWindowExpireAt: null }),
    ];
    const fetch = async (): Promise<Response> => {
      const body = [new TextEncoder().encode(answers.shift())];
      return { status: 200, headers: { get: () => null }, body } as never;
    };
    const alone = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: world.sandbox.clock,
      fetch,
    });
    guard.close();
    const polluted = { template: templateMessage().template, id: world.contact.id, isPermanentSession: true };
    for (const [name, value] of Object.entries(polluted)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true });
    }
    const reasons: string[] = [];
    try {
      const { receiver } = textMessage();
      const byId = { id: world.contact.id };
      const closed = await alone.check(send({ contact: byId, message: { receiver } }));
      const nobody = await alone.check(send({ contact: {}, message: contact({}) }));
      reasons.push(closed.decision.reason, nobody.decision.reason);
    } finally {
      for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name);
    }
    expect(reasons).toEqual(['service_window_closed', 'address_unresolved']);
  });

  it('of a schedule that is no instant is unknown where the window is open', async () => {
    const { world, service } = await start();
    world.customerWrites();
    expect(reasonOf(await service.send(textMessage({ scheduledFor: 'soon' })))).toEqual({
      token: 'unclassified_message',
    });
  });
});

describe('an id in the path', () => {
  it.each([
    '..',
    '%2e%2e',
    '.%2e',
    '%2E%2E%2F',
    'a%2fb',
    '%2f..%2f..%2fchannels',
    '%5c..%5c',
    '\\',
    '%3f',
    '%23',
    '%0d%0aX-Evil:%201',
    '%00',
    '%ed%a0%80',
    '%',
    '%zz',
    '%c0%ae%c0%ae',
    '0000-0000',
    '00000000-0000-4000-8000-00000000000g',
    '%EF%BC%90'.repeat(36),
    '00000000_0000_4000_8000_000000000000',
    '{00000000-0000-4000-8000-000000000000}',
    'constructor',
    '__proto__',
    'x'.repeat(8_000),
  ])('of %s is a bad id: defined, and nothing is read [R5, S1]', async (id) => {
    const { world, service } = await start();
    const { workspace, channel } = world;
    const paths = [
      `/workspaces/${id}/channels/${channel.id}/messages`,
      `/workspaces/${workspace.id}/channels/${id}/messages`,
      `/workspaces/${workspace.id}/channels/${id}/batch/messages`,
    ];
    for (const path of paths) {
      const body = path.includes('batch') ? { messageRequests: [textMessage()] } : textMessage();
      const reply = await service.call(path, body);
      expect(reply.status).toBe(200);
      expect(reasonOf(reply)).toEqual({ token: 'bad_id' });
    }
    const conversation = await service.call(`/workspaces/${workspace.id}/conversations/${id}/messages`, textMessage());
    expect(reasonOf(conversation)).toEqual({ token: 'bad_id' });
    expect(world.sandbox.requests()).toEqual([]);
  });

  it.each(['?', '#'])('that ends the path at %s leaves no send', async (id) => {
    const { world, service } = await start();
    const reply = await service.call(sendPath(world).replace(world.channel.id, id), textMessage());
    expect(reply).toMatchObject({ status: 200, window: undefined });
  });

  it('in another case is the same id [R5]', async () => {
    const { world, service } = await start();
    const { workspace, channel } = world;
    await service.call(sendPath(world), textMessage());
    const path = `/workspaces/${workspace.id.toUpperCase()}/channels/${channel.id.toUpperCase()}/messages`;
    expect((await service.call(path, textMessage())).body).toMatchObject({ channelId: channel.id });
    expect(world.guard.stats().lookups).toMatchObject({ channel: 1, contactId: 1 });
  });
});

describe('an id from a resolve hook', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', { length: 36, toLowerCase: () => '../'.repeat(12) }],
    ['an array', ['00000000-0000-4000-8000-000000000000']],
    ['a symbol', Symbol('id')],
    ['dots', '..'],
    ['1 MB', 'a'.repeat(1_000_000)],
    ['36 dots and slashes', '../'.repeat(12)],
    ['CRLF', '00000000-0000-4000-8000-0000000000\r\n'],
    ['lone surrogates', '\ud800'.repeat(36)],
  ])('that is %s is a bad id', async (_, id) => {
    const world = await createSmallWorld();
    for (const change of [{ workspaceId: id }, { channelId: id }, { contact: { id } }]) {
      if (id === undefined || id === null) {
        if ('contact' in change) continue;
      }
      const resolve = (): never => world.send(change as never) as never;
      const service = await startService(world, { handler: pass, guards: [freeformGuard(world.guard, { resolve })] });
      const reply = await service.call('/reply', {});
      expect(reply.status).toBe(200);
      expect(reasonOf(reply)).toEqual({ token: 'bad_id' });
    }
    expect(world.sandbox.requests()).toEqual([]);
  });
});

describe('a send from a resolve hook', () => {
  const raise = (): never => {
    throw new Error('the record is not loaded');
  };

  it.each<[string, (send: SendRequest) => object]>([
    ['a field of it', (send) => Object.defineProperty(send, 'channelId', { get: raise, enumerable: true })],
    ['its contact', (send) => ({ ...send, contact: Object.defineProperty({}, 'id', { get: raise }) })],
  ])('is unknown where %s throws', async (_, spoil) => {
    const { world } = await start();
    for (const resolve of [() => spoil(world.send()), async () => spoil(world.send())]) {
      const guards = [freeformGuard(world.guard, { resolve: resolve as () => SendRequest })];
      const service = await startService(world, { handler: pass, guards });
      const reply = await service.call('/reply', {});
      expect([reply.status, reasonOf(reply)]).toEqual([200, { token: 'unclassified_message' }]);
    }
  });

  it('goes to the error handler where only what nobody reads before throws', async () => {
    const onClosed: ReroutePolicy = ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: send.channelId ?? '', message: templateMessage() }],
    });
    const { world } = await start({ workspace: { onClosed, onMixed: 'split' } });
    world.customerWrites();
    const message = Object.defineProperty(textMessage(), 'tags', { get: raise, enumerable: true });
    const closed = {
      id: world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31687654321' }] }).id,
    };
    const sends = [world.send({ message }), world.send({ contact: closed })];
    const guards = [freeformGuard(world.guard, { resolve: async () => sends, rewrite: 'handler-sends' })];
    const service = await startService(world, { handler: pass, guards });
    expect((await service.call('/reply', {})).status).toBe(500);
  });
});

describe('whatever is sent', () => {
  const loose = { parser: express.json({ strict: false, limit: '4mb' }) };
  const names = [
    'template',
    'Template',
    'body',
    'BODY',
    'text',
    'receiver',
    'contacts',
    'messageRequests',
    'scheduledFor',
  ];
  const odd = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length', ''];
  const key = fc.oneof(fc.constantFrom(...names, ...odd), fc.string({ unit: 'binary', maxLength: 8 }));
  const leaf = fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1e308, '', '..', 'template', '\ud800', '\u0000', '+31600000000'),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom<unknown>(templateMessage().template, { type: 'text' }),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.uniqueArray(fc.tuple(key, tie('tree')), { maxLength: 5, selector: ([name]) => name }).map(asJson),
    ),
  }));

  /** `Object.fromEntries` keeps `__proto__` as an own property, as `JSON.parse` does. */
  function asJson(entries: readonly (readonly [string, unknown])[]): object {
    return Object.fromEntries(entries);
  }

  it('the answer is defined, and only Bird’s own paths are read [R4, S11]', async () => {
    for (const onUnknown of ['allow', 'block'] as const) {
      const { world, service } = await start({ workspace: { onUnknown } }, loose);
      const property = fc.asyncProperty(tree, fc.boolean(), async (body, isBatch) => {
        const path = sendPath(world, isBatch ? 'batch/messages' : 'messages');
        expectDefined(await service.call(path, JSON.stringify(body)), world);
      });
      await fc.assert(property, { numRuns: 150 });
    }
  });

  it('nothing beside a body makes it a template [R3, S16]', async () => {
    const { service } = await start({}, loose);
    const junk = fc.uniqueArray(fc.tuple(key, tree), { maxLength: 6, selector: ([name]) => name });
    const property = fc.asyncProperty(junk, fc.boolean(), async (entries, isFirst) => {
      const others = entries.filter(([name]) => name !== 'body' && name !== 'receiver');
      const own = Object.entries(textMessage());
      const body = asJson(isFirst ? [...own, ...others] : [...others, ...own]);
      const reply = await service.send(JSON.stringify(body));
      expect(reasonOf(reply)).toEqual({ token: 'service_window_closed' });
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('no id but a UUID gets into a path [R5, S1]', async () => {
    const { world, service } = await start();
    const part = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '?',
      '#',
      '%',
      '2e',
      '\r\n',
      '\u0000',
      '-',
      '0',
      'é',
      '\u{1f4e6}',
    );
    const id = fc.array(part, { minLength: 1, maxLength: 40 }).map((parts) => parts.join(''));
    const property = fc.asyncProperty(id, id, fc.boolean(), async (workspaceId, channelId, isOwn) => {
      const [one, other] = [
        isOwn ? world.workspace.id : encodeURIComponent(workspaceId),
        encodeURIComponent(channelId),
      ];
      const reply = await service.call(`/workspaces/${one}/channels/${other}/messages`, textMessage());
      expect(reasonOf(reply)).toEqual({ token: 'bad_id' });
    });
    await fc.assert(property, { numRuns: 100 });
    expect(world.sandbox.requests()).toEqual([]);
  });

  it('a contact of any shape is asked for within Bird’s own paths', async () => {
    const { world, service } = await start();
    const name = fc.constantFrom(
      'id',
      'identifierKey',
      'identifierValue',
      'identifiers',
      'platformAddress',
      'platformAddressSelector',
    );
    const value = fc.oneof(
      tree,
      fc.constantFrom(PHONE, world.contact.id, world.contact.id.toUpperCase(), 'phonenumber'),
    );
    const contact = fc.uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([field]) => field }).map(asJson);
    const property = fc.asyncProperty(fc.array(contact, { maxLength: 3 }), async (contacts) => {
      expectDefined(await service.send(JSON.stringify(textMessage({ receiver: { contacts } }))), world);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
