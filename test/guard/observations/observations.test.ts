import type { Store } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { LogOnce } from '../../../src/guard/notices/log-once.js';
import { Observations } from '../../../src/guard/observations/observations.js';
import type { ObservedInbound } from '../../../src/guard/observations/observed.js';
import { ContactLinks } from '../../../src/lookup/contact-links.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { memoryLinks, windowMap } from '../../../src/stores/memory-store.js';
import { type LogLine, recordingLogger } from '../../support/world.js';
import { type Deferred, deferred, HOUR, MINUTE, turns } from '../support.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const channelId = 'bbbbbbbb-2222-4222-8222-222222222222';
const contactId = 'cccccccc-3333-4333-8333-333333333333';
const otherId = 'dddddddd-3333-4333-8333-333333333333';
const address = '+31612345678';
const ref = { workspaceId, channelId };
const byAddress = { ...ref, address };
const byId = { ...ref, address: ` id:${contactId}` };
const both = { ...ref, address, contactId };

type Act = 'merge' | 'forget' | 'change' | 'wake';

interface Setup {
  readonly observations: Observations;
  readonly links: ContactLinks;
  readonly lines: readonly LogLine[];
  /** What was done, in its order: what was stored, and who was told. */
  readonly done: readonly (readonly [Act, ...unknown[]])[];
  /** What was done of one kind. */
  of(act: Act): readonly (readonly unknown[])[];
}

interface Options {
  /** The store settles with it, and not at once. */
  readonly stored?: Deferred<void>;
  readonly isAlone?: boolean;
}

function setUp({ stored, isAlone = false }: Options = {}): Setup {
  const done: [Act, ...unknown[]][] = [];
  const lines: LogLine[] = [];
  const links = new ContactLinks({ links: memoryLinks({ max: 10 }), lone: windowMap({ max: 10 }) });
  const store: Store = {
    get: () => undefined,
    merge: (...given) => {
      done.push(['merge', ...given]);
      return stored?.promise;
    },
    forget: (...given) => {
      done.push(['forget', ...given]);
      return stored?.promise;
    },
  };
  const told = {
    onChange: (observed: unknown) => void done.push(['change', observed]),
    onWindowMayOpen: (...given: unknown[]) => void done.push(['wake', ...given]),
  };
  const observations = new Observations({
    logOnce: new LogOnce({ clock: createClock(NOW), logger: recordingLogger(lines) }),
    store,
    links,
    now: (id) => (id === workspaceId ? NOW : Number.NaN),
    ...(!isAlone && told),
  });
  const of = (act: Act): unknown[][] => done.filter(([name]) => name === act).map(([, ...given]) => given);
  return { observations, links, lines, done, of };
}

