import { own } from '../../core/own.js';
import type { SentMessage } from '../../core/sent-messages.js';
import type { WindowEvidence } from '../../core/service-window.js';
import { type InstantField, instantNames, MAX_SENT, RECORD_VERSION, recordNames } from './record-format.js';

const instants = Object.keys(instantNames) as InstantField[];

const MAX_ID_LENGTH = 256;

/**
 * Encodes evidence for the merge script. Impossible instants are left out; those after `latestAt` become `latestAt`.
 */
export function encodeEvidence(evidence: WindowEvidence, latestAt: number): string {
  const record: Record<string, unknown> = {};
  for (const field of instants) {
    const at = own(evidence, field) as number | undefined;
    if (at !== undefined && at > 0) record[instantNames[field]] = Math.min(Math.round(at), latestAt);
  }
  const messages = own(evidence, 'sent') as WindowEvidence['sent'];
  const sent = messages?.filter(({ id, at }) => id.length <= MAX_ID_LENGTH && at > 0 && at <= latestAt) ?? [];
  if (sent.length > 0) record[recordNames.sent] = sent.map(({ id, at, isLost }) => (isLost ? [id, at, 1] : [id, at]));
  return JSON.stringify(record);
}

/** What Redis holds about a window. */
export interface WindowRecord {
  readonly evidence: WindowEvidence;
  /** The tombstone of the last time this window was forgotten; empty: never. */
  readonly tombstone: string;
}

/**
 * Reads a record strictly. One that this version would not have written is unreadable as a whole, because nobody knows
 * who wrote it.
 *
 * @param tombstones the current ones of workspace, channel and address. A record that has not seen them is forgotten,
 *   but for an opt-out, which nobody else knows
 * @param latestAt the latest possible instant, epoch ms
 */
export function decodeRecord(text: string, tombstones: readonly string[], latestAt: number): WindowRecord | undefined {
  const record = parse(text);
  if (record === undefined || record[recordNames.version] !== RECORD_VERSION) return undefined;
  const { [recordNames.seenTombstones]: seen = [], [recordNames.tombstone]: tombstone = '' } = record;
  if (!Array.isArray(seen) || typeof tombstone !== 'string') return undefined;
  const isForgotten = tombstones.some((one, index) => one !== '' && one !== seen[index]);
  const evidence: { -readonly [K in keyof WindowEvidence]: WindowEvidence[K] } = Object.create(null);
  for (const field of instants) {
    const at = record[instantNames[field]];
    if (at === undefined) continue;
    if (!isInstant(at, latestAt)) return undefined;
    if (!isForgotten || field === 'optedOutAt' || field === 'optedInAt') evidence[field] = at;
  }
  if (isForgotten) return Object.keys(evidence).length === 0 ? undefined : { evidence, tombstone: '' };
  const list = record[recordNames.sent];
  const sent = list === undefined ? undefined : decodeSent(list, latestAt);
  if (sent === 'unreadable') return undefined;
  if (sent !== undefined) evidence.sent = sent;
  return { evidence, tombstone };
}

/** The own entries of a JSON object, without a prototype. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.assign(Object.create(null), Object.fromEntries(Object.entries(value)));
  } catch {
    return undefined;
  }
}

function isInstant(value: unknown, latestAt: number): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= latestAt;
}

function decodeSent(list: unknown, latestAt: number): readonly SentMessage[] | 'unreadable' {
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_SENT) return 'unreadable';
  const sent: SentMessage[] = [];
  for (const entry of list) {
    const [id, at, isLost] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
    if (typeof id !== 'string' || id.length > MAX_ID_LENGTH || !isInstant(at, latestAt)) return 'unreadable';
    if (isLost !== undefined && isLost !== 1) return 'unreadable';
    sent.push(isLost === 1 ? { id, at, isLost: true } : { id, at });
  }
  return sent;
}
