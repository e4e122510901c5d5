import assert from 'node:assert/strict';
import fc from 'fast-check';
import { renderPage } from '../../../src/cli/report/render-page.js';
import { renderText } from '../../../src/cli/report/render-text.js';
import type { ModeSummary, Row } from '../../../src/cli/report/rows.js';
import { LogTally, type Summary } from '../../../src/cli/report/summary.js';
import { type Property, property } from '../property.js';
import { CHANNEL, NOW, WORKSPACE } from '../values/ids.js';
import { junk, key, nearlyWhole, text, withEntries } from '../values/json.js';

/** What must not come out as it stands, on a terminal or on a page. */
const hostile = fc.constantFrom(
  ...['<script>alert(1)</script>', '</script>', '"><img src=x>', '&lt;', '\u001b[31m', '\u0007', '\u202e', 'a\nb'],
  ...['__proto__', 'constructor', '<!--', ']]>', "'onload='", '\u2028', '\u0000'],
);
const word = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: hostile });

const decision = fc
  .tuple(
    nearlyWhole(
      {
        at: fc.oneof(
          fc.nat(100_000_000).map((offset) => NOW + offset),
          fc.constantFrom<unknown>(0, 0.5, 8.64e15, 8.64e15 + 1, -1, 1e300),
        ),
        workspaceId: word(WORKSPACE, CHANNEL),
        channelId: word(CHANNEL, WORKSPACE),
        platform: word('whatsapp', 'sms', '__proto__'),
        verdict: word('allow', 'deny', 'unknown'),
        reason: word('service_window_open', 'service_window_closed', 'lookup_budget_spent'),
        action: word('send', 'block', 'reroute', 'hold'),
        mode: word('enforce', 'observe'),
        source: word('memory', 'bird', 'none'),
        recipients: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 53, '1')),
      },
      12,
    ),
    fc.option(word('send', 'block', 'reroute', 'hold')),
    fc.array(fc.tuple(key, junk), { maxLength: 1 }),
  )
  .map(([fields, wouldBe, others]) =>
    JSON.stringify({ ...withEntries({}, others), ...fields, ...(wouldBe === null ? {} : { wouldBe }) }),
  );

const line = fc.oneof(
  { weight: 12, arbitrary: decision },
  { weight: 1, arbitrary: decision.map((whole) => whole.slice(0, whole.length >> 1)) },
  {
    weight: 1,
    arbitrary: fc
      .record({ at: fc.constant(NOW), dropped: fc.oneof(fc.nat(1_000), junk) })
      .map((value) => JSON.stringify(value)),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      text,
      hostile,
      junk.map((value) => JSON.stringify(value) ?? ''),
    ),
  },
);
const log = fc.record({
  lines: fc.array(line, { maxLength: 20 }),
  since: fc.constantFrom(undefined, undefined, NOW + 50_000_000),
  workspaceId: fc.constantFrom(undefined, undefined, WORKSPACE),
});

interface Counted {
  readonly lines: number;
  readonly summary: Summary;
}

function summaryOf({
  lines,
  since,
  workspaceId,
}: {
  readonly lines: readonly string[];
  readonly since: number | undefined;
  readonly workspaceId: string | undefined;
}): Counted {
  const tally = new LogTally({ since, workspaceId });
  for (const [index, text] of lines.entries()) tally.add(text, () => `decisions.jsonl:${index + 1}`);
  return { lines: lines.length, summary: tally.summary(1) };
}

const fates = ['blocked', 'rerouted', 'held', 'unknown', 'sent'] as const;

/** Messages by mode and fate, counted in another way than by the report. */
function countsOf(
  lines: readonly string[],
  isCounted: (value: Readonly<Record<string, unknown>>) => boolean,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of lines) {
    const value = parsed(text);
    if (value === undefined || !isCounted(value)) continue;
    const { mode, verdict, action, wouldBe, recipients } = value;
    const became = {
      block: 'blocked',
      reroute: 'rerouted',
      hold: 'held',
      send: verdict === 'unknown' ? 'unknown' : 'sent',
    }[String(wouldBe ?? action)];
    counts[`${mode} ${became}`] = (counts[`${mode} ${became}`] ?? 0) + Number(recipients);
  }
  return counts;
}

