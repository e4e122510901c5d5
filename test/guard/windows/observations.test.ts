import {
  createGuard,
  memoryStore,
  type ObservedInbound,
  type Store,
  type WindowEvidence,
  type WindowKey,
} from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { addressOfId } from '../../../src/core/contact-address.js';
import { internalsOf } from '../../../src/guard/internals.js';
import type { Observations } from '../../../src/guard/observations/observations.js';
import { createWorld, PHONE as WORLD_PHONE } from '../../support/world.js';
import { DAY, HOUR, MINUTE, SECOND } from '../support.js';

const WORKSPACE = '52ad151f-f7b4-46f9-a5c6-d3318e650c84';
const CHANNEL = '614208aa-b153-4d5d-9989-2fddfc0ce4c3';
const CONTACT = '32cf5eee-f940-422c-ab8c-5f753aad5efd';
const PHONE = '+31612345678';
const NOW = Date.parse('2026-01-05T09:00:00Z');

interface Bench {
  readonly guard: ReturnType<typeof createGuard>;
  readonly observations: Observations;
  /** What the store holds for the contact's address, and for its id. */
  known(): { readonly byAddress: WindowEvidence | undefined; readonly byId: WindowEvidence | undefined };
}

function bench(store: Store = memoryStore()): Bench {
  const clock = { now: () => NOW, setTimeout: () => 0, clearTimeout: () => {} };
  const guard = createGuard({ workspaces: {}, store, clock });
  const key = (address: string): WindowKey => ({ workspaceId: WORKSPACE, channelId: CHANNEL, address });
  const read = (address: string): WindowEvidence | undefined => store.get(key(address)) as WindowEvidence | undefined;
  return {
    guard,
    observations: internalsOf(guard).observations,
    known: () => ({ byAddress: withoutAbsent(read(PHONE)), byId: withoutAbsent(read(addressOfId(CONTACT))) }),
  };
}

function withoutAbsent(evidence: WindowEvidence | undefined): WindowEvidence | undefined {
  if (evidence === undefined) return undefined;
  return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined));
}

const ref = { workspaceId: WORKSPACE, channelId: CHANNEL };
const both = { ...ref, contactId: CONTACT, address: PHONE };

describe('observeInbound', () => {
  it('opens the window of the address; the id alone learns that somebody wrote', () => {
    const { guard, known } = bench();
    guard.observeInbound({ ...both, at: NOW - HOUR });
    expect(known()).toEqual({ byAddress: { lastInboundAt: NOW - HOUR }, byId: { contactWroteAt: NOW - HOUR } });
  });

  it('opens the window of a contact whose id is all that is known', () => {
    const { guard, known } = bench();
    guard.observeInbound({ ...ref, contactId: CONTACT, at: NOW });
    expect(known()).toEqual({ byAddress: undefined, byId: { lastInboundAt: NOW } });
  });

  it.each([
    ['an ISO string', '2026-01-05T08:59:00Z', NOW - MINUTE],
    ['an ISO string with an offset', '2026-01-05T09:59:00+01:00', NOW - MINUTE],
    ['a Date', new Date(NOW - 1), NOW - 1],
    ['epoch ms', NOW, NOW],
    ['the near future, which counts as now', NOW + 1, NOW],
    ['five minutes ahead, which counts as now', NOW + 5 * MINUTE, NOW],
  ])('takes %s', (_name, at, lastInboundAt) => {
    const { guard, known } = bench();
    guard.observeInbound({ ...ref, address: PHONE, at });
    expect(known().byAddress).toEqual({ lastInboundAt });
  });

  it.each([5 * MINUTE + 1, DAY])('opens nothing by what lies %i ms ahead, but has Bird asked', (aheadMs) => {
    const { guard, known } = bench();
    guard.observeInbound({ ...ref, address: PHONE, at: NOW + aheadMs });
    expect(known().byAddress).toEqual({ doubtedAt: NOW });
  });

  it.each(['+31 6 1234 5678', '0031612345678', '+31(6)1234-5678', '＋31612345678'])(
    'knows the number as %s',
    (address) => {
      const { guard, known } = bench();
      guard.observeInbound({ ...ref, address, at: NOW });
      expect(known().byAddress).toEqual({ lastInboundAt: NOW });
    },
  );

  it('takes digits alone for a number only where the key says so', () => {
    const { guard, known } = bench();
    guard.observeInbound({ ...ref, address: '31612345678', at: NOW });
    expect(known().byAddress).toBeUndefined();
    guard.observeInbound({ ...ref, address: '31612345678', identifierKey: 'phonenumber', at: NOW });
    expect(known().byAddress).toEqual({ lastInboundAt: NOW });
  });

  it('takes ids in either case', () => {
    const { guard, known } = bench();
    const upper = { workspaceId: WORKSPACE.toUpperCase(), channelId: CHANNEL.toUpperCase() };
    guard.observeInbound({ ...upper, contactId: CONTACT.toUpperCase(), at: NOW });
    expect(known().byId).toEqual({ lastInboundAt: NOW });
  });

  it('scenario 9: the newest message wins, in any order', () => {
    const { guard, known } = bench();
    for (const at of [NOW - HOUR, NOW, NOW - 2 * HOUR]) guard.observeInbound({ ...ref, address: PHONE, at });
    expect(known().byAddress).toEqual({ lastInboundAt: NOW });
  });

  it.each<[string, Partial<Record<keyof ObservedInbound, unknown>>]>([
    ['workspaceId', { workspaceId: '..' }],
    ['channelId', { channelId: undefined }],
    ['contactId', { contactId: 'x' }],
    ['address', { address: ' ' }],
    ['address', { address: '\ud800' }],
    ['contactId or address', { contactId: undefined, address: undefined }],
    ['at', { at: undefined }],
    ['at', { at: '2026-01-05T09:00:00' }],
    ['at', { at: NOW / 1000 }],
    ['at', { at: Number.NaN }],
  ])('throws for a wrong %s', (name, change) => {
    const { guard, known } = bench();
    const observe = (): unknown => guard.observeInbound({ ...both, at: NOW, ...change } as ObservedInbound);
    expect(observe).toThrow(TypeError);
    expect(observe).toThrow(name);
    expect(observe).not.toThrow(PHONE);
    expect(known()).toEqual({ byAddress: undefined, byId: undefined });
  });

  it('that may be older is counted from there, and the quota from the message itself', () => {
    const { observations, known } = bench();
    observations.signedInbound({ ...both, at: NOW }, HOUR);
    expect(known()).toEqual({
      byAddress: { lastInboundAt: NOW - HOUR, contactWroteAt: NOW },
      byId: { contactWroteAt: NOW },
    });
  });
});

