import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { platforms } from '../../src/core/platforms.js';
import {
  humanAgentWindow,
  isDoubted,
  knownWindow,
  latest,
  mergeEvidence,
  messagesSinceInbound,
  type WindowEvidence,
} from '../../src/core/service-window.js';
import type { Decision } from '../../src/core/types.js';
import { AT, closed, DAY, decide, HOUR, iso, MINUTE, open, whatsapp, windowUnknown } from './support.js';

const window = { durationMs: DAY };
const instant = fc.oneof(fc.integer({ min: AT - 3 * DAY, max: AT + 3 * DAY }), fc.constantFrom(AT - 1, AT, AT + 1));
const message = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), at: instant });
/** In the order in which evidence keeps them. */
const sent = fc
  .uniqueArray(message, { selector: ({ id }) => id })
  .map((messages) => messages.toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id)));
const ends = { expiresAt: instant, farUntil: instant, permanentUntil: instant };
const others = { lastInboundAt: instant, refusedAt: instant, sent };
const evidence: fc.Arbitrary<WindowEvidence> = fc.oneof(
  fc.record({ ...ends, ...others }, { requiredKeys: [] }),
  // Only with an end does evidence say for whom it was read.
  fc
    .constantFrom('expiresAt' as const, 'farUntil' as const, 'permanentUntil' as const)
    .chain((end) =>
      fc.record({ ...ends, ...others, readFor: fc.constantFrom('a', 'b', 'c') }, { requiredKeys: [end, 'readFor'] }),
    ),
);

/** What the core says of remembered evidence. */
function judge({ expiresAt, lastInboundAt, refusedAt }: WindowEvidence, at: number = AT): Decision {
  return decide(whatsapp, { serviceWindowExpireAt: expiresAt, lastInboundAt, refusedAt }, { at });
}

const mergeAll = (pieces: readonly WindowEvidence[]): WindowEvidence => pieces.reduce(mergeEvidence, {});

describe('merging evidence', () => {
  test.each<[name: string, a: WindowEvidence, b: WindowEvidence, merged: WindowEvidence]>([
    ['nothing and nothing', {}, {}, {}],
    ['the later end', { expiresAt: 1 }, { expiresAt: 2 }, { expiresAt: 2 }],
    ['the later inbound', { lastInboundAt: 2 }, { lastInboundAt: 1 }, { lastInboundAt: 2 }],
    ['the later refusal', { refusedAt: 1 }, { refusedAt: 2 }, { refusedAt: 2 }],
    ['the longer permanence', { permanentUntil: 2 }, { permanentUntil: 1 }, { permanentUntil: 2 }],
    ['zero is an instant too', { expiresAt: 0 }, { expiresAt: -1 }, { expiresAt: 0 }],
    ['undefined gives way', { expiresAt: undefined }, { expiresAt: 1 }, { expiresAt: 1 }],
    [
      'each field for itself',
      { expiresAt: 1, lastInboundAt: 9 },
      { expiresAt: 5, refusedAt: 7 },
      { expiresAt: 5, lastInboundAt: 9, refusedAt: 7 },
    ],
  ])('keeps %s', (_name, a, b, merged) => {
    expect(mergeEvidence(a, b)).toEqual(merged);
    expect(mergeEvidence(b, a)).toEqual(merged);
  });

  test('is commutative', () => {
    fc.assert(
      fc.property(evidence, evidence, (a, b) => {
        expect(mergeEvidence(a, b)).toEqual(mergeEvidence(b, a));
      }),
    );
  });

  test('is associative', () => {
    fc.assert(
      fc.property(evidence, evidence, evidence, (a, b, c) => {
        expect(mergeEvidence(mergeEvidence(a, b), c)).toEqual(mergeEvidence(a, mergeEvidence(b, c)));
      }),
    );
  });

  test('is idempotent, and nothing adds nothing', () => {
    fc.assert(
      fc.property(evidence, (a) => {
        expect(mergeEvidence(a, a)).toEqual(a);
        expect(mergeEvidence(a, {})).toEqual(a);
      }),
    );
  });

  test('gives the same answer for any order and any repetition of the same pieces', () => {
    const history = fc.array(evidence, { minLength: 1, maxLength: 6 });
    const replay = history.chain((pieces) =>
      fc.tuple(
        fc.constant(pieces),
        fc.shuffledSubarray([...pieces, ...pieces, ...pieces], { minLength: pieces.length * 3 }),
      ),
    );
    fc.assert(
      fc.property(replay, ([pieces, replayed]) => {
        expect(mergeAll(replayed)).toEqual(mergeAll(pieces));
        expect(judge(mergeAll(replayed))).toEqual(judge(mergeAll(pieces)));
      }),
    );
  });

  test('changes neither argument', () => {
    fc.assert(
      fc.property(evidence, evidence, (a, b) => {
        const before = structuredClone([a, b]);
        mergeEvidence(Object.freeze(a), Object.freeze(b));
        expect([a, b]).toEqual(before);
      }),
    );
  });

  test.each<[name: string, a: WindowEvidence, b: WindowEvidence, readFor: string | undefined]>([
    ['the same contact stays', { readFor: 'a', expiresAt: 1 }, { readFor: 'a', expiresAt: 2 }, 'a'],
    ['the later end counts for its own contact', { readFor: 'a', expiresAt: 1 }, { readFor: 'b', expiresAt: 2 }, 'b'],
    ['so does a later end far ahead', { readFor: 'a', expiresAt: 1 }, { readFor: 'b', farUntil: 2 }, 'b'],
    ['two ends far ahead', { readFor: 'a', farUntil: 1 }, { readFor: 'b', farUntil: 2 }, 'b'],
    ['the longer permanence', { readFor: 'a', permanentUntil: 1 }, { readFor: 'b', permanentUntil: 2 }, 'b'],
    ['the later end counts for every contact', { readFor: 'a', expiresAt: 1 }, { expiresAt: 2 }, undefined],
    ['an end for every contact is earlier', { expiresAt: 1 }, { readFor: 'a', expiresAt: 2 }, 'a'],
    ['of equal ends, one counts for every contact', { readFor: 'a', expiresAt: 1 }, { expiresAt: 1 }, undefined],
    ['equal ends of two contacts', { readFor: 'b', expiresAt: 1 }, { readFor: 'a', expiresAt: 1 }, 'a'],
    ['without any end', { readFor: 'b' }, { lastInboundAt: 1 }, undefined],
  ])('knows in either order for whom an end was read: %s', (_name, a, b, readFor) => {
    expect(mergeEvidence(a, b).readFor).toBe(readFor);
    expect(mergeEvidence(b, a).readFor).toBe(readFor);
  });

  test('late news of an older message never moves the window back', () => {
    const known = { lastInboundAt: AT - HOUR };
    expect(judge(mergeEvidence(known, { lastInboundAt: AT - 30 * HOUR }))).toEqual(open(AT + 23 * HOUR));
  });
});

