import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { toChannel } from '../../../src/core/reroute/to-channel.js';
import { toTemplate } from '../../../src/core/reroute/to-template.js';
import { createGuard, type Guard } from '../../../src/guard/guard.js';
import { holdUntilReply } from '../../../src/held/hold-until-reply.js';
import { fetchGuard } from '../../../src/http/fetch/fetch-guard.js';
import { guardedFetch } from '../../../src/http/fetch/guarded-fetch.js';
import { freeformGuard } from '../../../src/http/middleware/freeform-guard.js';
import { guardRequest } from '../../../src/http/request/guard-request.js';
import { windowStatus } from '../../../src/http/status/window-status.js';
import { webhookReceiver } from '../../../src/http/webhook/webhook-receiver.js';
import { resolveRedisOptions } from '../../../src/redis/options.js';
import { memoryHeldStore } from '../../../src/stores/memory-held-store.js';
import { memoryStore } from '../../../src/stores/memory-store.js';
import { decisionLog } from '../../../src/telemetry/log/decision-log.js';
import { asyncProperty, type Property } from '../property.js';
import { CHANNEL, CONTACT, KEY, PHONE, refuseSecrets, WORKSPACE } from '../values/ids.js';
import { junk, text } from '../values/json.js';
import { createWorld } from '../values/world.js';

const world = createWorld({ bird: () => ({ body: { platformId: 'sms' } }) });
const { guard } = world;

type Options = Readonly<Record<string, unknown>>;

/** Something that is made with options. */
interface Made {
  /** Options that are right, with every name that there is. */
  readonly right: Options;
  /** Those without which nothing can be made. */
  readonly needed: readonly string[];
  /** Makes it, and uses it where that is not the matter of a server. */
  readonly make: (options: Options) => unknown;
}

const nothing = (): undefined => undefined;

const policy: Options = {
  mode: 'enforce',
  onClosed: 'block',
  onMixed: 'split',
  onUnknown: 'allow',
  safetyMarginMs: 10_000,
  deadlineMs: 800,
  trustPermanentSession: true,
  onContactNotFound: 'unknown',
  exposeExpiry: true,
  isOptedOut: () => false,
  optedOutBlocksTemplates: false,
};
const workspace: Options = {
  ...policy,
  accessKey: KEY,
  baseUrl: 'https://api.bird.com',
  lookupsPerSecond: 40,
  lookupBurst: 10,
  signingKeys: [KEY],
  channels: { [CHANNEL]: policy },
};

/** A guard with such options decides. */
async function decides(options: Options): Promise<void> {
  const made = createGuard({ store: smallStore, fetch, logger: silent, clock: world.clock, ...options } as never);
  const send = { workspaceId: WORKSPACE, channelId: CHANNEL, contact: { id: CONTACT } };
  const { decision, action } = await world.settled(made.check(send));
  assert.ok(decision.reason.length > 0 && action.length > 0);
  refuseSecrets('the guard', [made.stats(), made.health()]);
}

const smallStore = memoryStore({ max: 10 });
const silent = { warn: nothing, error: nothing };
const fetch = async (): Promise<Response> =>
  ({ status: 200, headers: { get: () => null }, body: [Buffer.from('{"platformId":"sms"}')] }) as unknown as Response;