/** A whole line; `undefined` for a damaged one. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  let value: Record<string, unknown>;
  try {
    value = Object.assign(Object.create(null), Object.fromEntries(Object.entries(JSON.parse(text))));
  } catch {
    return undefined;
  }
  const isWord = (field: unknown): boolean => typeof field === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(field);
  const { at, dropped, recipients, mode, source, wouldBe, action, reason } = value;
  const became = wouldBe ?? action;
  const isDecision =
    dropped === undefined && isOneOf(['enforce', 'observe'], mode) && isOneOf(['memory', 'bird', 'none'], source);
  const isTimed = typeof at === 'number' && at >= 0 && at < Date.UTC(10_000, 0);
  const isNamed =
    ['workspaceId', 'channelId', 'platform'].every((name) => value[name] === undefined || isWord(value[name])) &&
    isWord(reason);
  const isCounted = Number.isSafeInteger(recipients) && Number(recipients) > 0;
  const isDone = isOneOf(['block', 'reroute', 'hold', 'send'], became);
  return isDecision && isTimed && isNamed && isCounted && isDone ? value : undefined;
}

function isOneOf(words: readonly unknown[], value: unknown): boolean {
  return words.includes(value);
}

function expectSums(mode: ModeSummary | undefined): void {
  if (mode === undefined) return;
  for (const rows of [mode.reasons, mode.platforms, mode.workspaces, mode.channels, mode.hours]) {
    for (const fate of [...fates, 'messages'] as const) {
      assert.equal(
        rows.reduce((sum, row: Row) => sum + row[fate], 0),
        mode.total[fate],
      );
    }
  }
}

const SCRIPT = 'draw()';
/** What a page has of itself, for a log without anything hostile in it. */
const allowedTags =
  /^<\/?(?:!doctype|html|head|meta|title|style|body|main|h[12]|p|script|section|dl|div|dt|dd|small|figure|figcaption|details|summary|table|caption|thead|tbody|tr|th|td|svg|rect)(?=[\s>/]|$)/i;

export const decisionLogs: readonly Property[] = [
  property('a log’s numbers add up, in each table and to what its lines say', 400, log, (given) => {
    const { lines, summary } = summaryOf(given);
    const { decisions, damaged } = summary;
    assert.ok(decisions + damaged.lines <= lines);
    expectSums(summary.observe);
    expectSums(summary.enforce);
    const isCounted = ({ at, workspaceId }: Readonly<Record<string, unknown>>): boolean =>
      Number(at) >= (given.since ?? 0) && (given.workspaceId === undefined || workspaceId === given.workspaceId);
    const expected = countsOf(given.lines, isCounted);
    for (const mode of ['observe', 'enforce'] as const) {
      for (const fate of fates)
        assert.equal(summary[mode]?.total[fate] ?? 0, expected[`${mode} ${fate}`] ?? 0, `${mode} ${fate}`);
    }
    if (given.since === undefined && given.workspaceId === undefined) {
      assert.equal(decisions, given.lines.filter((text) => parsed(text) !== undefined).length);
    }
  }),

  property('a log’s tables have no character that a terminal obeys', 200, log, (given) => {
    const shown = renderText(summaryOf(given).summary, (_format, text) => text);
    assert.match(shown, /^[\n -~…‑–]*$/);
  }),

  property('a log’s page has nothing of the log but text, and is small', 120, log, (given) => {
    const page = renderPage(summaryOf(given).summary, SCRIPT);
    for (const [tag] of page.matchAll(/<[^>]*/g)) {
      assert.match(tag, allowedTags);
      assert.doesNotMatch(tag, /\son\w+\s*=/i);
    }
    assert.equal(page.match(/<script/g)?.length, 2);
    const [, plots = ''] = /id="plots">([^<]*)<\/script>/.exec(page) ?? [];
    const series = JSON.parse(plots) as readonly { readonly times: readonly number[] }[];
    for (const { times } of series) assert.ok(times.length <= 400, `${times.length} bars`);
    assert.ok(page.length < 200_000, `${page.length} characters`);
  }),
];
