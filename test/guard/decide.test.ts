import { describe, expect, it, test } from 'vitest';
import { parseSend } from '../../src/bird/send/parsed-send.js';
import type { WindowEvidence } from '../../src/core/service-window.js';
import type { TemplateCase } from '../../src/guard/case.js';
import { decideFromMemory, decideFromStore, decideWithBird } from '../../src/guard/decide.js';
import { createWorld } from '../support/world.js';
import {
  answerOf,
  DAY,
  fakeCase,
  HOUR,
  inactive,
  type Known,
  messenger,
  NOW,
  patience,
  sms,
  target,
  whatsapp,
} from './fake-workspace.js';
import { turns } from './support.js';

const wroteAt = (lastInboundAt: number): WindowEvidence => ({ lastInboundAt });
const optedOut: WindowEvidence = { optedOutAt: NOW - HOUR };
const LOCAL_NOW = NOW - HOUR;

test('scenario 7: the clock advances 24 h without waiting, and the open window is closed', async () => {
  const world = await createWorld();
  world.customerWrites();
  expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  world.sandbox.clock.advance(24 * 3_600_000 - 1);
  expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'bird' });
  world.sandbox.clock.advance(1);
  expect(await world.guard.check(world.send())).toMatchObject({
    action: 'block',
    decision: { verdict: 'deny', reason: 'service_window_closed', closedAt: world.sandbox.clock.now() },
    source: 'bird',
  });
});