describe("a customer's message", () => {
  it.each([
    [{ address }, [[byAddress, { lastInboundAt: NOW - HOUR }]]],
    [{ contactId }, [[byId, { lastInboundAt: NOW - HOUR }]]],
    // A contact's second number must not open the first one's window.
    [
      { address, contactId },
      [
        [byAddress, { lastInboundAt: NOW - HOUR }],
        [byId, { contactWroteAt: NOW - HOUR }],
      ],
    ],
  ])('from %j opens the window of what it names first', (contact, merged) => {
    const { observations, of } = setUp();
    expect(observations.inbound({ ...ref, ...contact, at: NOW - HOUR })).toBeUndefined();
    expect(of('merge')).toEqual(merged);
  });

  it('counts its window from the earliest instant that it may have, and its quota from the latest', () => {
    const { observations, of } = setUp();
    void observations.signedInbound({ ...byAddress, at: NOW }, MINUTE);
    void observations.signedInbound({ ...byAddress, at: NOW }, 0);
    expect(of('merge')).toEqual([
      [byAddress, { lastInboundAt: NOW - MINUTE, contactWroteAt: NOW }],
      [byAddress, { lastInboundAt: NOW }],
    ]);
  });

  it.each([
    ['now', NOW, { lastInboundAt: NOW }],
    ['5 minutes ahead', NOW + 5 * MINUTE, { lastInboundAt: NOW }],
    ['a millisecond more', NOW + 5 * MINUTE + 1, { doubtedAt: NOW }],
    ['an hour ahead', new Date(NOW + HOUR), { doubtedAt: NOW }],
    ['an hour ago, in another zone', '2026-06-01T13:00:00+02:00', { lastInboundAt: NOW - HOUR }],
  ])('of %s counts as no later than now, or opens nothing', (_, at, evidence) => {
    const { observations, of } = setUp();
    void observations.inbound({ ...byAddress, at });
    expect(of('merge')).toEqual([[byAddress, evidence]]);
  });

  it('of a signed event counts as now however far ahead it is', () => {
    const { observations, of } = setUp();
    void observations.signedInbound({ ...byAddress, at: NOW + HOUR });
    expect(of('merge')).toEqual([[byAddress, { lastInboundAt: NOW }]]);
  });

  it('is told to who waits for it, after it is stored, with who wrote and what', async () => {
    const stored = deferred<void>();
    const { observations, done } = setUp({ stored });
    const settled = observations.inbound({ ...both, at: NOW, text: 'hello', messageId: 'one' });
    await turns();
    expect(done.map(([act]) => act)).toEqual(['merge', 'merge']);
    stored.resolve();
    await settled;
    const reply = { ...both, text: 'hello' };
    expect(done.slice(2)).toEqual([
      ['change', { ref, contactId, byAddress, byId }],
      ['wake', byAddress, reply],
      ['wake', byId, reply],
    ]);
  });

  it('is told at once where the store has stored it at once, by each name that it has', () => {
    const { observations, of } = setUp();
    void observations.inbound({ ...byAddress, at: NOW });
    expect(of('wake')).toEqual([[byAddress, expect.objectContaining({ address })]]);
    void observations.inbound({ ...ref, contactId: otherId, at: NOW });
    expect(of('wake').slice(1)).toEqual([
      [{ ...ref, address: ` id:${otherId}` }, expect.objectContaining({ contactId: otherId })],
    ]);
    expect(of('change')).toHaveLength(2);
  });

  it('far ahead is told with its text all the same', () => {
    const { observations, of } = setUp();
    void observations.inbound({ ...byAddress, at: NOW + HOUR, text: 'STOP' });
    expect(of('wake')).toEqual([[byAddress, expect.objectContaining({ text: 'STOP' })]]);
  });

  it('without an instant throws a TypeError that names the function and the field', () => {
    const { observations, done } = setUp();
    for (const at of [undefined, 'yesterday', '2026-06-01T13:00:00', Number.NaN]) {
      const observe = (): unknown => observations.inbound({ ...byAddress, at } as ObservedInbound);
      expect(observe).toThrow(TypeError);
      expect(observe).toThrow('observeInbound: at must be an instant');
    }
    expect(done).toEqual([]);
  });

  it('with an address alone is kept for a reply by id, with what the contact can be searched by', () => {
    const { observations, links } = setUp();
    void observations.inbound({ ...byAddress, at: NOW });
    void observations.inbound({ ...ref, address: 'PSID-1', at: NOW });
    void observations.inbound({ ...ref, address: 'u2', identifierKey: 'whatsapp', at: NOW });
    void observations.inbound({ ...ref, contactId: otherId, at: NOW });
    void observations.inbound({ ...ref, contactId, address: '+31611111111', at: NOW });
    const identifierOf = (key: string, value: string): object => ({ workspaceId, key, value });
    expect(links.loneSince(ref, NOW)).toEqual([
      { address: 'u2', at: NOW, identifier: identifierOf('whatsapp', 'u2') },
      { address: 'PSID-1', at: NOW, identifier: undefined },
      { address, at: NOW, identifier: identifierOf('phonenumber', address) },
    ]);
  });
});