describe('merging the messages that count', () => {
  const one = { id: 'a', at: 2 };

  test.each<[name: string, a: WindowEvidence['sent'], b: WindowEvidence['sent'], sent: WindowEvidence['sent']]>([
    ['none is known', undefined, undefined, undefined],
    ['one side knows none', [one], undefined, [one]],
    ['one side has none', [one], [], [one]],
    [
      'in the order of sending',
      [one, { id: 'c', at: 3 }],
      [{ id: 'b', at: 1 }],
      [{ id: 'b', at: 1 }, one, { id: 'c', at: 3 }],
    ],
    [
      'at the same instant, by id',
      [{ id: 'c', at: 2 }, one],
      [{ id: 'b', at: 2 }],
      [one, { id: 'b', at: 2 }, { id: 'c', at: 2 }],
    ],
    ['the same one twice, at its earlier instant', [one], [{ id: 'a', at: 1 }], [{ id: 'a', at: 1 }]],
    ['one that was lost stays lost', [one], [{ id: 'a', at: 3, isLost: true }], [{ id: 'a', at: 2, isLost: true }]],
  ])('%s', (_name, a, b, sent) => {
    expect(mergeEvidence({ sent: a }, { sent: b }).sent).toEqual(sent);
    expect(mergeEvidence({ sent: b }, { sent: a }).sent).toEqual(sent);
  });

  test('keeps the latest 32, so that a window that never closes does not grow for ever', () => {
    const sent = Array.from({ length: 33 }, (_, at) => ({ id: String(at), at }));
    expect(mergeEvidence({ sent: sent.slice(0, 20) }, { sent: sent.slice(20) }).sent).toEqual(sent.slice(1));
  });
});