describe('memory alone', () => {
  it.each<[string, Known, number | null]>([
    ['a customer wrote an hour ago', { fresh: whatsapp, evidence: wroteAt(NOW - HOUR) }, NOW - HOUR + DAY],
    ['the margin has not begun', { fresh: whatsapp, evidence: wroteAt(NOW - DAY + 10_001) }, NOW + 10_001],
    ['the platform has no windows', { fresh: sms }, null],
  ])('allows where %s, and says the true end', (_, known, validUntil) => {
    const decided = decideFromMemory(fakeCase(known).open, LOCAL_NOW);
    expect(decided).toMatchObject({
      decision: { verdict: 'allow', validUntil },
      source: 'memory',
      channel: known.fresh,
    });
  });

  it('allows up to the end of a window without a margin', () => {
    const { open } = fakeCase({ fresh: whatsapp, evidence: wroteAt(NOW - DAY + 1) }, {}, { safetyMarginMs: 0 });
    expect(decideFromMemory(open, LOCAL_NOW)?.decision).toMatchObject({ verdict: 'allow', validUntil: NOW + 1 });
  });

  it.each<[string, Known]>([
    ['the margin before the end has begun', { fresh: whatsapp, evidence: wroteAt(NOW - DAY + 10_000) }],
    ['the window is closed', { fresh: whatsapp, evidence: wroteAt(NOW - 2 * DAY) }],
    ['nothing is known of the window', { fresh: whatsapp }],
    ['what is known is in doubt', { fresh: whatsapp, evidence: { ...wroteAt(NOW - HOUR), doubtedAt: NOW - 1 } }],
    ['the window was read for another contact', { fresh: whatsapp, evidence: { expiresAt: NOW + HOUR, readFor: 'x' } }],
    ['the window is in a store across a network', { fresh: whatsapp, evidence: Promise.resolve(wroteAt(NOW)) }],
    ['such a store may know of an opt-out', { fresh: sms, evidence: Promise.resolve(optedOut) }],
    ['the channel was read too long ago', { old: whatsapp, evidence: wroteAt(NOW) }],
    ['the channel cannot send', { fresh: inactive, evidence: wroteAt(NOW) }],
  ])('leaves it to Bird where %s', (_, known) => {
    expect(decideFromMemory(fakeCase(known).open, LOCAL_NOW)).toBeUndefined();
  });

  it('opens a window for the contact for which it was read', () => {
    const { open } = fakeCase({ fresh: whatsapp, evidence: { expiresAt: NOW + HOUR, readFor: 'contact' } });
    expect(decideFromMemory(open, LOCAL_NOW)?.decision).toMatchObject({ verdict: 'allow', validUntil: NOW + HOUR });
  });

  it.each([whatsapp, sms])('denies who has opted out: Bird knows of none (%o)', (fresh) => {
    const decided = decideFromMemory(fakeCase({ fresh, evidence: optedOut }).open, LOCAL_NOW);
    expect(decided).toMatchObject({
      decision: { verdict: 'deny', reason: 'opted_out' },
      source: 'memory',
      channel: fresh,
    });
    const doubted = fakeCase({ fresh, evidence: { ...optedOut, doubtedAt: NOW } });
    expect(decideFromMemory(doubted.open, LOCAL_NOW)?.decision.reason).toBe('opted_out');
  });

  it('says at once what no read can answer: an address that nobody can find', () => {
    const { open } = fakeCase({ fresh: whatsapp }, { target: 'address_unresolved' });
    expect(decideFromMemory(open, LOCAL_NOW)).toMatchObject({
      decision: { verdict: 'unknown', reason: 'address_unresolved' },
    });
    expect(decideFromMemory(fakeCase({ fresh: sms }, { target: 'address_unresolved' }).open, LOCAL_NOW)).toMatchObject({
      decision: { verdict: 'allow' },
    });
  });

  it('leaves a channel that cannot send to Bird, whoever the message is for', () => {
    const { open } = fakeCase({ fresh: inactive }, { target: 'address_unresolved' });
    expect(decideFromMemory(open, LOCAL_NOW)).toBeUndefined();
  });

  it('says at once what no read can answer: a schedule that cannot be read', () => {
    const { open } = fakeCase({ fresh: whatsapp, evidence: wroteAt(NOW) }, { sendAt: 'unreadable' });
    const decision = { verdict: 'unknown', reason: 'unclassified_message' };
    expect(decideFromMemory(open, LOCAL_NOW)).toMatchObject({ decision, source: 'none' });
    const endless = fakeCase({ fresh: sms }, { sendAt: 'unreadable' });
    expect(decideFromMemory(endless.open, LOCAL_NOW)?.decision.verdict).toBe('allow');
  });

  it('decides for the instant at which a message is to leave', () => {
    const known = { fresh: whatsapp, evidence: wroteAt(NOW - HOUR) };
    const verdictAt = (sendAt: number): string | undefined =>
      decideFromMemory(fakeCase(known, { sendAt }).open, LOCAL_NOW)?.decision.verdict;
    expect(verdictAt(NOW + 22 * HOUR)).toBe('allow');
    expect(verdictAt(NOW + 23 * HOUR)).toBeUndefined();
    // What was to leave long ago leaves now.
    expect(verdictAt(NOW - 5 * DAY)).toBe('allow');
  });

  it('does not trust a permanent session where the workspace does not', () => {
    const known = { fresh: whatsapp, evidence: { permanentUntil: NOW + HOUR } };
    expect(decideFromMemory(fakeCase(known).open, LOCAL_NOW)?.decision.reason).toBe('permanent_session');
    const { open } = fakeCase(known, {}, { trustPermanentSession: false });
    expect(decideFromMemory(open, LOCAL_NOW)).toBeUndefined();
  });

  it('lets a human answer on Messenger for seven days', () => {
    const known = { fresh: messenger, evidence: wroteAt(NOW - 2 * DAY) };
    const human = decideFromMemory(fakeCase(known, { isHuman: true }).open, LOCAL_NOW);
    expect(human?.decision).toMatchObject({ reason: 'human_agent_window', validUntil: NOW + 5 * DAY });
    expect(decideFromMemory(fakeCase(known).open, LOCAL_NOW)).toBeUndefined();
  });
});

