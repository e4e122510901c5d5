import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { decisionLog } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { spanOf } from '../../../src/cli/report/plots.js';
import { ProgressBar } from '../../../src/cli/report/progress.js';
import { createSmallWorld } from '../../support/service.js';
import {
  AT,
  CHANNEL,
  closed,
  lineOf,
  newFolder,
  observed,
  observedClosed,
  report,
  summaryOf,
  WORKSPACE,
  writeLog,
} from './support.js';

const OTHER = '5d0fcf4b-2a37-4bd8-8b0c-0f8a3cb7d401';
const HOUR = 3_600_000;

it('reads what a guard has logged, and says what it did', async () => {
  const path = newFolder()('decisions.jsonl');
  const log = decisionLog(path);
  const world = await createSmallWorld({ guard: { onDecision: log } });
  await world.guard.check(world.send());
  await world.guard.close();
  await log.close();
  const { status, out, error } = await report([path]);
  expect([status, error]).toEqual([0, '']);
  expect(out).toContain(
    'Enforce is on: 1 of 1 message (100 %) in this log were not sent as they are: 1 blocked.\n\n1 decision in 1 file, from ',
  );
  expect(out).toMatch(/^service_window_closed +1 +1 +- +- +- +-$/m);
});

describe('a message counts once', () => {
  it.each([
    [closed, 'blocked'],
    [{ ...closed, action: 'reroute' }, 'rerouted'],
    [{ ...closed, action: 'hold' }, 'held'],
    [{ verdict: 'unknown', reason: 'lookup_failed' }, 'unknown'],
    [{ verdict: 'unknown', reason: 'lookup_failed', action: 'block' }, 'blocked'],
    [{}, 'sent'],
  ])('%j is %s', async (change, fate) => {
    const counts = { blocked: 0, rerouted: 0, held: 0, unknown: 0, sent: 0, [fate]: 3 };
    const { enforce, observe } = await summaryOf([lineOf({ ...change, recipients: 3 })]);
    expect(observe).toBeUndefined();
    const row = (key: string): object => ({ key, messages: 3, ...counts });
    expect(enforce).toEqual({
      total: row('total'),
      reasons: [row('reason' in change ? change.reason : 'service_window_open')],
      platforms: [row('whatsapp')],
      workspaces: [row(WORKSPACE)],
      channels: [{ ...row(CHANNEL), platform: 'whatsapp' }],
      hours: [row('2026-11-27T09:00:00.000Z')],
    });
  });

  it('apart where it was only observed', async () => {
    const { enforce, observe } = await summaryOf([lineOf(observedClosed), lineOf(closed), lineOf()]);
    expect(observe).toMatchObject({ total: { messages: 1, blocked: 1 } });
    expect(enforce).toMatchObject({ total: { messages: 2, blocked: 1, sent: 1 } });
  });

  it('under a name of its own where workspace, channel or platform are not known', async () => {
    const { enforce } = await summaryOf([
      lineOf({ workspaceId: undefined, channelId: undefined, platform: undefined }),
    ]);
    const key = '(none)';
    expect(enforce).toMatchObject({ workspaces: [{ key }], channels: [{ key }], platforms: [{ key }] });
  });
});

describe('the first sentence', () => {
  const day = (change: object, ...at: number[]): string[] =>
    at.map((hours) => lineOf({ ...change, at: AT + hours * HOUR }));

  it.each<[string, readonly string[], string]>([
    ['nothing', [], 'The log has no decisions.'],
    ['only enforced, all sent', [lineOf()], 'Enforce is on: all messages in this log (1) were sent as they are.'],
    ['only observed, all sent', [lineOf(observed)], 'With enforce, nothing would change in this log.'],
    [
      'observed beside enforced',
      [lineOf(observedClosed), lineOf(observed), lineOf({ ...observed, verdict: 'unknown' }), lineOf(closed)],
      'With enforce, 1 of 3 messages (33.3 %) in this log would not be sent as they are: 1 blocked; 1 would pass although their window is unknown.',
    ],
    [
      'four days',
      [
        ...day(observedClosed, 0, 1, 2, 3),
        ...day({ ...observedClosed, wouldBe: 'hold' }, 4),
        ...day(observed, 5, 6, 96),
      ],
      'With enforce, 2 of 3 messages (66.7 %) on a day like these would not be sent as they are: 1 blocked, 1 held.',
    ],
  ])('of a log with %s', async (_, lines, sentence) => {
    expect((await summaryOf(lines)).sentence).toBe(sentence);
  });
});

