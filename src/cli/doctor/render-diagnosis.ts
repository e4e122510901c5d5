import type { ServiceWindow } from '../../core/types.js';
import { toLength } from '../printable.js';
import { plain, type Style } from '../shell.js';
import type { ChannelReport, ContactReport, Diagnosis, FailedFinding, Finding } from './diagnosis.js';

/** The report as text. Its last line says that the guard can work, or what to fix first. */
export function renderDiagnosis(diagnosis: Diagnosis, style: Style = plain): string {
  const { baseUrl, reads, key, channel, contact, problem } = diagnosis;
  const requests = reads.length === 1 ? '1 read-only request' : `${reads.length} read-only requests`;
  const lines = [
    `Made ${requests} to ${baseUrl}.`,
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
    problem === undefined ? style('green', 'The guard can work.') : `${style('red', 'Fix first:')} ${problem.advice}`,
  ];
  return `${lines.join('\n')}\n`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(12)}${text}`;
}

const keyTexts = {
  accepted: 'accepted',
  refused: 'refused (401)',
  unknown: 'unknown: no answer shows whether it is valid',
};

function accessText(finding: Finding<unknown>): string {
  if (finding.result === 'ok') return 'readable';
  return finding.result === 'not_asked' ? 'not asked' : failureText(finding);
}

function failureText({ result, status, networkCode }: FailedFinding): string {
  const detail = status ?? networkCode;
  return `${failureTexts[result]}${detail === undefined ? '' : ` (${detail})`}`;
}

const failureTexts: Readonly<Record<FailedFinding['result'], string>> = {
  key_refused: 'key refused',
  forbidden: 'no permission',
  channel_not_found: 'channel not found',
  contact_not_found: 'contact not found',
  not_found: "not found, but not in Bird's format",
  throttled: 'too many requests',
  redirected: 'redirect, not followed',
  server_error: 'server error',
  unexpected_status: 'unexpected status',
  malformed: 'unreadable answer',
  timed_out: 'timed out',
  unreachable: 'connection failed',
};

function channelRows({ platformId, window, status, maySend, outgoing }: ChannelReport): string[] {
  return [
    row('  platform', `${platformId ?? '(unreadable)'}: ${windowText(window)}`),
    row('  status', maySend === undefined ? unknownStatusText(status) : `${status}`),
    row('  outgoing', outgoing === 'not_stated' ? 'not stated; treated as available' : outgoing),
  ];
}

function unknownStatusText(status: string | undefined): string {
  if (status === undefined) return 'missing or unreadable; sends pass';
  return `${status}: unknown to the guard; sends pass`;
}

function windowText(window: ServiceWindow | null | undefined): string {
  if (window === undefined) return 'unknown to the guard';
  if (window === null) return 'no window; free-form messages always pass';
  if (!Number.isFinite(window.durationMs)) return 'open without end once the customer has written';
  const human = window.humanAgentMs === undefined ? '' : `, ${toLength(window.humanAgentMs)} for human agents`;
  return `window of ${toLength(window.durationMs)} after the customer's last message${human}`;
}

function contactText({ contact, channel, isContactGiven }: Diagnosis): string {
  if (contact.result === 'contact_not_found' && !isContactGiven) return 'readable';
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
  if (window === 'null') return `null: ${nullText(channel)}`;
  const end = new Date(serviceWindowExpireAt ?? 0).toISOString();
  return window === 'past' ? `past date (${end}): closed` : `future date (${end}): open`;
}

function nullText(channel: Finding<ChannelReport>): string {
  const window = channel.result === 'ok' ? channel.facts.window : undefined;
  if (window === undefined) return 'the meaning depends on the platform';
  return window === null || window.nullSaysNothing === true ? 'no meaning on this platform' : 'closed, or never opened';
}

function clockText({ clock: { date, aheadMs } }: Diagnosis): string {
  if (date === 'unknown') return "not compared with Bird's clock";
  if (date !== 'present') return `Date header ${date}: keep this clock correct, since the guard cannot correct it`;
  if (aheadMs === 0) return "within 2 s of Bird's clock, by the Date header";
  const side = aheadMs > 0 ? 'behind' : 'ahead of';
  return `${toLength(Math.abs(aheadMs))} ${side} Bird's clock, by the Date header: set it; the guard compensates`;
}

function rateLimitText({ rateLimitHeaders }: Diagnosis): string {
  if (rateLimitHeaders.length === 0) return 'no headers';
  return rateLimitHeaders.map(({ name, value }) => `${name}: ${value ?? '(unreadable)'}`).join(', ');
}

function timeText({ medianReadMs, reads }: Diagnosis): string {
  const answered = reads.filter(({ status }) => status !== undefined).length;
  if (medianReadMs === undefined) return 'no answer to measure';
  const median = `${Math.round(medianReadMs)} ms per read`;
  const last = reads.at(-1);
  // A repeated read with another result than the first one is no fault, but is reported.
  const isLastOdd = reads.length > 2 && last !== undefined && !['ok', 'contact_not_found'].includes(last.result);
  const odd = isLastOdd && last.target !== 'channels' ? `; last read: ${failureText(last as FailedFinding)}` : '';
  return `${median}${answered > 1 ? ` (median of ${answered})` : ''}${odd}`;
}
