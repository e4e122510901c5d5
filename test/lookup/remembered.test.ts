import { describe, expect, it } from 'vitest';
import type { WindowEvidence } from '../../src/core/service-window.js';
import {
  contactOf,
  dateOf,
  elsewhere,
  isOptedOut,
  joined,
  mayOpen,
  opensFor,
  saysOpen,
  withObjections,
} from '../../src/lookup/remembered.js';
import type { WindowFacts } from '../../src/ports.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 28, 9);
const own = { windowMs: DAY, contactId: 'one' };

/** Bird's answer. */
const facts = (serviceWindowExpireAt: number | null, isPermanentSession = false): WindowFacts => ({
  serviceWindowExpireAt,
  isPermanentSession,
});

describe('an answer of Bird', () => {
  it.each([
    ['no date', facts(null), false],
    ['a date in the past', facts(NOW - 1), false],
    ['the present instant: an end belongs to the time after it', facts(NOW), false],
    ['a date ahead', facts(NOW + 1), true],
    ['a permanent session without a date', facts(null, true), true],
    ['a permanent session whose date is past', facts(NOW - 1, true), true],
  ])('with %s', (_, answer, isOpen) => {
    expect(saysOpen(answer, NOW)).toBe(isOpen);
    expect(opensFor(answer, {}, NOW, { trustsPermanentSession: true })).toBe(isOpen);
  });

  it('opens nothing for certain by its date once a message was refused', () => {
    const refused = { refusedAt: NOW - DAY };
    expect(opensFor(facts(NOW + 1), refused, NOW, { trustsPermanentSession: true })).toBe(false);
    expect(opensFor(facts(NOW + 1, true), refused, NOW, { trustsPermanentSession: true })).toBe(true);
  });

  it('opens nothing as a permanent session where that is not trusted', () => {
    const untrusted = { trustsPermanentSession: false };
    expect(opensFor(facts(null, true), {}, NOW, untrusted)).toBe(false);
    expect(opensFor(facts(NOW + 1, true), {}, NOW, untrusted)).toBe(true);
  });
});

describe('the date of a window', () => {
  const near = NOW + HOUR;
  const far = NOW + 30 * DAY;
  it.each<[string, WindowFacts, WindowEvidence, number | null]>([
    ['is what Bird says, if nothing is remembered', facts(near), {}, near],
    ['is what is remembered, if Bird says nothing', facts(null), { expiresAt: near }, near],
    ['is unknown to both', facts(null), {}, null],
    ['is the later of both', facts(near), { expiresAt: near + 1 }, near + 1],
    ['is the later of both, the other way round', facts(near + 1), { expiresAt: near }, near + 1],
    ['may be far, if Bird says so', facts(far), {}, far],
    ['is the far one of Bird, if no message was refused', facts(far), { expiresAt: near }, far],
    ['may be far, if that is remembered', facts(near), { farUntil: far }, far],
    ['is not the remembered far one after a refusal', facts(near), { farUntil: far, refusedAt: NOW - 1 }, near],
    [
      'is the remembered near one, if Bird says a far one after a refusal',
      facts(far),
      { expiresAt: near, refusedAt: NOW - 1 },
      near,
    ],
    ['is the far one of Bird after a refusal, if it is all there is', facts(far), { refusedAt: NOW - 1 }, far],
    [
      'is the later of two near ones after a refusal',
      facts(near + 1),
      { expiresAt: near, refusedAt: NOW - 1 },
      near + 1,
    ],
    ['is the remembered one of the same contact', facts(null), { expiresAt: near, readFor: 'one' }, near],
    ['is not the remembered one of another contact', facts(null), { expiresAt: near, readFor: 'two' }, null],
  ])('%s', (_, answer, known, date) => {
    expect(dateOf(answer, known, NOW, own)).toBe(date);
  });
});

describe('an opt-out', () => {
  it.each<[string, WindowEvidence, boolean]>([
    ['that was never reported', {}, false],
    ['without an opt-in', { optedOutAt: NOW }, true],
    ['before an opt-in', { optedOutAt: NOW, optedInAt: NOW + 1 }, false],
    ['after an opt-in', { optedOutAt: NOW, optedInAt: NOW - 1 }, true],
    ['at the instant of an opt-in', { optedOutAt: NOW, optedInAt: NOW }, true],
    ['that is missing beside an opt-in', { optedInAt: NOW }, false],
  ])('%s', (_, evidence, isOut) => {
    expect(isOptedOut(evidence)).toBe(isOut);
    expect(contactOf(evidence, NOW, own).optedOut).toBe(isOut);
  });
});