describe('messagesSinceInbound', () => {
  const sent = [
    { id: 'a', at: AT - 1 },
    { id: 'b', at: AT },
    { id: 'c', at: AT + 1 },
    { id: 'd', at: AT + 2 },
    { id: 'e', at: AT + 3, isLost: true as const },
  ];

  test.each<[name: string, evidence: WindowEvidence, count: number | undefined]>([
    ['nothing known', {}, undefined],
    ['no message known', { lastInboundAt: AT }, undefined],
    ['messages, but not when the customer wrote', { sent }, undefined],
    ['messages, and an instant that is uncertain', { sent, contactWroteAt: AT }, undefined],
    ['no message so far', { sent: [], lastInboundAt: AT }, 0],
    ['those after the customer wrote', { sent, lastInboundAt: AT }, 2],
    ["those after the message that explains Bird's date", { sent, expiresAt: AT + DAY }, 2],
    ['the later of the two', { sent, lastInboundAt: AT - HOUR, expiresAt: AT + 1 + DAY }, 1],
    ['an uncertain message restarts the count', { sent, lastInboundAt: AT, contactWroteAt: AT + 1 }, 1],
    ['spent, says the platform', { quotaSpentAt: AT + 1, lastInboundAt: AT }, Number.POSITIVE_INFINITY],
    ['spent, whatever was counted', { quotaSpentAt: AT + 1, sent: [], lastInboundAt: AT }, Number.POSITIVE_INFINITY],
    ['spent, by all that is known', { quotaSpentAt: AT }, Number.POSITIVE_INFINITY],
    ['spent, and in that very millisecond the customer wrote', { quotaSpentAt: AT, sent, lastInboundAt: AT }, 2],
    ['spent before the customer wrote, and nothing counted', { quotaSpentAt: AT - 1, lastInboundAt: AT }, undefined],
  ])('%s', (_name, evidence, count) => {
    expect(messagesSinceInbound(evidence, DAY)).toBe(count);
  });
});

test.each<[name: string, evidence: WindowEvidence, doubted: boolean]>([
  ['nothing happened', {}, false],
  ['something unexplained happened', { doubtedAt: AT }, true],
  ['... after the customer wrote', { doubtedAt: AT, lastInboundAt: AT - 1 }, true],
  ['... in the millisecond in which the customer wrote', { doubtedAt: AT, lastInboundAt: AT }, true],
  ['... before the customer wrote', { doubtedAt: AT, lastInboundAt: AT + 1 }, false],
  ['... after a read', { doubtedAt: AT, readAt: AT - 1 }, true],
  ['... in the millisecond in which a read started', { doubtedAt: AT, readAt: AT }, false],
])('doubt: %s', (_name, evidence, doubted) => {
  expect(isDoubted(evidence)).toBe(doubted);
});