describe('the reads', () => {
  it('count what asked Bird in the busiest minute, and what had no read left', async () => {
    const minute = (count: number, at: number, workspaceId = WORKSPACE): string =>
      lineOf({ source: 'bird', recipients: count, at, workspaceId });
    const spent = lineOf({ verdict: 'unknown', reason: 'lookup_budget_spent', source: 'none', recipients: 4 });
    const lines = [
      minute(60, AT),
      minute(60, AT + 59_999),
      minute(90, AT + 60_000),
      minute(30, AT, OTHER),
      lineOf(),
      spent,
    ];
    const { reads } = await summaryOf([...lines, minute(6, AT + HOUR)]);
    expect(reads).toEqual({
      allowedPerSecond: 50,
      workspaces: [
        {
          workspaceId: WORKSPACE,
          asked: 216,
          budgetSpent: 4,
          busiest: { at: '2026-11-27T09:00:00.000Z', perSecond: 2 },
        },
        { workspaceId: OTHER, asked: 30, budgetSpent: 0, busiest: { at: '2026-11-27T09:00:00.000Z', perSecond: 0.5 } },
      ],
      hours: [
        { at: '2026-11-27T09:00:00.000Z', perSecond: 2 },
        { at: '2026-11-27T10:00:00.000Z', perSecond: 0.1 },
      ],
    });
  });
});

describe('a line that is damaged', () => {
  it.each([
    ['is cut off', lineOf().slice(0, -9)],
    ['is no object', '17'],
    ['has no instant', lineOf({ at: undefined })],
    ['has an instant beyond time', lineOf({ at: 1e300 })],
    ['has an instant of the year 10000', lineOf({ at: Date.UTC(10_000, 0) })],
    ['has an action that nobody knows', lineOf({ action: 'shred' })],
    ['has a mode that nobody knows', lineOf({ mode: 'off' })],
    ['has a source that nobody knows', lineOf({ source: 'hearsay' })],
    ['has half a recipient', lineOf({ recipients: 0.5 })],
    ['has what a terminal would obey', lineOf({ platform: '\u001b[2J' })],
    ['has markup', lineOf({ reason: '<script>alert(1)</script>' })],
    ['is longer than any decision', `{"at":${AT},"x":"${'x'.repeat(70_000)}"}`],
  ])('because it %s is left out, counted and named', async (_, line) => {
    const path = writeLog([lineOf(), line, '', lineOf()]);
    const { out, status } = await report([path]);
    expect(status).toBe(0);
    expect(out).toContain('2 decisions in 1 file');
    expect(out).toContain(`Left out: 1 damaged line, at ${path}:2\n`);
    for (const text of ['alert', '\u001b']) expect(out).not.toContain(text);
  });

  it('is named in five cases at most', async () => {
    const path = writeLog(Array(7).fill('?'));
    const { out } = await report([path]);
    const places = [1, 2, 3, 4, 5].map((number) => `${path}:${number}`);
    expect(out).toContain(`Left out: 7 damaged lines, at ${places.join(', ')}, …\n`);
  });

  it('leaves a polluted prototype without a say', async () => {
    const { damaged, enforce } = await summaryOf([lineOf().replace('{', '{"__proto__":{"wouldBe":"block"},')]);
    expect([damaged, enforce]).toMatchObject([{ lines: 0 }, { total: { sent: 1, blocked: 0 } }]);
  });
});

it('says how many decisions have no line', async () => {
  const lines = [lineOf(), JSON.stringify({ at: AT, dropped: 7 }), JSON.stringify({ at: AT, dropped: 1200 })];
  const { out } = await report([writeLog(lines)]);
  expect(out).toContain('Missing: 1,207 decisions, because the log could not keep up\n');
});