describe('a template', () => {
  const id = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
  const message = { template: { projectId: id, version: id, locale: 'en' } };
  const templateCase = (known: Known): TemplateCase => {
    const parsed = parseSend({ workspaceId: id, channelId: id, contact: { id }, message });
    return { ...fakeCase(known).open, parsed } as TemplateCase;
  };

  it('is decided as free text on a platform without templates, from memory too', () => {
    const open = templateCase({ fresh: messenger, evidence: wroteAt(NOW - HOUR) });
    const decision = { verdict: 'allow', reason: 'service_window_open', validUntil: NOW + 23 * HOUR };
    expect(decideFromMemory(open, LOCAL_NOW)).toMatchObject({ decision, source: 'memory' });
    expect(decideFromMemory(templateCase({ fresh: messenger }), LOCAL_NOW)).toBeUndefined();
  });

  it("needs no window with Bird's help either, but a channel that works", async () => {
    const passes = await decideWithBird(templateCase({ read: whatsapp }), patience);
    expect(passes.decision).toMatchObject({ verdict: 'allow', reason: 'template' });
    const stopped = await decideWithBird(templateCase({ read: inactive }), patience);
    expect(stopped.decision).toMatchObject({ verdict: 'deny', reason: 'channel_inactive' });
  });
});

describe('for those who only look', () => {
  it('counts a channel that was read long ago, and a store across a network', async () => {
    const evidence = wroteAt(NOW - HOUR);
    expect(decideFromStore(fakeCase({ old: whatsapp, evidence }).open)).toMatchObject({ verdict: 'allow' });
    const later = decideFromStore(fakeCase({ old: whatsapp, evidence: Promise.resolve(evidence) }).open);
    expect(await later).toMatchObject({ verdict: 'allow' });
  });

  it.each<[string, Known]>([
    ['the window is closed', { old: whatsapp, evidence: wroteAt(NOW - DAY) }],
    ['nothing is known of the channel', { evidence: wroteAt(NOW) }],
    ['nothing is known of the window', { old: whatsapp }],
    ['the contact has opted out', { old: whatsapp, evidence: { ...optedOut, lastInboundAt: NOW } }],
  ])('says nothing where %s', (_, known) => {
    expect(decideFromStore(fakeCase(known).open)).toBeUndefined();
  });

  it('says nothing of an address that nobody can find', () => {
    expect(decideFromStore(fakeCase({ old: sms }, { target: 'address_unresolved' }).open)).toBeUndefined();
  });
});