describe('an id and an address that were observed together', () => {
  it.each([
    ['the address', { address }],
    ['the id', { contactId }],
  ])('name one window: what is observed of %s concerns the other too', (_, contact) => {
    const { observations, of } = setUp();
    void observations.inbound({ ...both, at: NOW });
    void observations.refusal({ ...ref, ...contact, sentAt: NOW, code: 131_047 });
    expect(of('merge').slice(2)).toEqual([
      [byAddress, { refusedAt: NOW }],
      [byId, { refusedAt: NOW }],
    ]);
  });

  it.each([
    ['an id of two addresses', { ...both, address: '+31611111111' }, { contactId }, byId],
    ['an address of two ids', { ...both, contactId: otherId }, { address }, byAddress],
  ])('do not where there is %s', (_, second, contact, key) => {
    const { observations, of } = setUp();
    void observations.inbound({ ...both, at: NOW });
    void observations.inbound({ ...second, at: NOW });
    void observations.refusal({ ...ref, ...contact, sentAt: NOW, code: 131_047 });
    expect(of('merge').slice(4)).toEqual([[key, { refusedAt: NOW }]]);
  });

  it('do not on another channel', () => {
    const { observations, of } = setUp();
    const channel = { workspaceId, channelId: otherId };
    void observations.inbound({ ...both, at: NOW });
    void observations.inbound({ ...channel, contactId, at: NOW });
    expect(of('merge').slice(2)).toEqual([[{ ...channel, address: byId.address }, { lastInboundAt: NOW }]]);
  });
});

describe('a refusal', () => {
  it.each([
    ['131047', { refusedAt: NOW - HOUR }],
    ['45047', { quotaSpentAt: NOW - HOUR }],
    ['(#10) Sent outside of the allowed window', { doubtedAt: NOW }],
  ])('with the code %s is stored as what it says', (code, evidence) => {
    const { observations, of, lines } = setUp();
    void observations.refusal({ ...both, sentAt: NOW - HOUR, code });
    expect(of('merge')).toEqual([
      [byAddress, evidence],
      [byId, evidence],
    ]);
    expect(lines).toEqual([]);
  });

  it('with another code stores nothing and is warned of', () => {
    const { observations, done, lines } = setUp();
    expect(observations.refusal({ ...both, sentAt: NOW, code: '131026' })).toBeUndefined();
    expect(done).toEqual([]);
    expect(lines).toMatchObject([{ level: 'warn', fields: { field: 'code' } }]);
  });

  it('opens no window, and wakes nobody who waits for one', () => {
    const { observations, of } = setUp();
    void observations.refusal({ ...both, sentAt: NOW, code: 131_047 });
    expect([of('change').length, of('wake').length]).toEqual([1, 0]);
  });

  it('of a message from the future counts as now', () => {
    const { observations, of } = setUp();
    void observations.refusal({ ...byAddress, sentAt: NOW + HOUR, code: 131_047 });
    expect(of('merge')).toEqual([[byAddress, { refusedAt: NOW }]]);
  });
});

