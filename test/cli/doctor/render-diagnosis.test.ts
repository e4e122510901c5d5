import type { Fault, SandboxOptions } from 'freeform-guard/sandbox';
import { expect, it } from 'vitest';
import type { Style } from '../../../src/cli/shell.js';
import { systemClock } from '../../../src/clock.js';
import { createPractice } from '../support.js';

/** The text beside a label of the report. */
function rowOf(report: string, label: string): string | undefined {
  const line = report.split('\n').find((text) => text.trimStart().startsWith(`${label} `));
  return line?.trimStart().slice(label.length).trim();
}

async function reportOn(sandbox: SandboxOptions, platformId = 'whatsapp'): Promise<string> {
  const practice = await createPractice(sandbox, platformId);
  return (await practice.run()).out;
}

it('is a line for each thing that was looked at', async () => {
  const practice = await createPractice({ startAt: '2026-01-05T09:00:00Z' });
  practice.customerWrites();
  expect((await practice.run()).out).toBe(`Made 5 read-only requests to ${practice.sandbox.url}.

key         accepted
channel     readable
  platform  whatsapp: window of 24 h after the customer's last message
  status    active
  outgoing  available
contacts    readable
  window    future date (2026-01-06T09:00:00.000Z): open
  permanent isPermanentSession is absent
  decision  allow, service_window_open
clock       within 2 s of Bird's clock, by the Date header
rate limit  no headers
time        0 ms per read (median of 5)

The guard can work.
`);
});

it('marks what a glance at a terminal looks for', async () => {
  const style: Style = (format, text) => `<${format}>${text}</>`;
  const good = await createPractice();
  expect((await good.run(undefined, { style })).lastLine).toBe('<green>The guard can work.</>');
  const bad = await createPractice({ contactAccess: 'forbidden' });
  expect((await bad.run(undefined, { style })).lastLine).toMatch(/^<red>Fix first:<\/> The key has no permission/);
});

it('is JSON with --json, and what to fix is a field', async () => {
  const good = await createPractice();
  const { out, status } = await good.run(['--json', '--contact', good.contact.id]);
  const diagnosis = await good.diagnose();
  expect(JSON.parse(out)).toMatchObject({ key: 'accepted', contact: JSON.parse(JSON.stringify(diagnosis.contact)) });
  expect(status).toBe(0);
  const bad = await createPractice({ contactAccess: 'forbidden' });
  const run = await bad.run(['--json']);
  expect(JSON.parse(run.out).problem).toMatchObject({ code: 'contact_forbidden', advice: expect.any(String) });
  expect(run.status).toBe(1);
});

it.each([
  ['facebook', "facebook: window of 24 h after the customer's last message, 7 days for human agents"],
  ['kakaotalk', "kakaotalk: window of 30 days after the customer's last message"],
  ['apple-business-chat', 'apple-business-chat: open without end once the customer has written'],
  ['email-sparkpost', 'email-sparkpost: no window; free-form messages always pass'],
  ['pigeon', 'pigeon: unknown to the guard'],
])('says what the window of %s is', async (platformId, text) => {
  expect(rowOf(await reportOn({}, platformId), 'platform')).toBe(text);
});

it.each([
  ['whatsapp', 'null: closed, or never opened'],
  ['apple-business-chat', 'null: no meaning on this platform'],
  ['sms', 'null: no meaning on this platform'],
  ['pigeon', 'null: the meaning depends on the platform'],
])('says what null means on %s', async (platformId, text) => {
  expect(rowOf(await reportOn({}, platformId), 'window')).toBe(text);
});

it('says when a window was over', async () => {
  const practice = await createPractice({ startAt: '2026-01-05T09:00:00Z', closedWindow: 'past' });
  practice.customerWrites();
  practice.sandbox.clock.advance({ hours: 25 });
  const { out } = await practice.run();
  expect(rowOf(out, 'window')).toBe('past date (2026-01-06T09:00:00.000Z): closed');
});

it.each<[string, Fault, string]>([
  ['a status', { status: 503 }, 'server error (503)'],
  ['a connection that broke', { reset: true }, 'connection failed (UND_ERR_SOCKET)'],
  ['a redirect', { redirect: 'http://127.0.0.1:1' }, 'redirect, not followed (302)'],
])('says of a read that failed with %s how', async (_, fault, text) => {
  const report = await reportOn({ fault: () => fault });
  expect([rowOf(report, 'channel'), rowOf(report, 'contacts')]).toEqual([text, 'not asked']);
});

it('says that contacts are not needed where there is no window', async () => {
  const report = await reportOn({ contactAccess: 'forbidden' }, 'sms');
  expect(rowOf(report, 'contacts')).toBe('no permission (403); not needed on this platform');
});

it('says of a status that nobody knows that the guard lets it through', async () => {
  const practice = await createPractice();
  practice.workspace.setChannel(practice.channel.id, { status: 'hibernating' });
  const { out } = await practice.run();
  expect(rowOf(out, 'status')).toBe('hibernating: unknown to the guard; sends pass');
});

it.each([
  [-10_800_000, /^3 h ahead of Bird's clock, by the Date header/],
  [10_800_000, /^3 h behind Bird's clock, by the Date header/],
])('says on which side the clock is wrong, with Bird %i ms ahead', async (offsetMs, text) => {
  const practice = await createPractice({ startAt: Date.now() + offsetMs });
  const { out } = await practice.run([], { clock: systemClock });
  expect(rowOf(out, 'clock')).toMatch(text);
});

it('shows rate-limit headers, and a repeated read that went wrong', async () => {
  const report = await reportOn({ readsPerSecond: 3, retryAfter: '2' });
  expect(rowOf(report, 'rate limit')).toBe('retry-after: 2');
  expect(rowOf(report, 'time')).toBe('0 ms per read (median of 4); last read: too many requests (429)');
});
