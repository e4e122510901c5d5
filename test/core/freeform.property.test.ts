import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { canSendFreeform, decideFreeform } from '../../src/core/freeform.js';
import { toInstant } from '../../src/core/instant.js';
import { platforms } from '../../src/core/platforms.js';
import type { ChannelInput, ContactInput, Decision, FreeformOptions } from '../../src/core/types.js';
import {
  AT,
  closed,
  DAY,
  decide,
  HOUR,
  iso,
  MINUTE,
  malformed,
  platformUnknown,
  whatsapp,
  windowUnknown,
} from './support.js';

const reasons: Readonly<Record<Decision['verdict'], readonly string[]>> = {
  allow: ['no_service_window', 'permanent_session', 'service_window_open', 'human_agent_window'],
  deny: ['service_window_closed', 'channel_inactive', 'outgoing_unavailable', 'quota_spent', 'opted_out'],
  unknown: ['window_unknown', 'platform_unknown', 'malformed_answer'],
};

/** Facts of the right types, dense around the instants at which the answer changes. */
const near = (center: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -40 * DAY, max: 40 * DAY })).map((ms) => center + ms);
const spans = fc.constantFrom(0, HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 5 * MINUTE, 10_000);
const past = spans.chain((ms) => near(AT - ms));
const around = fc.oneof(
  past,
  spans.chain((ms) => near(AT + ms)),
);
const written = (instant: fc.Arbitrary<number>): fc.Arbitrary<string | number | Date> =>
  instant.chain((ms) => fc.constantFrom<string | number | Date>(iso(ms), ms, new Date(ms)));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.oneof({ weight: 3, arbitrary: value }, fc.constant(null), fc.constant(undefined));

const platformId = fc.constantFrom(...Object.keys(platforms), 'messenger', 'sms-messagebird', 'pigeon');
const channel: fc.Arbitrary<ChannelInput> = fc.record(
  {
    platformId,
    status: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('active', 'preview', 'text') }, fc.constant('paused')),
  },
  { requiredKeys: ['platformId'] },
);
const contactOf = (inbound: fc.Arbitrary<number>): fc.Arbitrary<ContactInput> =>
  fc.record(
    {
      serviceWindowExpireAt: fc.oneof({ weight: 8, arbitrary: maybe(written(around)) }, fc.constant('unreadable')),
      isPermanentSession: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.boolean()),
      lastInboundAt: maybe(written(inbound)),
      refusedAt: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, maybe(written(around))),
      messagesSinceInbound: maybe(fc.nat({ max: 12 })),
      optedOut: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.boolean()),
    },
    { requiredKeys: [] },
  );
const contact = contactOf(around);
const options: fc.Arbitrary<FreeformOptions> = fc.record(
  {
    safetyMarginMs: fc.oneof(fc.constantFrom(0, 1, 10_000, DAY), fc.nat({ max: 3 * DAY })),
    sender: fc.constantFrom('human' as const, 'automation' as const),
  },
  { requiredKeys: [] },
);

