import type { ServiceWindow } from '../core/types.js';
import type { ChannelReport, ContactReport, Diagnosis, FailedFinding, Finding } from './diagnosis.js';
import { toLength } from './printable.js';

/** The report for people. Its last line says that the guard can work, or the one thing to fix first. */
export function renderDiagnosis(diagnosis: Diagnosis): string {
  const { baseUrl, reads, key, channel, contact, problem } = diagnosis;
  const times = reads.length === 1 ? 'once' : `${reads.length} times`;
  const lines = [
    `Asked ${baseUrl} ${times}, reading only.`,
    '',
    row('key', keyTexts[key]),
    row('channel', accessText(channel)),
    ...(channel.result === 'ok' ? channelRows(channel.facts) : []),
    row('contacts', contactText(diagnosis)),
    ...(contact.result === 'ok' ? contactRows(contact.facts, channel) : []),
    row('clock', clockText(diagnosis)),
    row('rate limit', rateLimitText(diagnosis)),
    row('time', timeText(diagnosis)),
    '',
    problem === undefined ? 'The guard can work.' : `Fix first: ${problem.advice}`,
  ];
  return `${lines.join('\n')}\n`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(12)}${text}`;
}

const keyTexts = {
  accepted: 'accepted',
  refused: 'refused (401)',
  unknown: 'no answer tells whether Bird knows it',
};

function accessText(finding: Finding<unknown>): string {
  if (finding.result === 'ok') return 'the key may read it';
  return finding.result === 'not_asked' ? 'not asked' : failureText(finding);
}

function failureText({ result, status, networkCode }: FailedFinding): string {
  const detail = status ?? networkCode;
  return `${failureTexts[result]}${detail === undefined ? '' : ` (${detail})`}`;
}

const failureTexts: Readonly<Record<FailedFinding['result'], string>> = {
  key_refused: 'the key was refused',
  forbidden: 'the key may not read this',
  channel_not_found: 'Bird knows no such channel',
  contact_not_found: 'Bird knows no such contact',
  not_found: 'not found, but not in the words of Bird',
  throttled: 'too many requests',
  redirected: 'a redirect, not followed',
  server_error: 'Bird failed',
  unexpected_status: 'an unexpected status',
  malformed: 'an answer that cannot be read',
  timed_out: 'no answer in time',
  unreachable: 'the connection failed',
};

function channelRows({ platformId, window, status, maySend, outgoing }: ChannelReport): string[] {
  return [
    row('  platform', `${platformId ?? '(unreadable)'}: ${windowText(window)}`),
    row('  status', maySend === undefined ? unknownStatusText(status) : `${status}`),
    row('  outgoing', outgoing === 'not_stated' ? 'not stated, which counts as available' : outgoing),
  ];
}

function unknownStatusText(status: string | undefined): string {
  if (status === undefined) return 'not stated in a word, which the guard lets through';
  return `${status}: a word that the guard does not know, and lets through`;
}

function windowText(window: ServiceWindow | null | undefined): string {
  if (window === undefined) return 'not in the table';
  if (window === null) return 'no window, free-form messages always pass';
  if (!Number.isFinite(window.durationMs)) return 'a window without an end, once the customer has written';
  const human = window.humanAgentMs === undefined ? '' : `, ${toLength(window.humanAgentMs)} for a human`;
  return `a window of ${toLength(window.durationMs)} after the customer's last message${human}`;
}

function contactText({ contact, channel, isContactGiven }: Diagnosis): string {
  if (contact.result === 'contact_not_found' && !isContactGiven) return 'the key may read them';
  if (contact.result === 'ok') return 'the key may read them';
  const isUnneeded = channel.result === 'ok' && channel.facts.window === null && contact.result !== 'not_asked';
  return accessText(contact) + (isUnneeded ? '; not needed on this platform' : '');
}

function contactRows(facts: ContactReport, channel: Finding<ChannelReport>): string[] {
  const { decision } = facts;
  const rows = [
    row('  window', expiryText(facts, channel)),
    row('  permanent', `isPermanentSession is ${facts.isPermanentSession}`),
  ];
  return decision === undefined ? rows : [...rows, row('  decision', `${decision.verdict}, ${decision.reason}`)];
}

function expiryText({ window, serviceWindowExpireAt }: ContactReport, channel: Finding<ChannelReport>): string {
  if (window === 'null') return `no date (null): ${nullText(channel)}`;
  const end = new Date(serviceWindowExpireAt ?? 0).toISOString();
  return window === 'past' ? `a date in the past (${end}): closed` : `a date in the future (${end}): open`;
}

function nullText(channel: Finding<ChannelReport>): string {
  const window = channel.result === 'ok' ? channel.facts.window : undefined;
  if (window === undefined) return 'what that means depends on the platform';
  return window === null || window.nullSaysNothing === true ? 'it says nothing here' : 'closed, or never open';
}

function clockText({ clock: { date, aheadMs } }: Diagnosis): string {
  if (date === 'unknown') return "not compared with Bird's";
  if (date !== 'present') return `the Date header is ${date}: keep this machine's clock right, the guard cannot`;
  if (aheadMs === 0) return "within 2 s of Bird's, by the Date header";
  const side = aheadMs > 0 ? 'behind' : 'ahead of';
  return `${toLength(Math.abs(aheadMs))} ${side} Bird's, by the Date header: set it; the guard makes up for it`;
}

function rateLimitText({ rateLimitHeaders }: Diagnosis): string {
  if (rateLimitHeaders.length === 0) return 'no headers seen';
  return rateLimitHeaders.map(({ name, value }) => `${name}: ${value ?? '(unreadable)'}`).join(', ');
}

function timeText({ medianReadMs, reads }: Diagnosis): string {
  const answered = reads.filter(({ status }) => status !== undefined).length;
  if (medianReadMs === undefined) return 'no answer to measure';
  const median = `${Math.round(medianReadMs)} ms a read`;
  const last = reads.at(-1);
  // A repeated read that went otherwise than the first one: no reason to stop, but to be told.
  const isLastOdd = reads.length > 2 && last !== undefined && !['ok', 'contact_not_found'].includes(last.result);
  const odd = isLastOdd && last.target !== 'channels' ? `; the last: ${failureText(last as FailedFinding)}` : '';
  return `${median}${answered > 1 ? `, the median of ${answered}` : ''}${odd}`;
}
