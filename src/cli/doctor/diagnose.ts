import { randomUUID } from 'node:crypto';
import type { BirdApiOptions } from '../../bird/api/api-client.js';
import { decodeChannel, decodeWindow } from '../../bird/api/decode.js';
import { isOutgoingUnavailable, maySend } from '../../core/channel-availability.js';
import { decideFreeform } from '../../core/freeform.js';
import { own } from '../../core/own.js';
import { platformRow } from '../../core/platforms.js';
import type { ChannelFacts, Clock, WindowFacts } from '../../ports.js';
import { toWord } from '../printable.js';
import { BirdReads, type ReadRequest } from './bird-reads.js';
import type { ChannelReport, ContactReport, Diagnosis, Finding, ReadFailure, ReadReport } from './diagnosis.js';
import { findProblem } from './problem.js';

export interface DiagnoseOptions {
  /** Lower-case UUIDs. */
  readonly workspaceId: string;
  readonly channelId: string;
  /** Default: a random id, which shows only whether the key may read contacts. */
  readonly contactId?: string | undefined;
  readonly accessKey: string;
  /** Without a slash at the end. The caller has checked that the key may be sent there. */
  readonly baseUrl: string;
  readonly fetch: BirdApiOptions['fetch'];
  readonly clock: Clock;
}

const MAX_READS = 5;

/**
 * Makes the reads that the guard will make, of the channel and a contact: at most five within 15 s, each with a timeout
 * of 5 s. Never rejects because of Bird; failures are part of the diagnosis.
 */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  const { baseUrl, accessKey, fetch, clock, contactId } = options;
  const birdReads = new BirdReads({ baseUrl, accessKey: () => accessKey, fetch, clock });
  const requests = requestsFor(options);

  const channel = await birdReads.read(requests.channel);
  const contact: Finding<ContactFacts> = hopeless.has(channel.result)
    ? { result: 'not_asked' }
    : await birdReads.read(requests.contact);
  // A key that may list the channels but not read one belongs to the workspace, and lacks a path.
  const mayList = channel.result === 'forbidden' && (await birdReads.read(requests.channels)).result === 'ok';
  if (channel.result === 'ok' && isAnswered(contact)) await repeat(birdReads, [requests.contact, requests.channel]);
  else if (channel.result === 'ok' && contact.result === 'forbidden') await repeat(birdReads, [requests.channel]);

  const at = birdReads.now();
  const isContactGiven = contactId !== undefined;
  const medianReadMs = medianOf(birdReads.reports);
  const found = {
    channel: mapFacts(channel, (facts) => reportChannel(facts, at)),
    contact: mapFacts(contact, (facts) => reportContact(facts, channel, at)),
    isContactGiven,
    medianReadMs,
  };
  return {
    ...found,
    baseUrl,
    key: keyOf(birdReads.reports),
    clock: birdReads.clock(),
    rateLimitHeaders: birdReads.rateLimitHeaders(),
    reads: birdReads.reports,
    problem: findProblem({ ...found, mayList }),
  };
}

/** After these failures, more reads would show nothing new, or only add to Bird's load. */
const hopeless: ReadonlySet<string> = new Set<ReadFailure>([
  'key_refused',
  'channel_not_found',
  'not_found',
  'throttled',
  'redirected',
  'server_error',
  'unexpected_status',
  'timed_out',
  'unreachable',
]);

interface ContactFacts extends WindowFacts {
  readonly permanence: ContactReport['isPermanentSession'];
}

interface Requests {
  readonly channel: ReadRequest<ChannelFacts>;
  readonly contact: ReadRequest<ContactFacts>;
  readonly channels: ReadRequest<unknown>;
}

function requestsFor({ workspaceId, channelId, contactId = randomUUID() }: DiagnoseOptions): Requests {
  const channels = `/workspaces/${workspaceId}/channels`;
  const channel = `${channels}/${channelId}`;
  return {
    channel: { target: 'channel', path: channel, decode: (answer) => decodeChannel(answer, channelId) },
    contact: { target: 'contact', path: `${channel}/contacts/${contactId}`, decode: decodeContact },
    channels: { target: 'channels', path: `${channels}?limit=1`, decode: (answer) => answer },
  };
}

function decodeContact(answer: unknown): ContactFacts {
  const { isPermanentSession, ...window } = decodeWindow(answer);
  const stated = own(answer, 'isPermanentSession');
  const permanence = stated === undefined ? 'absent' : stated === null ? 'null' : isPermanentSession;
  return { ...window, isPermanentSession, permanence };
}

/** Repeats reads to measure their time, until one of them has another result than the first time. */
async function repeat(birdReads: BirdReads, requests: readonly ReadRequest<unknown>[]): Promise<void> {
  for (let turn = 0; birdReads.reports.length < MAX_READS; turn += 1) {
    const request = requests[turn % requests.length];
    if (request === undefined || !isAnswered(await birdReads.read(request))) return;
  }
}

function isAnswered({ result }: { readonly result: string }): boolean {
  return result === 'ok' || result === 'contact_not_found';
}

function mapFacts<From, To>(finding: Finding<From>, toReport: (facts: From) => To): Finding<To> {
  return finding.result === 'ok' ? { ...finding, facts: toReport(finding.facts) } : finding;
}

function reportChannel(facts: ChannelFacts, at: number): ChannelReport {
  const { platformId, status, capabilities } = facts;
  const isStated = own(own(capabilities, 'messaging'), 'messaging') !== undefined;
  const isUnavailable = isOutgoingUnavailable({ capabilities }, at);
  return {
    platformId: toWord(platformId),
    window: platformRow(platformId, undefined)?.window,
    status: toWord(status),
    maySend: maySend(status),
    outgoing: isUnavailable ? 'unavailable' : isStated ? 'available' : 'not_stated',
  };
}

function reportContact(facts: ContactFacts, channel: Finding<ChannelFacts>, at: number): ContactReport {
  const { serviceWindowExpireAt, isPermanentSession, permanence } = facts;
  const contact = { serviceWindowExpireAt, isPermanentSession };
  return {
    window: serviceWindowExpireAt === null ? 'null' : serviceWindowExpireAt <= at ? 'past' : 'future',
    serviceWindowExpireAt,
    isPermanentSession: permanence,
    decision: channel.result === 'ok' ? decideFreeform(channel.facts, contact, { at }) : undefined,
  };
}

/** Bird checks the key before it looks for a channel or contact. A 403 may also mean an unknown key. */
function keyOf(reports: readonly ReadReport[]): Diagnosis['key'] {
  if (reports.some(({ result }) => result === 'key_refused')) return 'refused';
  const conclusive: readonly string[] = ['ok', 'channel_not_found', 'contact_not_found'];
  return reports.some(({ result }) => conclusive.includes(result)) ? 'accepted' : 'unknown';
}

function medianOf(reports: readonly ReadReport[]): number | undefined {
  const durations = reports.filter(({ status }) => status !== undefined).map(({ durationMs }) => durationMs);
  const sorted = durations.toSorted((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