const made: Readonly<Record<string, Made>> = {
  createGuard: {
    right: {
      workspaces: { [WORKSPACE]: { accessKey: KEY } },
      defaults: { mode: 'observe' },
      store: smallStore,
      clock: world.clock,
      fetch,
      logger: silent,
      onDecision: nothing,
      onError: nothing,
    },
    needed: ['workspaces'],
    make: (options) => decides('workspaces' in options ? options : { ...options, workspaces: undefined }),
  },
  workspace: {
    right: workspace,
    needed: ['accessKey'],
    make: (options) => decides({ workspaces: { [WORKSPACE]: options } }),
  },
  channel: {
    right: policy,
    needed: [],
    make: (options) => decides({ workspaces: { [WORKSPACE]: { accessKey: KEY, channels: { [CHANNEL]: options } } } }),
  },
  reload: {
    right: workspace,
    needed: ['accessKey'],
    make: (options) => throwaway().reload({ [WORKSPACE]: options } as never),
  },
  freeformGuard: {
    right: {
      skip: nothing,
      resolve: nothing,
      rewrite: 'handler-sends',
      handler: nothing,
      statusCode: 422,
      maxRecipients: 10,
    },
    needed: [],
    make: (options) => freeformGuard(guard, options),
  },
  guardRequest: {
    right: { resolve: nothing, rewrite: nothing, statusCode: 422, maxRecipients: 10 },
    needed: [],
    make: (options) => guardRequest(guard, { method: 'POST', url: '/', body: {} }, options),
  },
  fetchGuard: {
    right: { skip: nothing, resolve: nothing, rewrite: nothing, statusCode: 422, maxRecipients: 10 },
    needed: [],
    make: (options) => fetchGuard(guard, options),
  },
  guardedFetch: {
    right: { onBlocked: 'respond' },
    needed: [],
    make: (options) => guardedFetch(guard, fetch as never, options),
  },
  webhookReceiver: {
    right: {
      publicUrl: 'https://example.com/',
      workspaceId: WORKSPACE,
      signingKeys: [KEY],
      onEvent: nothing,
      onOptOut: nothing,
    },
    needed: ['publicUrl', 'workspaceId', 'signingKeys'],
    make: (options) => webhookReceiver(guard, options as never),
  },
  windowStatus: {
    right: { resolve: nothing, sender: 'human', maxConnections: 10 },
    needed: ['resolve'],
    make: (options) => windowStatus(guard, options as never),
  },
  redisStore: {
    right: {
      secret: `${KEY} and more`,
      prefix: 'ffg:',
      max: 10,
      instances: 4,
      longestWindowMs: 86_400_000,
      timeoutMs: 40,
      clock: world.clock,
    },
    needed: ['secret'],
    make: (options) => resolveRedisOptions(options as never),
  },
  memoryStore: {
    right: { max: 10 },
    needed: [],
    make: (options) =>
      memoryStore({ ...options, ...(typeof options.max === 'number' && options.max > 1_000 ? { max: 10 } : {}) }),
  },
  memoryHeldStore: { right: { max: 10 }, needed: [], make: (options) => memoryHeldStore(options) },
  toTemplate: {
    right: {
      projectId: CONTACT,
      version: 'latest',
      locale: 'en',
      locales: ['en', 'nl'],
      contactLocale: nothing,
      channelLocale: nothing,
      variable: 'text',
      maxLength: 100,
      onTooLong: 'split',
      variables: () => ({}),
      media: { image: { projectId: CONTACT, mediaVariable: 'url' } },
      onInteractive: 'text',
    },
    needed: ['projectId', 'locale', 'variable'],
    make: (options) => toTemplate(options as never),
  },
  toChannel: {
    right: { channels: [CHANNEL], contact: nothing, convert: nothing },
    needed: ['channels'],
    make: (options) => toChannel(options as never),
  },
  holdUntilReply: {
    right: {
      store: memoryHeldStore(),
      release: nothing,
      onReleased: nothing,
      releaseOn: () => true,
      nudge: { projectId: CONTACT, locale: 'en' },
      maxPerContact: 2,
      lifetimeMs: 10_000,
      onExpired: nothing,
    },
    needed: [],
    make: (options) => holdUntilReply(options as never),
  },
  check: {
    right: { deadlineMs: 100 },
    needed: [],
    make: (options) =>
      world.settled(guard.check({ workspaceId: WORKSPACE, channelId: CHANNEL, contact: { id: CONTACT } }, options)),
  },
  close: { right: { timeoutMs: 100 }, needed: [], make: (options) => throwaway().close(options) },
};

function throwaway(): Guard {
  return createGuard({ workspaces: {}, store: smallStore, logger: silent });
}