describe('for facts of the right types', () => {
  test('an end of Bird moved later never turns allow into deny or unknown, nor shortens how long it holds', () => {
    fc.assert(
      fc.property(
        channel,
        contact,
        options,
        around,
        fc.nat({ max: 60 * DAY }),
        (channel, contact, options, end, ms) => {
          const ask = (serviceWindowExpireAt: number): Decision =>
            decide(channel, { ...contact, serviceWindowExpireAt }, options);
          const before = ask(end);
          const after = ask(end + ms);
          // After a refusal a date can be too late: no message explains it.
          if (before.verdict !== 'allow' || toInstant(contact.refusedAt) !== undefined) return;
          expect(after.verdict).toBe('allow');
          // Once it says that the 24 h are open, an allow may end before the 7 days of a human do: it is asked again then.
          if (after.reason === before.reason) expect(endOf(after)).toBeGreaterThanOrEqual(endOf(before));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('an end of Bird where there was none never turns allow into anything else', () => {
    fc.assert(
      fc.property(channel, contact, options, written(around), (channel, contact, options, serviceWindowExpireAt) => {
        const before = decide(channel, { ...contact, serviceWindowExpireAt: null }, options);
        const after = decide(channel, { ...contact, serviceWindowExpireAt }, options);
        if (before.verdict === 'allow') expect(after.verdict).toBe('allow');
      }),
      { numRuns: 1_000 },
    );
  });

  test('a newer inbound, up to the skew, never turns allow into deny', () => {
    const inbounds = fc.tuple(past, past).filter(([a, b]) => Math.max(a, b) <= AT + 5 * MINUTE);
    fc.assert(
      fc.property(channel, contact, options, inbounds, (channel, contact, options, [a, b]) => {
        const before = decide(channel, { ...contact, lastInboundAt: Math.min(a, b) }, options);
        const after = decide(channel, { ...contact, lastInboundAt: Math.max(a, b) }, options);
        // The newer message's short window may be the one in which the refusal came.
        if (before.reason === 'human_agent_window' && toInstant(contact.refusedAt) !== undefined) return;
        if (before.verdict === 'allow') expect(after.verdict).toBe('allow');
      }),
      { numRuns: 1_000 },
    );
  });

  test('a larger margin never turns deny or unknown into allow', () => {
    fc.assert(
      fc.property(channel, contact, options, fc.nat({ max: 3 * DAY }), (channel, contact, options, more) => {
        const { safetyMarginMs = 0 } = options;
        const before = decide(channel, contact, options);
        const after = decide(channel, contact, { ...options, safetyMarginMs: safetyMarginMs + more });
        if (before.verdict !== 'allow') expect(after.verdict).not.toBe('allow');
      }),
      { numRuns: 1_000 },
    );
  });

  test('a human may send whatever automation may', () => {
    fc.assert(
      fc.property(channel, contact, options, (channel, contact, options) => {
        const automation = decide(channel, contact, { ...options, sender: 'automation' });
        const human = decide(channel, contact, { ...options, sender: 'human' });
        if (automation.verdict === 'allow') expect(human).toEqual(automation);
      }),
      { numRuns: 1_000 },
    );
  });

  test('an opt-out or a channel that is switched off never leaves an allow', () => {
    fc.assert(
      fc.property(channel, contact, options, (channel, contact, options) => {
        expect(decide(channel, { ...contact, optedOut: true }, options).verdict).toBe('deny');
        expect(decide({ ...channel, status: 'archived' }, contact, options)).toMatchObject({
          verdict: 'deny',
          reason: 'channel_inactive',
        });
      }),
    );
  });

  test('an allow holds at every instant before validUntil', () => {
    const moment = fc.tuple(channel, contact, options, fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(moment, ([channel, contact, options, share]) => {
        const decision = decide(channel, contact, options);
        if (decision.verdict !== 'allow') return;
        const last = (decision.validUntil ?? AT + 400 * DAY) - 1;
        expect(last).toBeGreaterThanOrEqual(AT);
        for (const at of [last, AT + Math.floor((last - AT) * share)]) {
          expect(decide(channel, contact, { ...options, at })).toMatchObject({ verdict: 'allow' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  /** The date lies a millisecond too far ahead for any message, so that the refusal takes it back, until it comes nearer. */
  const refutedByOneMs: [object, object, FreeformOptions] = [
    { platformId: 'google-business-messages' },
    { serviceWindowExpireAt: AT + 30 * DAY + 5 * MINUTE + 1, lastInboundAt: AT - DAY, refusedAt: AT - DAY - 1 },
    { safetyMarginMs: 1 },
  ];

  test('an allow by the window ends exactly at validUntil, where no inbound lies ahead', () => {
    const known = contactOf(past.filter((inbound) => inbound <= AT));
    fc.assert(
      fc.property(channel, known, options, (channel, contact, options) => {
        const decision = decide(channel, contact, options);
        if (decision.verdict !== 'allow' || decision.validUntil === null) return;
        const after = decide(channel, contact, { ...options, at: decision.validUntil });
        // What comes next for a human on Messenger or Instagram is the longer window. A date that was too late when it was
        // refused counts from when a message can explain it.
        const dateUntil = (toInstant(contact.serviceWindowExpireAt) ?? Number.NaN) - (options.safetyMarginMs ?? 0);
        const isLaterDate = after.verdict === 'allow' && after.validUntil === dateUntil;
        if (after.verdict === 'allow' && !(isLaterDate && contact.refusedAt)) {
          expect([decision.reason, after.reason]).toEqual(humanTurn);
        }
      }),
      { numRuns: 2_000, examples: [refutedByOneMs] },
    );
  });

  test('a deny by time names an end that has passed, or lies within the margin', () => {
    fc.assert(
      fc.property(channel, contact, options, (channel, contact, options) => {
        const decision = decide(channel, contact, options);
        if (decision.verdict !== 'deny' || decision.closedAt === null) return;
        expect(decision.closedAt - (options.safetyMarginMs ?? 0)).toBeLessThanOrEqual(AT);
      }),
      { numRuns: 1_000 },
    );
  });

  test('how an instant is written changes nothing', () => {
    const instants = fc.record({ serviceWindowExpireAt: around, lastInboundAt: around, refusedAt: around });
    fc.assert(
      fc.property(channel, instants, options, (channel, numbers, options) => {
        const as = (write: (instant: number) => unknown): object =>
          Object.fromEntries(Object.entries(numbers).map(([key, instant]) => [key, write(instant)]));
        const expected = decide(channel, numbers, options);
        expect(decide(channel, as(iso), options)).toEqual(expected);
        expect(
          decide(
            channel,
            as((instant) => new Date(instant)),
            options,
          ),
        ).toEqual(expected);
        expect(decide(channel, as(inKolkata), options)).toEqual(expected);
      }),
    );
  });

  test('agrees with the rules read a second time', () => {
    fc.assert(
      fc.property(channel, contactOf(around), options, (channel, contact, options) => {
        expect(decide(channel, contact, options)).toEqual(secondReading(channel, contact, options));
      }),
      { numRuns: 5_000 },
    );
  });

  test('canSendFreeform is true exactly for allow', () => {
    fc.assert(
      fc.property(channel, contact, options, (channel, contact, options) => {
        const asked = { ...options, at: AT };
        const isAllowed = decideFreeform(channel, contact, asked).verdict === 'allow';
        expect(canSendFreeform(channel, contact, asked)).toBe(isAllowed);
      }),
    );
  });
});

describe('for input of any shape', () => {
  test('nothing throws, and every answer is well formed', () => {
    fc.assert(
      fc.property(hostile(), hostile(), hostile(), (channel, contact, options) => {
        expectWellFormed(decideFreeform(channel() as never, contact() as never, options() as never));
      }),
      { numRuns: 2_000 },
    );
  });

  test('nothing throws, and every answer is well formed, where hostile values stand in the fields that are read', () => {
    fc.assert(
      fc.property(hostileChannel(), hostileContact(), hostileOptions(), (channel, contact, options) => {
        expectWellFormed(decideFreeform(channel as never, contact as never, options as never));
      }),
      { numRuns: 5_000 },
    );
  });

  test('a window is never opened by what is no instant, and a date of Bird that is none is never a deny', () => {
    fc.assert(
      fc.property(hostile(), hostile(), (date, inbound) => {
        const serviceWindowExpireAt = date();
        const lastInboundAt = inbound();
        const isNone = [serviceWindowExpireAt, lastInboundAt].every((value) => toInstant(value) === undefined);
        if (!isNone || serviceWindowExpireAt === null || serviceWindowExpireAt === undefined) return;
        for (const sender of ['human', 'automation']) {
          expect(decide(whatsapp, { serviceWindowExpireAt, lastInboundAt }, { sender })).toEqual(malformed);
          expect(decide(whatsapp, { serviceWindowExpireAt, refusedAt: AT }, { sender })).toEqual(malformed);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('extra fields, however large, change nothing [U17]', () => {
    const extra = { metadata: 'x'.repeat(1_000_000), list: new Array(1_000_000).fill(0), toString: null, length: 5 };
    fc.assert(
      fc.property(
        channel,
        contact,
        options,
        fc.dictionary(fc.string(), fc.anything()),
        (channel, contact, options, more) => {
          expect(decide({ ...more, ...extra, ...channel }, { ...extra, ...contact }, { ...extra, ...options })).toEqual(
            decide(channel, contact, options),
          );
        },
      ),
    );
  });

  test('the inputs are never changed', () => {
    fc.assert(
      fc.property(fc.tuple(channel, contact, options), ([channel, contact, options]) => {
        const before = structuredClone([channel, contact, options]);
        const expected = decide(channel, contact, options);
        const frozen = [channel, contact, options].map(deepFreeze) as [ChannelInput, ContactInput, FreeformOptions];
        expect(decide(...frozen)).toEqual(expected);
        expect([channel, contact, options]).toEqual(before);
      }),
    );
  });

  test('nothing is written through a proxy, and the table stays as it was', () => {
    const before = structuredClone(platforms);
    const refuse = (): never => {
      throw new Error('written');
    };
    const readOnly = { set: refuse, defineProperty: refuse, deleteProperty: refuse, setPrototypeOf: refuse };
    fc.assert(
      fc.property(channel, contact, options, (channel, contact, options) => {
        const asked = new Proxy({ ...options, at: AT }, readOnly);
        expect(decideFreeform(new Proxy(channel, readOnly), new Proxy(contact, readOnly), asked)).toEqual(
          decide(channel, contact, options),
        );
      }),
    );
    expect(platforms).toEqual(before);
  });
});

describe('prototypes never open a window [R4]', () => {
  const lie = {
    serviceWindowExpireAt: iso(AT + HOUR),
    isPermanentSession: true,
    lastInboundAt: iso(AT),
    platformId: 'sms',
    sender: 'human',
    platforms: { whatsapp: { window: null } },
    window: null,
    durationMs: 365 * DAY,
    humanAgentMs: 365 * DAY,
    nullSaysNothing: true,
    at: AT - 30 * DAY,
    safetyMarginMs: 0,
    whatsapp: { window: null },
    pigeon: { window: null },
  };
  const polluted = Object.keys(lie) as Array<keyof typeof lie>;

  afterEach(() => {
    for (const key of [...polluted, 'quota', 'optedOut', 'status', 'refusedAt'])
      Reflect.deleteProperty(Object.prototype, key);
  });

  function pollute(facts: object): void {
    for (const [key, value] of Object.entries(facts)) {
      Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true, enumerable: false });
    }
  }

  const closedContacts: ReadonlyArray<readonly [contact: ContactInput, decision: Decision]> = [
    [{}, windowUnknown],
    [{ serviceWindowExpireAt: null }, closed(null)],
    [{ serviceWindowExpireAt: iso(AT - 1) }, closed(AT - 1)],
    [{ lastInboundAt: AT - 2 * DAY }, closed(AT - DAY)],
  ];

  test.each(polluted)('Object.prototype.%s changes no answer', (key) => {
    pollute({ [key]: lie[key] });
    for (const [contact, decision] of closedContacts) {
      expect(decide(whatsapp, contact)).toEqual(decision);
      expect(decide(whatsapp, contact, { sender: 'human' })).toEqual(decision);
    }
    expect(decide({}, {})).toEqual(platformUnknown);
    expect(decide({ platformId: 'pigeon' }, { serviceWindowExpireAt: null })).toEqual(platformUnknown);
    expect(decide({ platformId: 'tiktok' }, { lastInboundAt: AT - 3 * DAY }, { sender: 'human' }).verdict).toBe('deny');
  });

  test('all of them together change no answer either', () => {
    pollute(lie);
    for (const [contact, decision] of closedContacts) {
      expect(decide(whatsapp, contact)).toEqual(decision);
      expect(decide(whatsapp, contact, { sender: 'human' })).toEqual(decision);
    }
    expect(decide({}, {})).toEqual(platformUnknown);
  });

  test('a polluted prototype closes nothing that is open', () => {
    pollute({ quota: 0, optedOut: true, status: 'paused', refusedAt: AT, messagesSinceInbound: 99 });
    try {
      const contact = { lastInboundAt: AT, messagesSinceInbound: 1 };
      expect(decide({ platformId: 'whatsapp' }, contact).verdict).toBe('allow');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'messagesSinceInbound');
    }
  });

  test.each<[name: string, json: string]>([
    ['a flag', '{"__proto__":{"isPermanentSession":true}}'],
    ['a date', '{"__proto__":{"serviceWindowExpireAt":"9999-01-01T00:00:00Z"}}'],
    ['an inbound', `{"__proto__":{"lastInboundAt":${AT}}}`],
    ['a constructor', '{"constructor":{"prototype":{"isPermanentSession":true}}}'],
  ])('%s that arrives under __proto__ in JSON opens nothing, copied or not', (_name, json) => {
    const parsed: unknown = JSON.parse(json);
    for (const contact of [parsed, Object.assign({}, parsed), { ...(parsed as object) }]) {
      expect(decide(whatsapp, contact)).toEqual(windowUnknown);
    }
    expect(decide(whatsapp, Object.assign({}, parsed, { serviceWindowExpireAt: null }))).toEqual(closed(null));
  });

  test('neither a channel, options nor rows are read from __proto__', () => {
    const inherit = (json: string): object => Object.assign({}, JSON.parse(json));
    expect(decide(inherit('{"__proto__":{"platformId":"sms"}}'), {})).toEqual(platformUnknown);
    const options = inherit('{"__proto__":{"platforms":{"whatsapp":{"window":null}},"sender":"human"}}');
    Object.defineProperty(options, 'at', { value: AT });
    expect(decideFreeform(whatsapp, {}, options)).toEqual(windowUnknown);
    const rows = inherit('{"__proto__":{"whatsapp":{"window":null},"pigeon":{"window":null}}}');
    expect(decide(whatsapp, {}, { platforms: rows })).toEqual(windowUnknown);
    expect(decide({ platformId: 'pigeon' }, {}, { platforms: rows })).toEqual(platformUnknown);
    const row = inherit('{"__proto__":{"window":null}}');
    expect(decide(whatsapp, {}, { platforms: { whatsapp: row } })).toEqual(platformUnknown);
  });

  test('objects without a prototype are read like any other', () => {
    const bare = (facts: object): object => Object.assign(Object.create(null), facts);
    expect(decideFreeform(bare(whatsapp), bare({ serviceWindowExpireAt: iso(AT + HOUR) }), bare({ at: AT }))).toEqual({
      verdict: 'allow',
      reason: 'service_window_open',
      validUntil: AT + HOUR,
    });
  });
});

const humanTurn = ['service_window_open', 'human_agent_window'];

const inKolkata = (instant: number): string => iso(instant + 330 * MINUTE).replace('Z', '+05:30');

function endOf(decision: Decision): number {
  return decision.verdict === 'allow' ? (decision.validUntil ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
}

function expectWellFormed(decision: Decision): void {
  expect(reasons[decision.verdict]).toContain(decision.reason);
  const end =
    decision.verdict === 'allow' ? decision.validUntil : decision.verdict === 'deny' ? decision.closedAt : null;
  if (end !== null) expect(end).toSatisfy(Number.isFinite);
  expect(Object.keys(decision).sort()).toEqual(
    {
      allow: ['reason', 'validUntil', 'verdict'],
      deny: ['closedAt', 'reason', 'verdict'],
      unknown: ['reason', 'verdict'],
    }[decision.verdict],
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const key of Reflect.ownKeys(value)) deepFreeze(Reflect.get(value, key));
  return Object.freeze(value);
}

/** The design's rules, one after the other and without the code's helpers. Channels here have no capabilities. */
function secondReading(channel: ChannelInput, contact: ContactInput, options: FreeformOptions): Decision {
  const time = (value: unknown): number | undefined => {
    if (value === null || value === undefined || value === 'unreadable') return undefined;
    return new Date(value as string | number | Date).getTime();
  };
  const deny = (reason: 'channel_inactive' | 'opted_out' | 'quota_spent'): Decision => ({
    verdict: 'deny',
    reason,
    closedAt: null,
  });
  const margin = options.safetyMarginMs ?? 0;
  const expiry = time(contact.serviceWindowExpireAt);
  const refusal = time(contact.refusedAt);
  const inbound = time(contact.lastInboundAt);

  if (channel.status === 'paused') return deny('channel_inactive');
  if (contact.optedOut === true) return deny('opted_out');
  const name =
    { messenger: 'facebook', 'sms-messagebird': 'sms' }[channel.platformId ?? ''] ?? channel.platformId ?? '';
  const window = platforms[name]?.window;
  if (window === undefined) {
    if (expiry === undefined || refusal !== undefined || expiry - margin <= AT) return platformUnknown;
    return { verdict: 'allow', reason: 'service_window_open', validUntil: expiry - margin };
  }
  if (window === null) return { verdict: 'allow', reason: 'no_service_window', validUntil: null };
  if (contact.isPermanentSession === true) return { verdict: 'allow', reason: 'permanent_session', validUntil: null };

  const counts = inbound !== undefined && inbound <= AT + 5 * MINUTE && !(refusal !== undefined && refusal >= inbound);
  const writtenAt = counts ? Math.min(inbound, AT) : Number.NEGATIVE_INFINITY;
  const countedFrom = (expiry ?? 0) - window.durationMs;
  const explained = refusal === undefined || (refusal < countedFrom && countedFrom <= AT + 5 * MINUTE);
  const stands = expiry !== undefined && explained;
  const ends = [counts ? writtenAt + window.durationMs : undefined, stands ? expiry : undefined];
  const isHuman = options.sender === 'human' && window.humanAgentMs !== undefined;
  const wrote = inbound !== undefined && inbound <= AT + 5 * MINUTE ? inbound : undefined;
  const refusedInside =
    wrote !== undefined && refusal !== undefined && refusal >= wrote && refusal < wrote + window.durationMs;
  const humanEnd =
    isHuman && wrote !== undefined && !refusedInside ? Math.min(wrote, AT) + (window.humanAgentMs ?? 0) : undefined;
  const end = Math.max(...ends.map((each) => each ?? Number.NEGATIVE_INFINITY));
  const until = (instant: number): number | null => (Number.isFinite(instant) ? instant - margin : null);
  const isSpent = window.quota !== undefined && (contact.messagesSinceInbound ?? -1) >= window.quota;
  const spent: Decision =
    contact.serviceWindowExpireAt === 'unreadable'
      ? { verdict: 'unknown', reason: 'malformed_answer' }
      : deny('quota_spent');

  if (end - margin > AT) {
    return isSpent ? spent : { verdict: 'allow', reason: 'service_window_open', validUntil: until(end) };
  }
  if (humanEnd !== undefined && humanEnd - margin > AT) {
    return isSpent ? spent : { verdict: 'allow', reason: 'human_agent_window', validUntil: until(humanEnd) };
  }
  if (contact.serviceWindowExpireAt === 'unreadable') return { verdict: 'unknown', reason: 'malformed_answer' };
  if (isHuman && wrote === undefined && !(refusal !== undefined && expiry !== undefined && expiry > AT))
    return windowUnknown;
  const closedAt = Math.max(end, humanEnd ?? Number.NEGATIVE_INFINITY);
  if (Number.isFinite(closedAt)) return closed(closedAt);
  const isNull = contact.serviceWindowExpireAt === null && name !== 'apple-business-chat';
  return isNull || refusal !== undefined ? closed(null) : windowUnknown;
}

/** Values as an attacker would choose them, each behind a function: fast-check itself trips over some of them. */
function hostile(): fc.Arbitrary<() => unknown> {
  const refuse = (): never => {
    throw new Error('refused');
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const chosen: readonly unknown[] = [
    proxy,
    new Proxy(
      {},
      { get: refuse, has: refuse, getOwnPropertyDescriptor: refuse, ownKeys: refuse, getPrototypeOf: refuse },
    ),
    new Proxy({}, { getOwnPropertyDescriptor: () => ({ configurable: true, value: true }), get: refuse }),
    new Proxy({}, { getOwnPropertyDescriptor: () => ({ configurable: true, value: true }), get: () => 'sms' }),
    new Proxy(new Date(AT), {}),
    new Date(Number.NaN),
    new Date(8.64e15),
    Object.create(Date.prototype),
    { toString: refuse, valueOf: refuse, [Symbol.toPrimitive]: refuse, toJSON: refuse },
    new Array(1_000_000).fill(AT),
    'x'.repeat(1_000_000),
    '\ud800',
    '\u0000',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MIN_VALUE,
    -0,
    8.64e15,
    -8.64e15,
    Symbol('s'),
    10n ** 30n,
    refuse,
    class {},
    /./g,
    Promise.resolve(AT),
    Buffer.from('whatsapp'),
    globalThis,
  ];
  return fc.oneof(
    fc.nat({ max: chosen.length - 1 }).map((index) => () => chosen[index]),
    fc
      .anything({
        withNullPrototype: true,
        withDate: true,
        withBigInt: true,
        withMap: true,
        withSet: true,
        withBoxedValues: true,
        withObjectString: true,
        withTypedArray: true,
        withSparseArray: true,
      })
      .map((value) => () => value),
  );
}

/** Objects with the right keys, each filled with something right, something hostile, or a getter that throws. */
function trapped(model: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> {
  const getters = Object.fromEntries(
    Object.entries(model).map(([key, right]) => {
      const rightly = right.map((value) => () => value);
      return [
        key,
        fc.oneof({ weight: 6, arbitrary: rightly }, { weight: 2, arbitrary: hostile() }, fc.constant(thrower)),
      ];
    }),
  );
  return fc.record(getters, { requiredKeys: [] }).map((facts) => {
    for (const [key, get] of Object.entries(facts))
      Object.defineProperty(facts, key, { get: get ?? thrower, enumerable: true });
    return facts;
  });
}

function thrower(): never {
  throw new Error('getter');
}

function hostileChannel(): fc.Arbitrary<object> {
  const node = (children: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
    trapped({ status: fc.constantFrom('active', 'text', 'paused'), expiresAt: written(around), ...children });
  return trapped({
    platformId,
    status: fc.constantFrom('active', 'preview', 'text'),
    capabilities: trapped({ messaging: trapped({ messaging: node({ outgoing: node({}) }) }) }),
  });
}

function hostileContact(): fc.Arbitrary<object> {
  return trapped({
    serviceWindowExpireAt: maybe(written(around)),
    isPermanentSession: fc.constant(false),
    lastInboundAt: maybe(written(around)),
    refusedAt: maybe(written(around)),
    messagesSinceInbound: fc.nat({ max: 12 }),
    optedOut: fc.constant(false),
  });
}

function hostileOptions(): fc.Arbitrary<object> {
  const window = trapped({
    durationMs: fc.constantFrom(HOUR, DAY, Number.POSITIVE_INFINITY, Number.MAX_VALUE),
    humanAgentMs: fc.constantFrom(7 * DAY, Number.POSITIVE_INFINITY, Number.NaN),
    quota: fc.nat({ max: 12 }),
    nullSaysNothing: fc.boolean(),
  });
  const row = trapped({ window });
  return trapped({
    at: written(fc.constant(AT)),
    safetyMarginMs: fc.constantFrom(0, 10_000, Number.MAX_VALUE),
    sender: fc.constantFrom('human', 'automation'),
    platforms: trapped({ whatsapp: row, facebook: row, pigeon: row, sms: row }),
  });
}