describe('other observations', () => {
  it('of a sent message count it under both names, and say where it is lost', () => {
    const { observations, of } = setUp();
    void observations.sent({ ...both, messageId: 'one', sentAt: NOW, isLost: false });
    void observations.sent({ ...byAddress, messageId: 'two', sentAt: NOW + HOUR, isLost: true });
    const one = { sent: [{ id: 'one', at: NOW }] };
    const two = { sent: [{ id: 'two', at: NOW, isLost: true }] };
    expect(of('merge')).toEqual([
      [byAddress, one],
      [byId, one],
      [byAddress, two],
      [byId, two],
    ]);
  });

  it('of an opt-out are stored under both names, and so is that it is over', () => {
    const { observations, of } = setUp();
    void observations.optOut({ ...both, optedOut: true, at: NOW - 1 });
    void observations.optOut({ ...both, optedOut: false, at: NOW });
    expect(of('merge').map(([, evidence]) => evidence)).toEqual([
      { optedOutAt: NOW - 1 },
      { optedOutAt: NOW - 1 },
      { optedInAt: NOW },
      { optedInAt: NOW },
    ]);
  });

  it.each([[{ address }], [{ contactId }], [{ address, contactId }]])(
    'of an address that changed hands close the window of %j, and end the link',
    (contact) => {
      const { observations, of, links } = setUp();
      links.note(ref, contactId, address);
      void observations.numberChange({ ...ref, ...contact, at: NOW - HOUR });
      for (const [, evidence] of of('merge')) expect(evidence).toEqual({ refusedAt: NOW - HOUR });
      expect(of('merge')).toHaveLength(Object.keys(contact).length);
      if ('contactId' in contact) expect(links.addressOf(ref, contactId)).toBeUndefined();
      if ('address' in contact) expect(links.contactOf(ref, address)).toBeUndefined();
    },
  );

  it('of an address that changed hands keep what came after, though they come late themselves', () => {
    const { observations, links } = setUp();
    void observations.inbound({ ...byAddress, at: NOW });
    void observations.numberChange({ ...byAddress, at: NOW - HOUR });
    expect(links.loneSince(ref, NOW)).toMatchObject([{ address, at: NOW }]);
  });

  it('that nobody understands cast doubt as of now, and wake who waits', () => {
    const { observations, of } = setUp();
    void observations.doubt(both);
    expect(of('merge')).toEqual([
      [byAddress, { doubtedAt: NOW }],
      [byId, { doubtedAt: NOW }],
    ]);
    expect(of('wake')).toEqual([
      [byAddress, undefined],
      [byId, undefined],
    ]);
  });

  it('of which nobody knows what they mean for the window store nothing, and are told', () => {
    const { observations, done } = setUp();
    observations.wake({ ...both, text: 'hello' });
    const reply = { ...both, text: 'hello' };
    expect(done).toEqual([
      ['change', { ref, contactId, byAddress, byId }],
      ['wake', byAddress, reply],
      ['wake', byId, reply],
    ]);
  });

  it('need nobody who is told of them', async () => {
    for (const stored of [undefined, deferred<void>()]) {
      stored?.resolve();
      const { observations, of } = setUp({ isAlone: true, ...(stored && { stored }) });
      await observations.inbound({ ...both, at: NOW });
      observations.wake(both);
      await observations.forget(both);
      expect([of('merge').length, of('forget').length]).toEqual([2, 2]);
    }
  });

  it.each([
    ['observeRefusal: sentAt', (all: Observations) => all.refusal({ ...both, sentAt: 'soon', code: 131_047 })],
    ['sent: sentAt', (all: Observations) => all.sent({ ...both, messageId: 'one', sentAt: 'soon', isLost: false })],
    ['observeOptOut: at', (all: Observations) => all.optOut({ ...both, optedOut: true, at: 'soon' })],
    ['observeOptOut: optedOut', (all: Observations) => all.optOut({ ...both, optedOut: 'yes' as never, at: NOW })],
    ['numberChange: at', (all: Observations) => all.numberChange({ ...both, at: 'soon' })],
  ])('throw a TypeError for %s that they cannot read, and store nothing', (field, observe) => {
    const { observations, of } = setUp();
    expect(() => observe(observations)).toThrow(TypeError);
    expect(() => observe(observations)).toThrow(field);
    expect(of('merge')).toEqual([]);
  });

  it.each([
    ['observeInbound', (all: Observations) => all.inbound({ ...ref, at: NOW })],
    ['observeRefusal', (all: Observations) => all.refusal({ ...ref, sentAt: NOW, code: 131_047 })],
    ['observeOptOut', (all: Observations) => all.optOut({ ...ref, optedOut: true, at: NOW })],
    ['observeInbound', (all: Observations) => all.signedInbound({ ...ref, at: NOW })],
    ['sent', (all: Observations) => all.sent({ ...ref, messageId: 'one', sentAt: NOW, isLost: false })],
    ['numberChange', (all: Observations) => all.numberChange({ ...ref, at: NOW })],
    ['doubt', (all: Observations) => all.doubt(ref)],
    ['wake', (all: Observations) => all.wake(ref)],
  ])('of nobody throw a TypeError that names %s', (name, observe) => {
    expect(() => observe(setUp().observations)).toThrow(new TypeError(`${name} needs contactId or address`));
  });
});

