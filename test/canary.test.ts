import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { Meter } from '@opentelemetry/api';
import {
  createGuard,
  freeformGuard,
  type GuardOptions,
  type MiddlewareOptions,
  type Store,
  webhookReceiver,
} from 'freeform-guard';
import { recordMetrics } from 'freeform-guard/otel';
import { redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { situations } from './http/reasons.js';
import { keepSecret, recordLetOut, takeLeaks } from './support/canary.js';
import { createSmallWorld, type Reply, type ServiceOptions, sendPath, startService } from './support/service.js';
import {
  createWorld,
  type LogLine,
  PHONE,
  recordingLogger,
  TEXT,
  textMessage,
  type World,
  type WorldOptions,
} from './support/world.js';

const KEY = 'canary-key-0123456789';

/** An error as applications throw them: everything that must not leave is in its message, its fields and its cause. */
function tellTale(key: string = KEY): Error {
  const text = `${PHONE} ${TEXT} ${key} ${encodeURIComponent(PHONE)}`;
  const cause = Object.assign(new Error(text), { request: { headers: { authorization: `AccessKey ${key}` } } });
  return Object.assign(new Error(text, { cause }), { code: text, phone: PHONE, body: textMessage() });
}

/** What reaches a console or the process is let out as well. */
const onWarning = (warning: Error): void => recordLetOut('process warning', warning);

/** Whatever a guard of the process publishes: its decisions, and what a tracer makes spans of. */
const onEvent = (event: unknown): void => recordLetOut('event', event);
const onSpan = (message: unknown): void => recordLetOut('span', message);
const onSpans = { start: onSpan, end: onSpan, asyncStart: onSpan, asyncEnd: onSpan, error: onSpan };
const lookups = tracingChannel('freeform-guard:lookup');

/** What a metric of OpenTelemetry is given, at the moment when it is. */
const meter = {
  createCounter: () => ({ add: (...given: readonly unknown[]) => recordLetOut('metric', given) }),
  createHistogram: () => ({ record: (...given: readonly unknown[]) => recordLetOut('metric', given) }),
  createObservableGauge: () => ({ addCallback: () => {}, removeCallback: () => {} }),
} as unknown as Meter;

beforeEach(() => {
  keepSecret(KEY);
  subscribe('freeform-guard:decision', onEvent);
  lookups.subscribe(onSpans);
  keepSecret(encodeURIComponent(PHONE));
  for (const method of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => recordLetOut(`console.${method}`, args));
  }
  process.on('warning', onWarning);
});

afterEach(() => {
  process.off('warning', onWarning);
  unsubscribe('freeform-guard:decision', onEvent);
  lookups.unsubscribe(onSpans);
  vi.restoreAllMocks();
});

/** One request through a guarded service; all that can be read of the guard afterwards is recorded. */
async function drive(
  world: World,
  options: ServiceOptions = {},
  path = sendPath(world),
  body: unknown = textMessage(),
): Promise<Reply> {
  const stop = recordMetrics(world.guard, meter);
  const service = await startService(world, { handler: (_req, res) => void res.end('passed'), ...options });
  const reply = await service.call(path, body);
  recordLetOut('stats', world.guard.stats());
  recordLetOut('health', world.guard.health());
  stop();
  for (const { freeformGuard: left } of service.passed) recordLetOut('outcomes', left?.outcomes);
  return reply;
}