/** Values of every kind, and some that are nearly right. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      1e21,
      -1,
      0,
      1,
      0.5,
      2 ** 53,
      1n,
      '10',
      '10x',
      true,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      [],
      {},
      [[]],
      Object.create(null),
      new Map(),
      new Date(0),
      /x/,
      Symbol('x'),
      nothing,
      [KEY],
      { key: KEY },
      PHONE,
      KEY,
      `${KEY}\n`,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      'enforce',
      'ENFORCE',
      'observe',
      'off',
      'block',
      'allow',
      'reroute',
      'split',
      'closed',
      'human',
      ['block', 'block'],
      ['block', nothing],
      [nothing],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      'http://example.com',
      'https://example.com/workspaces/x',
      `https://user:${KEY}@example.com`,
      'ftp://x',
      '//x',
      `https://example.com/?k=${KEY}`,
      'https://ex ample.com',
      'HTTPS://EXAMPLE.COM/',
    ),
  },
  { weight: 1, arbitrary: junk },
);

const change = fc.constantFrom(...Object.keys(made)).chain((name) => {
  const { right = {} } = made[name] ?? {};
  const option = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...Object.keys(right)) },
    { weight: 1, arbitrary: fc.constantFrom('onUnkown', '__proto__', 'constructor', 'toString', 'MODE', '') },
    { weight: 1, arbitrary: text },
  );
  return fc.record({
    name: fc.constant(name),
    changes: fc.array(fc.tuple(option, value), { minLength: 1, maxLength: 2 }),
    left: fc.array(fc.constantFrom(...Object.keys(right)), { maxLength: 2 }),
  });
});

export const configuration: readonly Property[] = [
  asyncProperty(
    'options work, or the error names one of those that are wrong, and shows no secret',
    500,
    change,
    async ({ name, changes, left }) => {
      const { right, needed, make } = made[name] ?? assert.fail('unknown');
      const kept = Object.entries(right).filter(([option]) => !left.includes(option));
      const options = Object.fromEntries([...kept, ...changes]);
      const wrong = changes.map(([option]) => option).filter((option) => !Object.hasOwn(right, option));
      const missing = needed.filter((option) => options[option] === undefined);
      const before = Object.keys(options);
      let error: unknown;
      try {
        await make(options);
      } catch (caught) {
        error = caught;
      }
      assert.deepEqual(Object.keys(options), before);
      if (error === undefined) {
        // Whoever misspells an option has not set it.
        assert.deepEqual([wrong, missing], [[], []]);
        for (const [option, given] of changes)
          if (options[option] === given) assert.ok(!isNeverRight(given), `${option} took what is nothing`);
        return;
      }
      assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
      const { message } = error;
      const named = [...changes.map(([option]) => option), ...missing, ...left];
      assert.ok(
        named.some((option) => message.includes(option)),
        `names none of ${named.join()}: ${message}`,
      );
      refuseSecrets('the error', message);
      assert.ok(message.length < 2_000);
    },
  ),

  asyncProperty(
    'what is no object of options is refused',
    300,
    fc.tuple(fc.constantFrom(...Object.keys(made)), value),
    async ([name, given]) => {
      const { make } = made[name] ?? assert.fail('unknown');
      const isPlain =
        typeof given === 'object' &&
        given !== null &&
        !Array.isArray(given) &&
        [null, Object.prototype].includes(Object.getPrototypeOf(given));
      // A default stands in where nothing is given.
      if (isPlain || given === undefined || name === 'memoryStore' || name === 'createGuard') return;
      await assert.rejects(
        async () => make(given as Options),
        (error) => {
          assert.ok(error instanceof TypeError, String(error));
          refuseSecrets('the error', error.message);
          return true;
        },
      );
    },
  ),

  asyncProperty(
    'a decision log is for a path or a stream',
    200,
    fc.oneof(value, fc.constantFrom<unknown>({ write: nothing, on: nothing }, { write: nothing }, 'stream')),
    async (given) => {
      const target = given === 'stream' ? new Writable() : given;
      if (typeof target === 'string' && target !== '') return;
      const isStream =
        typeof target === 'object' &&
        target !== null &&
        ['write', 'on'].every((method) => typeof Reflect.get(target, method) === 'function');
      if (isStream) assert.doesNotThrow(() => decisionLog(target as Writable));
      else assert.throws(() => decisionLog(target as string), { name: 'TypeError', message: /^decisionLog needs / });
    },
  ),
];

/** What no option takes. */
function isNeverRight(given: unknown): boolean {
  return (
    Number.isNaN(given) ||
    given === null ||
    typeof given === 'bigint' ||
    typeof given === 'symbol' ||
    given instanceof Map
  );
}