describe('forget', () => {
  it.each([
    ['a workspace', { workspaceId: workspaceId.toUpperCase() }, [[{ workspaceId, channelId: undefined }]]],
    ['a channel', { workspaceId, channelId: channelId.toUpperCase() }, [[{ workspaceId, channelId }]]],
    ['an address', byAddress, [[byAddress]]],
    ['a contact', { ...ref, contactId: contactId.toUpperCase() }, [[byId]]],
    ['both names', both, [[byAddress], [byId]]],
  ])('of %s drops that', (_, target, forgotten) => {
    const { observations, of } = setUp();
    expect(observations.forget(target)).toBeUndefined();
    expect(of('forget')).toEqual(forgotten);
  });

  it.each([
    ['the address', byAddress, 'contactOf'],
    ['the id', { ...ref, contactId: contactId.toUpperCase() }, 'addressOf'],
  ])('of %s ends what links it', (_, target, name) => {
    const { observations, links } = setUp();
    links.note(ref, contactId, address);
    void observations.forget(target);
    expect(name === 'contactOf' ? links.contactOf(ref, address) : links.addressOf(ref, contactId)).toBeUndefined();
  });

  it('of an address leaves it nowhere: not among those that wrote without an id', () => {
    const { observations, links } = setUp();
    void observations.inbound({ ...byAddress, at: NOW });
    void observations.forget(byAddress);
    expect(links.loneSince(ref, NOW)).toEqual([]);
  });

  it.each([
    ['a channel', ref],
    ['a workspace', { workspaceId }],
  ])('of %s leaves no address of it, whatever the store is', (_, target) => {
    const { observations, links } = setUp();
    void observations.inbound({ ...both, at: NOW });
    void observations.inbound({ ...ref, address: '+31600000099', at: NOW });
    void observations.forget(target);
    expect([links.addressOf(ref, contactId), links.loneSince(ref, NOW)]).toEqual([undefined, []]);
  });

  it('of a contact is told once it is done', async () => {
    const stored = deferred<void>();
    const { observations, of } = setUp({ stored });
    const settled = observations.forget(both);
    await turns();
    expect(of('change')).toEqual([]);
    stored.resolve();
    await settled;
    expect(of('change')).toEqual([[{ ref, contactId, byAddress, byId }]]);
  });

  it.each([
    [undefined, 'forget: the target must be'],
    [{}, 'forget: workspaceId must be a UUID'],
    [{ workspaceId, channelId: 'whatsapp' }, 'forget: channelId must be a UUID'],
    [{ workspaceId, address }, 'forget: channelId must be a UUID; received undefined'],
    [{ workspaceId, contactId }, 'forget: channelId must be a UUID; received undefined'],
    [{ ...ref, contactId: address }, 'forget: contactId must be a UUID'],
    [{ ...ref, address: '' }, 'forget: address must be a non-empty string'],
  ])('of %j throws a TypeError that names what is wrong, and drops nothing', (target, text) => {
    const { observations, of } = setUp();
    expect(() => observations.forget(target as never)).toThrow(TypeError);
    expect(() => observations.forget(target as never)).toThrow(text);
    expect(of('forget')).toEqual([]);
  });
});