describe('scenario 54: neither key, phone number nor text gets out [R18, S3]', () => {
  const policies = [
    { onUnknown: 'allow' },
    { onUnknown: 'block' },
    { onUnknown: 'block', mode: 'observe' },
    { onUnknown: 'allow', mode: 'off' },
    { onUnknown: 'block', exposeExpiry: false, onContactNotFound: 'closed' },
  ] as const;

  it('for any reason under any policy', async () => {
    const seen = new Set<string>();
    for (const policy of policies) {
      for (const [reason, situation] of situations) {
        const guard = { defaults: policy, ...situation.world?.guard };
        const world = await createSmallWorld({ ...situation.world, guard, workspace: policy });
        await situation.arrange?.(world);
        const { message = textMessage, path = sendPath } = situation;
        const reply = await drive(world, {}, path(world), message());
        if (reply.window?.includes(`reason=${reason}`)) seen.add(reason);
        recordLetOut('outcome', await world.guard.check(world.send({ message: message() })));
        recordLetOut('peek', world.guard.peek(world.send({ message: message() })));
      }
    }
    expect([...seen].sort()).toEqual(situations.map(([reason]) => reason).sort());
  });

  it.each([401, 403, 404, 408, 409, 418, 429, 500, 501, 502, 503, 504, 200, 204, 302])(
    'when Bird answers %i and repeats all it was told',
    async (status) => {
      const echo = { code: PHONE, message: `${PHONE} ${TEXT} ${KEY} channel not found`, details: textMessage() };
      const headers = { 'retry-after': PHONE, location: `http://127.0.0.1/${PHONE}`, 'x-echo': KEY, date: TEXT };
      for (const kind of ['channel', 'contact', 'search']) {
        const world = await createSmallWorld({ workspace: { onUnknown: 'block' } });
        const body = status === 204 ? undefined : echo;
        world.sandbox.setFault((request) => (request.kind === kind ? { status, headers, body } : undefined));
        expect((await drive(world)).status).toBe(503);
      }
    },
  );

  it.each<[string, () => Promise<Response>]>([
    ['rejects', () => Promise.reject(tellTale())],
    [
      'throws at once',
      () => {
        throw tellTale();
      },
    ],
    ['rejects with text', () => Promise.reject(`${PHONE} ${TEXT} ${KEY}`)],
    ['gives text that is no JSON', async () => new Response(`${PHONE} ${TEXT} ${KEY}`)],
    ['gives another resource', async () => Response.json({ id: PHONE, name: TEXT, platformId: 7, note: KEY })],
    [
      'gives a platform of its own',
      async () => Response.json({ platformId: 'whatsapp', status: `${'x'.repeat(40)}${TEXT}` }),
    ],
    ['gives what is too large', async () => new Response(`${PHONE} ${TEXT}`.repeat(5_000))],
    [
      'gives a body that breaks',
      async () => new Response(new ReadableStream({ start: (body) => body.error(tellTale()) })),
    ],
    ['gives no response', async () => undefined as never],
  ])('when fetch %s', async (_, fetch) => {
    for (const onUnknown of ['allow', 'block'] as const) {
      const world = await createSmallWorld({ guard: { fetch }, workspace: { onUnknown } });
      expect((await drive(world)).window).toContain('verdict=unknown');
    }
  });

  const failing: readonly (readonly [string, (fail: () => never) => HookOptions])[] = [
    ['skip', (skip) => ({ middleware: { skip } })],
    ['resolve', (resolve) => ({ middleware: { resolve } })],
    ['resolve, later', (fail) => ({ middleware: { resolve: async () => fail() } })],
    ['handler', (handler) => ({ middleware: { handler } })],
    ['handler, later', (fail) => ({ middleware: { handler: async () => fail() } })],
    [
      'handler, behind next',
      (fail) => ({
        middleware: {
          handler: (_req, _res, next) => {
            next();
            fail();
          },
        },
      }),
    ],
    ['onDecision', (onDecision) => ({ guard: { onDecision } })],
    ['onDecision, later', (fail) => ({ guard: { onDecision: async () => fail() } })],
    ['onError', (onError) => ({ guard: { onError }, world: { workspace: { onUnknown: onError } }, body: {} })],
    ['onUnknown', (onUnknown) => ({ world: { workspace: { onUnknown } }, body: {} })],
    ['accessKey', (accessKey) => ({ world: { workspace: { accessKey } } })],
    ['accessKey, later', (fail) => ({ world: { workspace: { accessKey: async () => fail() } } })],
    ['workspaces', (workspaces) => ({ guard: { workspaces } })],
    ['workspaces, later', (fail) => ({ guard: { workspaces: async () => fail() } })],
    ['the logger', (fail) => ({ guard: { logger: { debug: fail, info: fail, warn: fail, error: fail } }, body: {} })],
    [
      'the store’s health',
      () => ({ guard: { store: storeWith({ health: () => ({ reachable: false, reason: `${KEY} ${PHONE}` }) }) } }),
    ],
    ['the store’s get', (get) => ({ guard: { store: storeWith({ get }) } })],
    ['the store’s get, later', (fail) => ({ guard: { store: storeWith({ get: async () => fail() }) } })],
    ['the store’s merge', (merge) => ({ guard: { store: storeWith({ merge }) }, isOpen: true })],
    [
      'the store’s merge, later',
      (fail) => ({ guard: { store: storeWith({ merge: async () => fail() }) }, isOpen: true }),
    ],
  ];

  it.each(failing)('when %s throws', async (_, hookOptions) => {
    const options = hookOptions(() => {
      throw tellTale();
    });
    const world = await createSmallWorld({ ...options.world, guard: { ...options.world?.guard, ...options.guard } });
    if (options.isOpen === true) world.customerWrites();
    const reply = await drive(world, { middleware: options.middleware }, sendPath(world), options.body);
    expect([200, 409]).toContain(reply.status);
  });

  it('when the function for workspaces gives options that are not valid', async () => {
    const invalid: readonly object[] = [
      { accessKey: `${KEY}\n` },
      { accessKey: [KEY] },
      { accessKey: KEY, baseUrl: `https://user:${KEY}@api.bird.com` },
      { accessKey: KEY, mode: TEXT },
      { accessKey: KEY, onUnknown: PHONE },
    ];
    for (const options of invalid) {
      const workspaces = (): never => options as never;
      const world = await createSmallWorld({ guard: { workspaces } });
      expect((await drive(world)).window).toContain('reason=workspace_unknown');
    }
  });

  it('when no logger is given, so that the console is told', async () => {
    for (const [, situation] of situations) {
      const guard = { ...situation.world?.guard, logger: undefined };
      const world = await createSmallWorld({ ...situation.world, guard });
      await situation.arrange?.(world);
      await drive(world, {}, situation.path?.(world), situation.message?.());
    }
    expect(console.warn).toHaveBeenCalled();
  });

  it('through an error that the application throws itself, which is not the guard’s to hide', async () => {
    const world = await createSmallWorld();
    world.customerWrites();
    const reply = await drive(world, { handler: (_req, _res, next) => next(new Error('the parcel is lost')) });
    expect([reply.status, world.logs]).toEqual([500, []]);
  });

  it('in errors of creation and reload', async () => {
    const { workspace, workspaceOptions: options, guard, channel } = await createSmallWorld();
    const { id } = workspace;
    const secret = `${KEY} ${PHONE} ${TEXT}`;
    const wrong: readonly object[] = [
      { accessKey: '' },
      { accessKey: `${KEY}\n` },
      { accessKey: secret },
      { accessKey: [KEY] },
      { accessKey: { key: KEY } },
      { ...options, baseUrl: `https://${KEY}@api.bird.com` },
      { ...options, baseUrl: `http://api.bird.com/?phone=${PHONE}` },
      { ...options, baseUrl: secret },
      { ...options, mode: secret },
      { ...options, onClosed: secret },
      { ...options, onUnknown: secret },
      { ...options, deadlineMs: secret },
      { ...options, safetyMarginMs: [PHONE] },
      { ...options, exposeExpiry: secret },
      { ...options, channels: secret },
      { ...options, channels: { [channel.id]: { mode: secret } } },
      { ...options, channels: { [channel.id]: secret } },
      { ...options, misspelt: secret },
    ];
    for (const workspaceOptions of wrong) {
      expectThrown(() => createGuard({ workspaces: { [id]: workspaceOptions } } as never));
      expectThrown(() => guard.reload({ [id]: workspaceOptions } as never));
      expectThrown(() => createGuard({ workspaces: { [id]: options }, defaults: workspaceOptions } as never));
    }
    for (const workspaces of [secret, [KEY], { [id]: KEY }, { [id]: null }]) {
      expectThrown(() => createGuard({ workspaces } as never));
      expectThrown(() => guard.reload(workspaces as never));
    }
    for (const part of ['store', 'clock', 'fetch', 'logger', 'defaults']) {
      expectThrown(() => createGuard({ workspaces: { [id]: options }, [part]: secret } as never));
    }
    for (const wrongGuard of [KEY, [KEY], { check: KEY }, { accessKey: KEY }]) {
      expectThrown(() => freeformGuard(wrongGuard as never));
    }
    for (const option of ['skip', 'resolve', 'handler', 'statusCode', 'misspelt']) {
      expectThrown(() => freeformGuard(guard, { [option]: secret } as never));
    }
    for (const wrongObservation of [{ address: `${PHONE}\ud800` }, { contactId: PHONE }, { at: secret }]) {
      const inbound = { workspaceId: id, channelId: channel.id, address: PHONE, at: 0, ...wrongObservation };
      expectThrown(() => guard.observeInbound(inbound));
    }
    expectThrown(() => guard.forget({ workspaceId: KEY, channelId: PHONE }));
  });
});

