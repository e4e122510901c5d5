import {
  type InstantField,
  instantNames,
  RECORD_VERSION,
  recordNames,
} from '../../../src/redis/windows/record-format.js';
import type { ScriptCall } from './commands.js';
import type { Server } from './server.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A window's record. Like everything that servers keep, it is replaced and never changed. */
export type WindowRecord = Readonly<Record<string, unknown>>;

const fields = Object.keys(instantNames) as InstantField[];
/** They matter until then; any other instant may matter for the length of a window. */
const ends: ReadonlySet<InstantField> = new Set(['expiresAt', 'farUntil', 'permanentUntil']);
/** What no process of the simulation writes. */
const unused = [instantNames.optedOutAt, instantNames.optedInAt, recordNames.sent];

/** The keys of a window: its record, and the tombstones of its workspace, its channel and its address. */
export type KeysOfWindow = readonly [record: string, ...tombstones: string[]];

/** What the server keeps of a window, by the names of `WindowEvidence`. */
export function storedInstants(
  server: Server,
  keys: KeysOfWindow,
  now: number,
): Readonly<Partial<Record<InstantField, number>>> {
  const record = validRecord(server, keys, now) ?? {};
  const instants: Partial<Record<InstantField, number>> = {};
  for (const field of fields) {
    const at = instant(record, field);
    if (at !== undefined) instants[field] = at;
  }
  return instants;
}

/** MGET. */
export function getAll(server: Server, [record, ...tombstones]: readonly string[], now: number): (string | null)[] {
  const found = server.tables.windows.get(record, now);
  const others = tombstones.map((key) => server.tables.tombstones.get(key, now) ?? null);
  return [found === undefined ? null : JSON.stringify(found), ...others];
}

/** `mergeScript` */
export function mergeWindow({ server, keys, args, now, writer }: ScriptCall): unknown {
  const [key = '', workspace = '', channel = '', address = '', notification = ''] = keys;
  const [evidence = '', guardNow, longest] = args;
  const added: WindowRecord = JSON.parse(evidence);
  if (unused.some((name) => added[name] !== undefined)) throw new RangeError(`not simulated: ${evidence}`);
  const tombstones = tombstonesOf(server, [key, workspace, channel, address], now);
  const stored = validRecord(server, [key, workspace, channel, address], now);
  const record: Record<string, unknown> = { ...(stored ?? { [recordNames.version]: RECORD_VERSION }) };
  let hasChanged = stored === undefined;
  for (const field of fields) {
    const at = instant(added, field);
    if (at === undefined || at <= (instant(record, field) ?? 0)) continue;
    record[instantNames[field]] = at;
    hasChanged = true;
  }
  const leftMs = endOf(record, Number(longest)) - Number(guardNow);
  if (leftMs <= 0) return ['', ...tombstones];
  if (hasChanged) {
    write(server, key, seeing(record, tombstones), now, now + Math.ceil(leftMs));
    server.notify(notification, writer);
  }
  return [JSON.stringify(server.tables.windows.get(key, now)), ...tombstones];
}

/** `forgetWindowScript` */
export function forgetWindow({ server, keys, args, now, writer }: ScriptCall): unknown {
  const [key = '', workspace = '', channel = '', address = '', notification = ''] = keys;
  const [tombstone, lifeMs] = args;
  const record = { [recordNames.version]: RECORD_VERSION, [recordNames.tombstone]: tombstone };
  const tombstones = tombstonesOf(server, [key, workspace, channel, address], now);
  write(server, key, seeing(record, tombstones), now, now + Number(lifeMs));
  server.notify(notification, writer);
  return 1;
}

/** `forgetManyScript` */
export function forgetMany({ server, keys, args, now, writer }: ScriptCall): unknown {
  const [key = '', notification = ''] = keys;
  const [tombstone = '', lifeMs] = args;
  server.tables.tombstones.set(key, tombstone, now, now + Number(lifeMs));
  server.notify(notification, writer);
  return 1;
}

function write(server: Server, key: string, record: WindowRecord, now: number, expiresAt: number): void {
  server.tables.windows.set(key, record, now, expiresAt);
}

function seeing(record: WindowRecord, tombstones: readonly string[]): WindowRecord {
  const { [recordNames.seenTombstones]: _, ...rest } = record;
  return tombstones.some((one) => one !== '') ? { ...rest, [recordNames.seenTombstones]: tombstones } : rest;
}

function tombstonesOf(server: Server, [, ...keys]: KeysOfWindow, now: number): readonly string[] {
  return keys.map((key) => server.tables.tombstones.get(key, now) ?? '');
}

/** A record that was written before a `forget` that covers it counts no more. */
function validRecord(server: Server, keys: KeysOfWindow, now: number): WindowRecord | undefined {
  const record = server.tables.windows.get(keys[0], now);
  const seen = (record?.[recordNames.seenTombstones] ?? []) as readonly string[];
  const isOutdated = tombstonesOf(server, keys, now).some((one, index) => one !== '' && one !== seen[index]);
  return isOutdated ? undefined : record;
}

function instant(record: WindowRecord, field: InstantField): number | undefined {
  return record[instantNames[field]] as number | undefined;
}

function endOf(record: WindowRecord, longestMs: number): number {
  const lasts = fields.map((field) => (instant(record, field) ?? 0) + (ends.has(field) ? 0 : longestMs));
  const refusedAt = instant(record, 'refusedAt');
  // A refusal has to outlive whatever it refutes.
  return Math.max(0, ...lasts, refusedAt === undefined ? 0 : refusedAt + longestMs + DAY_MS) + HOUR_MS;
}
