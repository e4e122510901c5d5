import type { WindowEvidence } from '../../core/service-window.js';

/**
 * The format of a window's record: a JSON object with short names. Processes of other versions read and write it, too.
 * So the names and their meaning stay; an incompatible format needs another version, which the others ignore.
 */
export const RECORD_VERSION = 1;

export type InstantField = Exclude<keyof WindowEvidence, 'sent' | 'readFor'>;

/** The names of the instants in a record, each in epoch ms. */
export const instantNames: Readonly<Record<InstantField, string>> = {
  expiresAt: 'e',
  farUntil: 'x',
  lastInboundAt: 'i',
  refusedAt: 'r',
  permanentUntil: 'p',
  contactWroteAt: 'w',
  doubtedAt: 'd',
  readAt: 'a',
  quotaSpentAt: 'q',
  optedOutAt: 'o',
  optedInAt: 'b',
};

/** The names of the other fields of a record. */
export const recordNames = {
  version: 'v',
  /** The messages of the business. Each is an array: its id, its instant, and 1 where it was lost. */
  sent: 's',
  /** The tombstones of workspace, channel and address, in this order, as they were at the last write; absent: none. */
  seenTombstones: 'g',
  /** The window's own tombstone, from the last time it was forgotten. */
  tombstone: 'f',
} as const;

/** A record keeps the latest messages of the business, and no more than this. */
export const MAX_SENT = 32;

const allNames = Object.entries({ ...instantNames, ...recordNames });
const instants = Object.keys(instantNames);

/** The format for the scripts that run in Redis. */
export const RECORD_FORMAT: string = `
local VERSION, MAX_SENT = ${RECORD_VERSION}, ${MAX_SENT}
local NAME = {${allNames.map(([field, name]) => `${field} = '${name}'`).join(', ')}}
local INSTANTS = {${instants.map((field) => `NAME.${field}`).join(', ')}}
local ID, AT, LOST = 1, 2, 3
`;
