import { own } from '../../core/own.js';
import type { SentMessage, WindowEvidence } from '../../core/service-window.js';

/** The version of what is kept in Redis; records of another one are as good as none. */
export const RECORD_VERSION = 1;

/** The short names under which the instants of a window's evidence are kept. */
const names = {
  expiresAt: 'e',
  farUntil: 'x',
  lastInboundAt: 'i',
  refusedAt: 'r',
  permanentUntil: 'p',
  contactWroteAt: 'w',
  doubtedAt: 'd',
  readAt: 'a',
  quotaSpentAt: 'q',
} as const satisfies Readonly<Record<Exclude<keyof WindowEvidence, 'sent' | 'readFor'>, string>>;

const fields: readonly (keyof typeof names)[] = Object.keys(names) as (keyof typeof names)[];

const MAX_SENT = 32;
const MAX_ID_LENGTH = 256;

/** Evidence as the merging script takes it. Instants that cannot be are left out, or brought down to `latestAt`. */
export function encodeEvidence(evidence: WindowEvidence, latestAt: number): string {
  const record: Record<string, unknown> = {};
  for (const field of fields) {
    const at = own(evidence, field) as number | undefined;
    if (at !== undefined && at > 0) record[names[field]] = Math.min(Math.round(at), latestAt);
  }
  const told = own(evidence, 'sent') as WindowEvidence['sent'];
  const sent = told?.filter(({ id, at }) => id.length <= MAX_ID_LENGTH && at > 0 && at <= latestAt) ?? [];
  if (sent.length > 0) record.s = sent.map(({ id, at, isLost }) => (isLost ? [id, at, 1] : [id, at]));
  return JSON.stringify(record);
}

/** What Redis holds of a window. */
export interface WindowRecord {
  readonly evidence: WindowEvidence;
  /** The mark of the last time when this window was forgotten; empty: never. */
  readonly forgottenMark: string;
}

/**
 * Reads a record strictly: anything that this version would not have written makes the whole of it unreadable, since
 * nobody knows who wrote it.
 *
 * @param marks the marks of what was forgotten, as they are now: a record from before any of them counts no more
 * @param latestAt no instant can be later, epoch ms
 */
export function decodeRecord(text: string, marks: readonly string[], latestAt: number): WindowRecord | undefined {
  const record = parse(text);
  if (record === undefined || record.v !== RECORD_VERSION) return undefined;
  const { g = ['', '', ''], f = '', s } = record;
  if (!Array.isArray(g) || marks.some((mark, index) => mark !== '' && mark !== g[index])) return undefined;
  if (typeof f !== 'string') return undefined;
  const evidence: { -readonly [K in keyof WindowEvidence]: WindowEvidence[K] } = Object.create(null);
  for (const field of fields) {
    const at = record[names[field]];
    if (at === undefined) continue;
    if (!isInstant(at, latestAt)) return undefined;
    evidence[field] = at;
  }
  const sent = s === undefined ? undefined : decodeSent(s, latestAt);
  if (sent === 'unreadable') return undefined;
  if (sent !== undefined) evidence.sent = sent;
  return { evidence, forgottenMark: f };
}

/** The own entries of a JSON object, and nothing that it could inherit. */
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