describe('files', () => {
  it('are read together, those that are archives decompressed, whatever their names', async () => {
    const folder = newFolder();
    const [plain, archive, wrong] = [folder('a.gz'), folder('b.gz'), folder('c.jsonl')];
    writeLog([lineOf()], plain);
    writeFileSync(archive, gzipSync(`${lineOf(closed)}\n${lineOf(closed)}`));
    writeFileSync(wrong, gzipSync(lineOf()));
    const { out } = await report([plain, archive, wrong]);
    expect(out).toContain('4 decisions in 3 files');
    expect(out).not.toContain('Left out');
  });

  it('of another system, with a byte order mark and its ends of lines, are read as well', async () => {
    const path = newFolder()('windows.jsonl');
    writeFileSync(path, `\uFEFF${lineOf()}\r\n\r\n${lineOf()}\r\n`);
    const { decisions, damaged } = JSON.parse((await report([path, '--json'])).out);
    expect([decisions, damaged.lines]).toEqual([2, 0]);
  });

  it('that are archives without an end are read as far as they go', async () => {
    const path = newFolder()('cut.gz');
    const lines = Array.from({ length: 20_000 }, (_, index) => lineOf({ at: AT + index }));
    writeFileSync(path, gzipSync(lines.join('\n')).subarray(0, -500));
    const { decisions, damaged } = JSON.parse((await report([path, '--json'])).out);
    expect(decisions).toBeGreaterThan(10_000);
    expect(damaged).toEqual({ lines: expect.any(Number), first: expect.arrayContaining([`${path}:${decisions + 2}`]) });
  });

  it('with lines across the pieces that are read at once lose none', async () => {
    const path = writeLog(Array.from({ length: 9_000 }, (_, index) => lineOf({ at: AT + index })));
    appendFileSync(path, lineOf(closed));
    expect(statSync(path).size).toBeGreaterThan(2_000_000);
    const { decisions, damaged } = JSON.parse((await report([path, '--json'])).out);
    expect([decisions, damaged.lines]).toEqual([9_001, 0]);
  });

  it.each([
    ['that are not there', (folder: (name: string) => string) => [folder('missing')]],
    ['that are folders', (folder: (name: string) => string) => [folder('.')]],
    ['that cannot be written', (folder: (name: string) => string) => [writeLog([]), '--html', folder('a/b.html')]],
  ])('%s: exit status 1, and why', async (_, argsIn) => {
    const { status, error } = await report(argsIn(newFolder()));
    expect(status).toBe(1);
    expect(error).toMatch(/^E[A-Z]+: .+'[^']*\/report-[^']*'\n$/);
  });
});

describe('many keys', () => {
  it('are shown up to fifteen, and the rest together', async () => {
    const lines = Array.from({ length: 20 }, (_, index) =>
      lineOf({ ...closed, channelId: `c${index}`, recipients: 20 - index }),
    );
    const { out } = await report([writeLog(lines)]);
    expect(out).toMatch(/^c13 whatsapp +7 +7/m);
    expect(out).toMatch(/^\(6 others\) +21 +21 /m);
    expect(out).not.toContain('c14');
  });

  it('are counted up to 10 000, and those beyond together', async () => {
    const lines = Array.from({ length: 10_003 }, (_, index) => lineOf({ channelId: `c${index}` }));
    const { enforce } = (await summaryOf(lines)) as { enforce: { channels: object[]; total: object } };
    expect(enforce.channels).toHaveLength(10_001);
    expect(enforce.channels.at(-1)).toMatchObject({ key: '(others)', messages: 3 });
    expect(enforce.total).toMatchObject({ messages: 10_003 });
  });

  it('are said to be missing where they are hours', async () => {
    const lines = Array.from({ length: 10_003 }, (_, index) => lineOf({ at: AT + index * HOUR }));
    expect((await report([writeLog(lines)])).out).toContain('Not in the hours, which are too many: 3 messages\n');
    expect((await report([writeLog(lines.slice(3))])).out).not.toContain('Not in the hours');
  });
});