describe('observeRefusal', () => {
  it('refutes for the address and for the id', () => {
    const { guard, known } = bench();
    guard.observeRefusal({ ...both, sentAt: NOW - SECOND, code: 131_047 });
    expect(known()).toEqual({ byAddress: { refusedAt: NOW - SECOND }, byId: { refusedAt: NOW - SECOND } });
  });

  it.each(['131026', 131_049, '130472', '63032', '551', '', 'closed'])('scenario 22: %s changes nothing', (code) => {
    const { guard, known } = bench();
    guard.observeRefusal({ ...both, sentAt: NOW, code });
    expect(known()).toEqual({ byAddress: undefined, byId: undefined });
  });

  it.each(['45047', 45_047])('%s spends the quota and closes nothing (field A9)', (code) => {
    const { guard, known } = bench();
    guard.observeRefusal({ ...both, sentAt: NOW - SECOND, code });
    expect(known()).toEqual({ byAddress: { quotaSpentAt: NOW - SECOND }, byId: { quotaSpentAt: NOW - SECOND } });
  });

  it("Meta's code 10 with words about the window casts doubt and closes nothing (field A9)", () => {
    const { guard, known } = bench();
    guard.observeRefusal({ ...both, sentAt: NOW - SECOND, code: '(#10) Sent outside of allowed window' });
    expect(known()).toEqual({ byAddress: { doubtedAt: NOW }, byId: { doubtedAt: NOW } });
  });

  it('throws for what cannot be read, whatever the code', () => {
    const { guard } = bench();
    expect(() => guard.observeRefusal({ ...both, sentAt: 'today', code: 'x' })).toThrow('sentAt');
    expect(() => guard.observeRefusal({ ...ref, sentAt: NOW, code: '131047' })).toThrow('contactId or address');
  });
});

describe('a message that was sent', () => {
  it('counts once, by its earliest time, and not when it is lost, in any order', () => {
    const sent = (id: string, sentAt: number, isLost: boolean) => ({ ...both, messageId: id, sentAt, isLost });
    const told = [
      sent('a', NOW - 5, false),
      sent('a', NOW - 9, false),
      sent('b', NOW - 7, true),
      sent('b', NOW, false),
    ];
    for (const log of [told, told.toReversed()]) {
      const { observations, known } = bench();
      for (const one of log) observations.sent(one);
      const messages = [
        { id: 'a', at: NOW - 9 },
        { id: 'b', at: NOW - 7, isLost: true },
      ];
      expect(known()).toEqual({ byAddress: { sent: messages }, byId: { sent: messages } });
    }
  });
});