describe("with Bird's help", () => {
  const decide = (known: Known, ...more: [Parameters<typeof fakeCase>[1]?, Parameters<typeof fakeCase>[2]?]) =>
    decideWithBird(fakeCase(known, ...more).open, patience);

  it('denies what a fresh read of the channel denies, and asks for no window', async () => {
    const { open, asked } = fakeCase({ fresh: inactive, read: inactive });
    expect(await decideWithBird(open, patience)).toMatchObject({
      decision: { verdict: 'deny', reason: 'channel_inactive' },
      source: 'bird',
      channel: inactive,
    });
    expect(asked.windows).toEqual([]);
  });

  it('denies that without waiting for a store that hangs', async () => {
    const denied = decide({ read: inactive, evidence: new Promise(() => {}) });
    const decided = await Promise.race([denied, turns()]);
    expect(decided).toMatchObject({ decision: { verdict: 'deny', reason: 'channel_inactive' } });
  });

  it('needs no window, and no address, where the platform has no windows', async () => {
    const allowed = { decision: { verdict: 'allow', reason: 'no_service_window' }, source: 'bird', channel: sms };
    expect(await decide({ read: sms })).toMatchObject(allowed);
    expect(await decide({ read: sms }, { target: 'address_unresolved' })).toMatchObject(allowed);
  });

  it('knows no window of an address that nobody can find', async () => {
    expect(await decide({ read: whatsapp }, { target: 'address_unresolved' })).toMatchObject({
      decision: { verdict: 'unknown', reason: 'address_unresolved' },
    });
  });

  it.each([whatsapp, sms])('denies who has opted out without asking for the window (%o)', async (read) => {
    const decision = { verdict: 'deny', reason: 'opted_out' };
    expect(await decide({ read, evidence: optedOut })).toMatchObject({ decision, source: 'memory', channel: read });
    expect(await decide({ read, evidence: Promise.resolve(optedOut) })).toMatchObject({ decision });
  });

  it('allows what is remembered, with the true end, once the channel is known', async () => {
    const decided = await decide({ read: whatsapp, evidence: wroteAt(NOW - HOUR) });
    const decision = { verdict: 'allow', validUntil: NOW + 23 * HOUR };
    expect(decided).toMatchObject({ decision, source: 'memory', channel: whatsapp });
  });

  it('believes what Bird says of the window, without a margin', async () => {
    const bird = { source: 'bird', channel: whatsapp };
    expect(await decide({ fresh: whatsapp, answers: [answerOf(NOW + 1)] })).toMatchObject({
      decision: { verdict: 'allow', validUntil: NOW + 1 },
      ...bird,
    });
    expect(await decide({ fresh: whatsapp, answers: [answerOf(null)] })).toMatchObject({
      decision: { verdict: 'deny', reason: 'service_window_closed' },
      ...bird,
    });
  });

  it('believes a date for no longer than the windows of the platform last', async () => {
    const validUntil = async (end: number, fresh = whatsapp): Promise<unknown> =>
      (await decide({ fresh, answers: [answerOf(end)] })).decision;
    expect(await validUntil(NOW + DAY)).toMatchObject({ validUntil: NOW + DAY });
    expect(await validUntil(NOW + DAY + 1)).toMatchObject({ validUntil: NOW + DAY });
    expect(await validUntil(NOW + 30 * DAY, messenger)).toMatchObject({ validUntil: NOW + 7 * DAY });
    const permanent = answerOf(null, { isPermanentSession: true });
    expect((await decide({ fresh: whatsapp, answers: [permanent] })).decision).toMatchObject({ validUntil: null });
  });

  it('asks for a window as the platform and the policy want it', async () => {
    const { open, asked } = fakeCase({ fresh: messenger, answers: [answerOf(null)] });
    await decideWithBird(open, patience);
    const common = { patience, windowMs: DAY, trustsPermanentSession: true, notFoundIsClosed: false };
    expect(asked.windows).toEqual([{ ...common, trustMs: 7 * DAY }]);

    const options = { onContactNotFound: 'closed', trustPermanentSession: false } as const;
    const strict = fakeCase({ fresh: whatsapp, answers: [answerOf(null)] }, {}, options);
    await decideWithBird(strict.open, patience);
    expect(strict.asked.windows).toMatchObject([
      { trustMs: DAY, trustsPermanentSession: false, notFoundIsClosed: true },
    ]);
  });

  it('takes the answer to a read of others only where it allows', async () => {
    const { open, asked } = fakeCase({ fresh: whatsapp, answers: [answerOf(null)] });
    await decideWithBird(open, patience);
    expect(asked.accepts[0]?.(answerOf(NOW + 1))).toBe(true);
    expect(asked.accepts[0]?.(answerOf(null))).toBe(false);
  });

  it('knows nothing where the evidence is in doubt and Bird does not say open', async () => {
    const doubtful = answerOf(NOW + HOUR, { isInDoubt: true });
    const decided = await decide({ fresh: whatsapp, answers: [doubtful] });
    expect(decided.decision).toEqual({ verdict: 'unknown', reason: 'window_unknown' });
    const closed = await decide({ fresh: whatsapp, answers: [answerOf(null, { isInDoubt: true })] });
    expect(closed.decision.verdict).toBe('deny');
  });

  it.each([
    ['a window ago', whatsapp, NOW - DAY, false, 'deny'],
    ['within a window', whatsapp, NOW - DAY + 1, false, 'unknown'],
    ['within a day, on Messenger', messenger, NOW - DAY, false, 'deny'],
    ['within the time for humans', messenger, NOW - DAY, true, 'unknown'],
  ] as const)(
    'casts doubt on a closed window where the contact wrote elsewhere %s',
    async (_, fresh, contactWroteAt, isHuman, verdict) => {
      const { decision } = await decide(
        { fresh, answers: [answerOf(null, { contactWroteAt, lastInboundAt: 1 })] },
        { isHuman },
      );
      expect(decision.verdict).toBe(verdict);
      if (verdict === 'unknown') expect(decision.reason).toBe('address_unresolved');
    },
  );

  it('casts no doubt on an open window, nor on another reason to deny', async () => {
    const contactWroteAt = NOW - 1;
    const open = await decide({ fresh: whatsapp, answers: [answerOf(NOW + 1, { contactWroteAt })] });
    expect(open.decision.verdict).toBe('allow');
    const out = await decide({ fresh: whatsapp, answers: [answerOf(null, { contactWroteAt, optedOut: true })] });
    expect(out.decision.reason).toBe('opted_out');
  });

  describe("where Bird's time has jumped", () => {
    const ends = NOW + 60_000;
    it('asks once more if the window is open by one time and closed by the other', async () => {
      const { open, asked } = fakeCase({ fresh: whatsapp, suddenNow: ends, answers: [answerOf(ends), answerOf(null)] });
      expect((await decideWithBird(open, patience)).decision.verdict).toBe('deny');
      expect(asked.windows).toHaveLength(2);
    });

    it('knows nothing if that says no more', async () => {
      const { open } = fakeCase({ fresh: whatsapp, suddenNow: ends, answers: [answerOf(ends), answerOf(ends)] });
      expect((await decideWithBird(open, patience)).decision).toEqual({ verdict: 'unknown', reason: 'window_unknown' });
    });

    it('asks no more if both times say the same', async () => {
      const { open, asked } = fakeCase({ fresh: whatsapp, suddenNow: ends - 1, answers: [answerOf(ends)] });
      expect((await decideWithBird(open, patience)).decision.verdict).toBe('allow');
      expect(asked.windows).toHaveLength(1);
    });
  });

  it('trusts no refuted far date for an instant to come', async () => {
    const answer = answerOf(NOW + 60 * DAY, { refusedAt: NOW - HOUR });
    expect(
      (await decide({ fresh: whatsapp, answers: [answer] }, { sendAt: NOW + 59 * DAY + HOUR })).decision.verdict,
    ).toBe('deny');
    const notRefused = await decide({ fresh: whatsapp, answers: [answerOf(NOW + 60 * DAY)] }, { sendAt: NOW + HOUR });
    expect(notRefused.decision.verdict).toBe('allow');
  });

  it.each<[string, number, number | undefined]>([
    ['now', NOW + 20 * HOUR, undefined],
    ['later', NOW + 20 * HOUR, NOW + HOUR],
    ['now, whatever far date Bird gives', NOW + 60 * DAY, undefined],
  ])('keeps a human from writing %s into a window that Bird says is open, but which was refused', async (...row) => {
    const [, end, sendAt] = row;
    const answer = answerOf(end, { refusedAt: NOW - HOUR });
    const { decision } = await decide({ fresh: messenger, answers: [answer] }, { isHuman: true, sendAt });
    expect(decision).toMatchObject({ verdict: 'deny', reason: 'service_window_closed' });
  });

  it('has the channel read again if it can send now, but not at the instant at which the message leaves', async () => {
    const outgoing = { expiresAt: NOW + HOUR };
    const fresh = { ...whatsapp, capabilities: { messaging: { messaging: { outgoing } } } };
    const readsAt = async (sendAt: number | undefined): Promise<number> => {
      const { open, asked } = fakeCase({ fresh, read: whatsapp, evidence: wroteAt(NOW) }, { sendAt });
      await decideWithBird(open, patience);
      return asked.channelMs.length;
    };
    expect(await readsAt(undefined)).toBe(0);
    expect(await readsAt(NOW + HOUR - 1)).toBe(0);
    expect(await readsAt(NOW + HOUR)).toBe(1);
    // What was to leave earlier leaves now.
    expect(await readsAt(NOW - HOUR)).toBe(0);
  });

  it('has the channel of a moment ago read again only where it denies the send', async () => {
    const { asked, open } = fakeCase({ fresh: whatsapp, answers: [answerOf(NOW + 1)] });
    await decideWithBird(open, patience);
    expect(asked.channelMs).toEqual([]);
    const back = fakeCase({ fresh: inactive, read: whatsapp, answers: [answerOf(NOW + 1)] }, { target });
    expect((await decideWithBird(back.open, patience)).decision.verdict).toBe('allow');
    expect(back.asked.channelMs).toEqual([800]);
  });
});