it('has a bar for each century, where one line is wrong by thousands of years', () => {
  const [now, never] = [new Date(AT).toISOString(), new Date(Date.UTC(9999, 11, 31)).toISOString()];
  expect(spanOf([now, never])).toBe('century');
});

describe('the options', () => {
  const three = [lineOf({ at: AT - 2 * HOUR }), lineOf({ at: AT - 1 }), lineOf({ workspaceId: OTHER })];

  it.each([
    ['--since', '1h', 1],
    ['--since', '61min', 2],
    ['--since', '7d', 3],
    ['--since', '2026-11-27T08:00:00Z', 2],
    ['--since', '2026-11-27T11:00:00+02:00', 1],
    ['--workspace', WORKSPACE.toUpperCase(), 2],
    ['--workspace', OTHER, 1],
  ])('%s %s', async (option, value, count) => {
    expect((await summaryOf(three, option, value)).decisions).toBe(count);
  });

  it.each([
    [[], 'Name at least one file'],
    [['a', '--since', 'yesterday'], '--since must be a time such as 90min, 24h or 7d, or an instant with its offset'],
    [['a', '--since', '2026-11-27T08:00'], '--since must be a time'],
    [['a', '--workspace', 'mine'], '--workspace must be a UUID'],
    [['a', '--html='], '--html must be the name of a file'],
    [['a', '--html', 'b', '--html', 'c'], '--html is given more than once'],
    [['a', '--csv'], "Unknown option '--csv'"],
  ])('%j is wrong usage', async (args, sentence) => {
    const { status, out, error } = await report(args);
    expect([status, out]).toEqual([2, '']);
    expect(error).toContain(sentence);
    expect(error).toContain('\nSee: npx freeform-guard report --help\n');
  });

  it('--html writes a page, beside the table', async () => {
    const path = newFolder()('report.html');
    const { out, error } = await report([writeLog([lineOf(closed)]), '--html', path]);
    expect(error).toBe(`Wrote ${path}\n`);
    expect(out).toContain('service_window_closed');
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>/);
  });
});

it('writes its page over no file that is something else, such as a log', async () => {
  const path = writeLog([lineOf()]);
  const { status, error } = await report([writeLog([lineOf()]), '--html', path]);
  expect([status, readFileSync(path, 'utf8')]).toEqual([2, `${lineOf()}\n`]);
  expect(error).toContain('--html names a file that is no page');
  for (const before of ['', '<!doctype html>\n<p>before']) {
    writeFileSync(path, before);
    expect((await report([writeLog([lineOf()]), '--html', path])).status).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('Decisions of freeform-guard');
  }
});

it('shows on a terminal how far it is, and takes that away', async () => {
  const drawn: string[] = [];
  let now = 0;
  const clock = { now: () => (now += 1_000), setTimeout: () => 0, clearTimeout: () => {} };
  const path = writeLog(Array(9_000).fill(lineOf()));
  await report([path], { clock, drawProgress: (text) => drawn.push(text) });
  expect(drawn[0]).toMatch(/^\r\[#+\.+\] \d\d % \(1 of 3 MB\) $/);
  expect(drawn.at(-2)).toBe(`\r[${'#'.repeat(30)}] 100 % (3 of 3 MB) `);
  expect(drawn.at(-1)).toBe('\r\u001b[K');
});

it('shows on a terminal what it has read of a pipe, whose end nobody knows', () => {
  const drawn: string[] = [];
  const clock = { now: () => AT, setTimeout: () => 0, clearTimeout: () => {} };
  new ProgressBar(0, clock, (text) => drawn.push(text)).add(2_000_000);
  expect(drawn).toEqual(['\r2 MB ']);
});

it('marks on a terminal what is not sent', async () => {
  const { out } = await report([writeLog([lineOf(closed)])], { style: (format, text) => `<${format}>${text}</>` });
  expect(out).toMatch(/<bold>Enforced: what was done<\/>/);
  expect(out).toMatch(/<red> +1<\/>/);
});