describe('a number that changed hands', () => {
  it('refutes what is older', () => {
    const { observations, known } = bench();
    observations.numberChange({ ...both, at: NOW });
    expect(known()).toEqual({ byAddress: { refusedAt: NOW }, byId: { refusedAt: NOW } });
  });
});

describe('a doubt', () => {
  it('keeps what is known, and marks it until Bird was asked', () => {
    const { guard, observations, known } = bench();
    guard.observeRefusal({ ...both, sentAt: NOW - HOUR, code: '131047' });
    guard.observeInbound({ ...both, at: NOW });
    observations.doubt(both);
    expect(known()).toEqual({
      byAddress: { refusedAt: NOW - HOUR, lastInboundAt: NOW, doubtedAt: NOW },
      byId: { refusedAt: NOW - HOUR, contactWroteAt: NOW, doubtedAt: NOW },
    });
  });

  it("is lifted by Bird's date and not by its null, which makes what a customer's message opened unknown (field A11)", async () => {
    const world = await createWorld({ sandbox: { readLagMs: 60_000 } });
    const { observations } = internalsOf(world.guard);
    const contact = { workspaceId: world.workspace.id, channelId: world.channel.id, address: WORLD_PHONE };
    await world.guard.check(world.send());
    world.customerWrites();
    world.guard.observeInbound({ ...contact, at: world.sandbox.clock.now() });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send' });
    world.sandbox.clock.advance(1);
    observations.doubt(contact);
    expect(world.guard.peek(world.send())).toBeUndefined();
    world.sandbox.clock.advance(1);
    const unknown = { action: 'send', decision: { verdict: 'unknown', reason: 'window_unknown' }, source: 'bird' };
    for (const _ of [1, 2]) expect(await world.guard.check(world.send())).toMatchObject(unknown);
    world.sandbox.clock.advance(60_000);
    const open = { action: 'send', decision: { verdict: 'allow' } };
    expect(await world.guard.check(world.send())).toMatchObject({ ...open, source: 'bird' });
    expect(world.guard.peek(world.send())).toMatchObject({ ...open, source: 'memory' });
  });

  it('is lifted by a message that the customer wrote after it (field A11)', async () => {
    const world = await createWorld();
    const { observations } = internalsOf(world.guard);
    const contact = { workspaceId: world.workspace.id, channelId: world.channel.id, address: WORLD_PHONE };
    await world.guard.check(world.send());
    const doubtedAt = world.sandbox.clock.now();
    observations.doubt(contact);
    world.sandbox.clock.advance(2);
    world.guard.observeInbound({ ...contact, at: doubtedAt });
    expect(world.guard.peek(world.send())).toBeUndefined();
    world.guard.observeInbound({ ...contact, at: doubtedAt + 1 });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send' });
  });

  it("about what opens nothing is lifted by Bird's null, which is a denial", async () => {
    const world = await createWorld();
    const { observations } = internalsOf(world.guard);
    const contact = { workspaceId: world.workspace.id, channelId: world.channel.id, address: WORLD_PHONE };
    const doubtedAt = world.sandbox.clock.now();
    observations.doubt(contact);
    world.sandbox.clock.advance(1);
    expect((await world.guard.check(world.send())).action).toBe('block');
    world.guard.observeInbound({ ...contact, at: doubtedAt });
    expect(world.guard.peek(world.send())).toMatchObject({ action: 'send' });
  });
});

describe('forget', () => {
  it.each<[string, object, readonly [boolean, boolean]]>([
    ['an address', { ...ref, address: PHONE }, [false, true]],
    ['a contact', { ...ref, contactId: CONTACT }, [true, false]],
    ['both', both, [false, false]],
    ['a channel', ref, [false, false]],
    ['a workspace', { workspaceId: WORKSPACE }, [false, false]],
    ['another channel', { ...ref, channelId: CONTACT }, [true, true]],
    ['another workspace', { workspaceId: CONTACT }, [true, true]],
  ])('%s', (_name, target, [isAddressKept, isIdKept]) => {
    const { guard, known } = bench();
    guard.observeInbound({ ...both, at: NOW });
    guard.forget(target as Parameters<typeof guard.forget>[0]);
    const { byAddress, byId } = known();
    expect([byAddress !== undefined, byId !== undefined]).toEqual([isAddressKept, isIdKept]);
  });

  it('throws for a wrong id', () => {
    const { guard } = bench();
    expect(() => guard.forget({ workspaceId: 'x' })).toThrow('workspaceId');
    expect(() => guard.forget({ ...ref, contactId: 'x' })).toThrow('contactId');
  });
});