describe('evidence, as the rule sees it', () => {
  it('has what is known, and nothing else', () => {
    const evidence = { expiresAt: NOW + 1, lastInboundAt: NOW - 2, refusedAt: NOW - 3 };
    expect(contactOf(evidence, NOW, own)).toEqual({
      serviceWindowExpireAt: NOW + 1,
      isPermanentSession: false,
      lastInboundAt: NOW - 2,
      refusedAt: NOW - 3,
      messagesSinceInbound: undefined,
      optedOut: false,
    });
  });

  it.each<[string, WindowEvidence, boolean]>([
    ['is one until its trust ends', { permanentUntil: NOW + 1 }, true],
    ['is none from the instant on in which its trust ends', { permanentUntil: NOW }, false],
    ['is none of which nobody has heard', {}, false],
    ['is one for the contact that was asked for', { permanentUntil: NOW + 1, readFor: 'one' }, true],
    ['is none for another contact', { permanentUntil: NOW + 1, readFor: 'two' }, false],
  ])('a permanent session %s', (_, evidence, isPermanent) => {
    expect(contactOf(evidence, NOW, own).isPermanentSession).toBe(isPermanent);
  });

  it('has no date that was read for another contact, but the messages of both', () => {
    const evidence = { expiresAt: NOW + 1, lastInboundAt: NOW - 2, readFor: 'two' };
    expect(contactOf(evidence, NOW, own)).toMatchObject({
      serviceWindowExpireAt: undefined,
      lastInboundAt: NOW - 2,
    });
  });
});

describe('an id and an address that were observed together', () => {
  it('are one window, whichever of them is known', () => {
    const [one, other] = [{ lastInboundAt: 1 }, { refusedAt: 2 }];
    expect(joined([undefined, undefined])).toBeUndefined();
    expect(joined([one, undefined])).toBe(one);
    expect(joined([undefined, other])).toBe(other);
    expect(joined([one, other])).toMatchObject({ lastInboundAt: 1, refusedAt: 2 });
  });
});

describe('a message of the contact from elsewhere', () => {
  it.each<[string, number | undefined, WindowEvidence, number | undefined]>([
    ['that nobody has seen', undefined, {}, undefined],
    ['is the only one', NOW, {}, NOW],
    ['is remembered', undefined, { contactWroteAt: NOW }, NOW],
    ['counts as late as it was', NOW, { contactWroteAt: NOW + 1 }, NOW + 1],
    ['is later than one from here', NOW, { lastInboundAt: NOW - 1 }, NOW],
    ['is no later than one from here', NOW, { lastInboundAt: NOW }, undefined],
    ['is later than a refusal', NOW, { refusedAt: NOW - 1 }, NOW],
    ['is no later than a refusal', NOW, { refusedAt: NOW }, undefined],
    ['is later than one from here, and before a refusal', NOW, { lastInboundAt: 1, refusedAt: NOW + 1 }, undefined],
    ['is later than a refusal, and before one from here', NOW, { lastInboundAt: NOW + 1, refusedAt: 1 }, undefined],
  ])('%s', (_, wroteAt, known, at) => {
    expect(elsewhere(wroteAt, known)).toBe(at);
  });
});

describe('what another window has against this one', () => {
  const known: WindowEvidence = { lastInboundAt: NOW };
  it('is nothing, if it is not known', () => {
    expect(withObjections([known, undefined])).toBe(known);
    expect(withObjections([undefined, undefined])).toBeUndefined();
  });

  it('is nothing that opens it', () => {
    expect(withObjections([known, { expiresAt: NOW + DAY, lastInboundAt: NOW + 1 }])).toBe(known);
  });

  it.each<WindowEvidence>([{ refusedAt: 5 }, { quotaSpentAt: 5 }, { optedOutAt: 5 }, { optedInAt: 5 }])(
    'is %o',
    (one) => {
      expect(withObjections([known, { ...one, expiresAt: NOW + DAY }])).toMatchObject({ ...known, ...one });
      expect(withObjections([known, { ...one, expiresAt: NOW + DAY }])?.expiresAt).toBeUndefined();
    },
  );

  it.each<WindowEvidence>([{ optedOutAt: 5 }, { optedInAt: 5 }])(
    'is %o also of a window of which nothing is known',
    (one) => {
      expect(withObjections([undefined, { ...one, refusedAt: 6 }])).toMatchObject({ ...one, refusedAt: undefined });
    },
  );

  it('is no refusal of a window of which nothing is known', () => {
    expect(withObjections([undefined, { refusedAt: 6, quotaSpentAt: 7 }])).toBeUndefined();
  });
});

describe('evidence that may open a window, right or not', () => {
  it.each<[string, WindowEvidence, boolean]>([
    ['is none', {}, false],
    ['is a date ahead', { expiresAt: NOW + 1 }, true],
    ['is no date that has come', { expiresAt: NOW }, false],
    ['is a far date', { farUntil: NOW + 1 }, true],
    ['is a permanent session', { permanentUntil: NOW + 1 }, true],
    ['is a message within the longest window', { lastInboundAt: NOW - 7 * DAY + 1 }, true],
    ['is no message as old as the longest window', { lastInboundAt: NOW - 7 * DAY }, false],
  ])('%s', (_, evidence, may) => {
    expect(mayOpen(evidence, NOW, 7 * DAY)).toBe(may);
  });
});