interface HookOptions {
  readonly middleware?: MiddlewareOptions;
  readonly world?: WorldOptions;
  readonly guard?: Partial<GuardOptions>;
  readonly body?: unknown;
  readonly isOpen?: boolean;
}

function storeWith(methods: Partial<Store>): Store {
  return { get: () => undefined, merge: () => undefined, forget: () => undefined, ...methods };
}

function expectThrown(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    recordLetOut('thrown', error);
    return;
  }
  throw new Error('nothing was thrown');
}

describe('what is made of secrets', () => {
  const secret = 'a-secret-of-the-redis-store';
  const signingKey = 'a-signing-key-of-a-webhook';
  const { workspace, url } = { workspace: '52ad151f-f7b4-46f9-a5c6-d3318e650c84', url: 'https://hooks.example.com/' };

  it.each<[string, () => unknown]>([
    ['a guard', () => createGuard({ workspaces: { [workspace]: { accessKey: KEY, signingKeys: [signingKey] } } })],
    ['the middleware', () => freeformGuard({ workspaces: { [workspace]: { accessKey: KEY } } })],
    [
      'a webhook receiver',
      () => {
        const guard = createGuard({ workspaces: { [workspace]: { accessKey: KEY } } });
        return webhookReceiver(guard, { publicUrl: url, workspaceId: workspace, signingKeys: [signingKey] });
      },
    ],
    [
      'a store over Redis',
      () => {
        const store = redisStore(createClient({ socket: { port: 1 } }), { secret });
        void store.close();
        return store;
      },
    ],
  ])('%s shows none of them, however it is looked at [S3]', (_, create) => {
    for (const one of [secret, signingKey]) keepSecret(one);
    const made = create();
    for (const options of [{ depth: null }, { depth: null, showHidden: true, getters: true }] as const) {
      recordLetOut('inspect', inspect(made, options));
    }
    recordLetOut('JSON', JSON.stringify(made));
    recordLetOut('own', JSON.stringify(Object.getOwnPropertyDescriptors(made as object)));
    expect(takeLeaks()).toEqual([]);
  });
});