describe('a refusal refutes, and only what is newer opens again', () => {
  const refusedAt = AT - HOUR;

  test('whatever was known when the refused message was sent opens nothing any more', () => {
    const older = fc.record({
      expiresAt: fc.option(fc.integer({ min: AT - 3 * DAY, max: refusedAt + DAY }), { nil: undefined }),
      lastInboundAt: fc.option(fc.integer({ min: AT - 3 * DAY, max: refusedAt }), { nil: undefined }),
    });
    fc.assert(
      fc.property(older, fc.integer({ min: AT - DAY, max: AT + 3 * DAY }), (known, at) => {
        expect(judge(mergeEvidence(known, { refusedAt }), at)).toEqual(closed(null));
      }),
    );
  });

  test.each<[name: string, news: WindowEvidence, decision: Decision]>([
    ['the same inbound again', { lastInboundAt: AT - 2 * HOUR }, closed(null)],
    ['an inbound one millisecond before the refused message', { lastInboundAt: refusedAt - 1 }, closed(null)],
    ['an inbound of the same instant', { lastInboundAt: refusedAt }, closed(null)],
    ['an inbound one millisecond later', { lastInboundAt: refusedAt + 1 }, open(refusedAt + 1 + DAY)],
    ["Bird's same date again", { expiresAt: AT + 22 * HOUR }, closed(null)],
    ["Bird's date from one millisecond before", { expiresAt: refusedAt + DAY - 1 }, closed(null)],
    ["Bird's date from the same instant", { expiresAt: refusedAt + DAY }, closed(null)],
    ["Bird's date from one millisecond later", { expiresAt: refusedAt + DAY + 1 }, open(refusedAt + DAY + 1)],
    ['an older refusal', { refusedAt: AT - 2 * DAY }, closed(null)],
    ['permanence says nothing of the window', { permanentUntil: AT + HOUR }, closed(null)],
  ])('after a refusal: %s', (_name, news, decision) => {
    const known = { lastInboundAt: AT - 2 * HOUR, expiresAt: AT + 22 * HOUR, refusedAt };
    expect(judge(mergeEvidence(known, news))).toEqual(decision);
    expect(judge(mergeEvidence(news, known))).toEqual(decision);
  });

  test('a refusal that becomes known late does not close what the customer opened after it', () => {
    const known = { lastInboundAt: AT - MINUTE, expiresAt: AT - MINUTE + DAY };
    expect(judge(mergeEvidence(known, { refusedAt }))).toEqual(open(AT - MINUTE + DAY));
  });

  test('adding a refusal never opens anything', () => {
    fc.assert(
      fc.property(evidence, instant, (known, refused) => {
        const before = judge(known);
        const after = judge(mergeEvidence(known, { refusedAt: refused }));
        expect(after.verdict === 'allow' && before.verdict !== 'allow').toBe(false);
      }),
    );
  });

  test('adding evidence other than a refusal never closes anything, inbounds of the future aside', () => {
    const opening = fc.record(
      {
        // Further ahead, a refusal refutes it, however small the date was that it replaces.
        expiresAt: fc.integer({ min: AT - 3 * DAY, max: AT + DAY + 5 * MINUTE }),
        lastInboundAt: fc.integer({ min: AT - 3 * DAY, max: AT + 5 * MINUTE }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(evidence, opening, (known, news) => {
        const before = judge(known);
        const after = judge(mergeEvidence(known, news));
        if (before.verdict === 'allow') expect(after.verdict).toBe('allow');
      }),
    );
  });

  test('an inbound of the future hides an older one once merged: whoever remembers must not let it in', () => {
    const known = { lastInboundAt: AT - HOUR };
    expect(judge(mergeEvidence(known, { lastInboundAt: AT + HOUR }))).toEqual(windowUnknown);
  });
});

describe('knownWindow', () => {
  test.each<[name: string, contact: unknown, known: ReturnType<typeof knownWindow>]>([
    ['nothing', {}, { end: undefined, otherwise: 'unknown' }],
    ['no object', undefined, { end: undefined, otherwise: 'unknown' }],
    ["Bird's null", { serviceWindowExpireAt: null }, { end: undefined, otherwise: 'closed' }],
    ["Bird's date", { serviceWindowExpireAt: iso(AT) }, { end: AT, otherwise: 'closed' }],
    ['an unreadable date', { serviceWindowExpireAt: 'x' }, { end: undefined, otherwise: 'unreadable' }],
    ['an inbound', { lastInboundAt: AT - HOUR }, { end: AT + 23 * HOUR, otherwise: 'closed' }],
    ['an inbound ahead, within the skew', { lastInboundAt: AT + 1 }, { end: AT + DAY, otherwise: 'closed' }],
    ['an inbound of the future', { lastInboundAt: AT + HOUR }, { end: undefined, otherwise: 'unknown' }],
    ['an unreadable inbound', { lastInboundAt: 'x' }, { end: undefined, otherwise: 'unknown' }],
    [
      'an unreadable date and an inbound',
      { serviceWindowExpireAt: 'x', lastInboundAt: AT },
      { end: AT + DAY, otherwise: 'unreadable' },
    ],
    ['a refusal', { refusedAt: AT }, { end: undefined, otherwise: 'closed' }],
  ])('%s', (_name, contact, known) => {
    expect(knownWindow(contact, window, AT)).toEqual(known);
  });
});

describe('humanAgentWindow', () => {
  const withHumans = { durationMs: DAY, humanAgentMs: 7 * DAY };

  test.each<[name: string, contact: unknown, end: number | undefined, isDecided: boolean]>([
    ['an inbound', { lastInboundAt: AT - DAY }, AT + 6 * DAY, true],
    ['an inbound within the skew', { lastInboundAt: AT + 1 }, AT + 7 * DAY, true],
    ['an inbound of the future', { lastInboundAt: AT + HOUR }, undefined, false],
    ["Bird's future date alone", { serviceWindowExpireAt: AT + DAY }, undefined, false],
    ["Bird's future date, refused", { serviceWindowExpireAt: AT + DAY, refusedAt: AT }, undefined, true],
    ["Bird's date of now, refused", { serviceWindowExpireAt: AT, refusedAt: AT - 1 }, undefined, false],
    ["Bird's past date alone", { serviceWindowExpireAt: AT }, undefined, false],
    ['an inbound that was refused', { lastInboundAt: AT - DAY, refusedAt: AT - HOUR }, undefined, true],
    ['an inbound in the millisecond of the refusal', { lastInboundAt: AT, refusedAt: AT }, undefined, true],
    [
      'an inbound, and a refusal after the short window',
      { lastInboundAt: AT - DAY, refusedAt: AT },
      AT + 6 * DAY,
      true,
    ],
    ['a refusal alone', { refusedAt: AT }, undefined, false],
    ['nothing', {}, undefined, false],
  ])('%s', (_name, contact, end, isDecided) => {
    expect(humanAgentWindow(contact, withHumans, AT)).toEqual({ end, isDecided });
  });

  test('a platform without one has none', () => {
    for (const row of [platforms.whatsapp, platforms.tiktok]) {
      expect(row?.window).not.toBeNull();
      expect(humanAgentWindow({ lastInboundAt: AT }, row?.window ?? window, AT)).toBeUndefined();
    }
  });
});

test('latest takes the later of two instants, either of which may be missing', () => {
  expect(latest(undefined, undefined)).toBeUndefined();
  expect(latest(1, undefined)).toBe(1);
  expect(latest(undefined, 1)).toBe(1);
  expect(latest(0, undefined)).toBe(0);
  expect(latest(1, 2)).toBe(2);
  expect(latest(2, 1)).toBe(2);
});
