import type { Fault, SandboxOptions } from 'freeform-guard/sandbox';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createPractice } from './support.js';

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
  expect((await practice.run()).out).toBe(`Asked ${practice.sandbox.url} 5 times, reading only.

key         accepted
channel     the key may read it
  platform  whatsapp: a window of 24 h after the customer's last message
  status    active
  outgoing  available
contacts    the key may read them
  window    a date in the future (2026-01-06T09:00:00.000Z): open
  permanent isPermanentSession is absent
  decision  allow, service_window_open
clock       within 2 s of Bird's, by the Date header
rate limit  no headers seen
time        0 ms a read, the median of 5

The guard can work.
`);
});

it.each([
  ['facebook', "facebook: a window of 24 h after the customer's last message, 7 days for a human"],
  ['kakaotalk', "kakaotalk: a window of 30 days after the customer's last message"],
  ['apple-business-chat', 'apple-business-chat: a window without an end, once the customer has written'],
  ['email-sparkpost', 'email-sparkpost: no window, free-form messages always pass'],
  ['pigeon', 'pigeon: not in the table'],
])('says what the window of %s is', async (platformId, text) => {
  expect(rowOf(await reportOn({}, platformId), 'platform')).toBe(text);
});

it.each([
  ['whatsapp', 'no date (null): closed, or never open'],
  ['apple-business-chat', 'no date (null): it says nothing here'],
  ['sms', 'no date (null): it says nothing here'],
  ['pigeon', 'no date (null): what that means depends on the platform'],
])('says what null means on %s', async (platformId, text) => {
  expect(rowOf(await reportOn({}, platformId), 'window')).toBe(text);
});

it('says when a window was over', async () => {
  const practice = await createPractice({ startAt: '2026-01-05T09:00:00Z', closedWindow: 'past' });
  practice.customerWrites();
  practice.sandbox.clock.advance({ hours: 25 });
  const { out } = await practice.run();
  expect(rowOf(out, 'window')).toBe('a date in the past (2026-01-06T09:00:00.000Z): closed');
});

it.each<[string, Fault, string]>([
  ['a status', { status: 503 }, 'Bird failed (503)'],
  ['a connection that broke', { reset: true }, 'the connection failed (UND_ERR_SOCKET)'],
  ['a redirect', { redirect: 'http://127.0.0.1:1' }, 'a redirect, not followed (302)'],
])('says of a read that failed with %s how', async (_, fault, text) => {
  const report = await reportOn({ fault: () => fault });
  expect([rowOf(report, 'channel'), rowOf(report, 'contacts')]).toEqual([text, 'not asked']);
});

it('says that contacts are not needed where there is no window', async () => {
  const report = await reportOn({ contactAccess: 'forbidden' }, 'sms');
  expect(rowOf(report, 'contacts')).toBe('the key may not read this (403); not needed on this platform');
});

it('says of a status that nobody knows that the guard lets it through', async () => {
  const practice = await createPractice();
  practice.workspace.setChannel(practice.channel.id, { status: 'hibernating' });
  const { out } = await practice.run();
  expect(rowOf(out, 'status')).toBe('hibernating: a word that the guard does not know, and lets through');
});

it.each([
  [-10_800_000, /^3 h ahead of Bird's, by the Date header/],
  [10_800_000, /^3 h behind Bird's, by the Date header/],
])('says on which side the clock is wrong, with Bird %i ms ahead', async (offsetMs, text) => {
  const practice = await createPractice({ startAt: Date.now() + offsetMs });
  const { out } = await practice.run([], { clock: systemClock });
  expect(rowOf(out, 'clock')).toMatch(text);
});

it('shows rate-limit headers, and a repeated read that went wrong', async () => {
  const report = await reportOn({ readsPerSecond: 3, retryAfter: '2' });
  expect(rowOf(report, 'rate limit')).toBe('retry-after: 2');
  expect(rowOf(report, 'time')).toBe('0 ms a read, the median of 4; the last: too many requests (429)');
});