describe('the watch itself', () => {
  it.each<[string, () => unknown]>([
    ['text', () => `reason: ${PHONE}`],
    ['a phone number without its plus', () => PHONE.slice(1)],
    ['a field', () => ({ fields: { deep: [{ text: TEXT }] } })],
    ['the name of a field', () => ({ [KEY]: true })],
    ['an error’s message', () => new Error(PHONE)],
    ['an error’s field', () => Object.assign(new Error('failed'), { body: TEXT })],
    ['an error’s cause', () => new Error('failed', { cause: new Error('inner', { cause: KEY }) })],
    ['an error within a field', () => ({ fields: { error: tellTale() } })],
    ['a header', () => ['X-Contact', PHONE]],
  ])('catches %s', async (_, value) => {
    for (const secret of [PHONE, TEXT]) keepSecret(secret);
    recordLetOut('here', 'nothing');
    expect(takeLeaks()).toEqual([]);
    recordLetOut('here', value());
    const leaks = takeLeaks();
    expect(leaks.length).toBeGreaterThan(0);
    for (const leak of leaks) expect(leak).toMatch(/^here: /);
    expect(takeLeaks()).toEqual([]);
  });

  it('catches what is published to a channel', () => {
    keepSecret(TEXT);
    channel('freeform-guard:decision').publish({ text: TEXT });
    lookups.error.publish({ error: new Error(PHONE) });
    keepSecret(PHONE);
    expect(takeLeaks().sort()).toEqual(expect.arrayContaining([`event: ${TEXT}`, `span: ${PHONE}`]));
  });

  it('catches what a logger of a world is told', async () => {
    keepSecret(TEXT);
    const lines: LogLine[] = [];
    recordingLogger(lines).debug?.({ text: TEXT }, 'told');
    expect(takeLeaks()).toEqual([`log debug: ${TEXT}`]);
  });

  it('catches what a guarded service answers by a leaking handler, in body and header', async () => {
    const world = await createWorld();
    const handler: NonNullable<MiddlewareOptions['handler']> = (_req, res) => {
      res.setHeader('X-Contact', PHONE);
      res.end(TEXT);
    };
    await drive(world, { middleware: { handler } });
    expect(takeLeaks().sort()).toEqual(
      [`response body: ${TEXT}`, `response head: ${PHONE}`, `response head: ${PHONE.slice(1)}`].sort(),
    );
  });

  it('refuses a secret that would be found by chance', () => {
    expect(() => keepSecret('short')).toThrow(RangeError);
  });
});
