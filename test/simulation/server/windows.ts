import { mergeEvidence, noEvidence, type WindowEvidence } from '../../../src/core/service-window.js';
import type { Store, WindowKey } from '../../../src/ports.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { resolveRedisOptions } from '../../../src/redis/options.js';
import { decodeRecord, encodeEvidence, type WindowRecord } from '../../../src/redis/windows/record.js';
import { RECORD_VERSION, recordNames } from '../../../src/redis/windows/record-format.js';
import type { ScriptCall } from './commands.js';
import type { Server } from './server.js';

export type ForgetTarget = Parameters<Store['forget']>[0];

/** As a store takes them that is given nothing but its secret. */
export const options: ReturnType<typeof resolveRedisOptions> = resolveRedisOptions({ secret: 'of the simulation' });

/** Computes each name once, which a process does not. */
class RememberedKeys extends RedisKeys {
  readonly #windowIds = new Map<string, string>();
  readonly #tombstones = new Map<string, string>();

  override windowId(key: WindowKey): string {
    return remembered(this.#windowIds, key, () => super.windowId(key));
  }

  override tombstone(target: ForgetTarget): string {
    return remembered(this.#tombstones, target, () => super.tombstone(target));
  }
}

function remembered(known: Map<string, string>, target: ForgetTarget, compute: () => string): string {
  const { workspaceId, channelId = '', address = '' } = target;
  const name = `${workspaceId} ${channelId} ${address}`;
  const value = known.get(name) ?? compute();
  known.set(name, value);
  return value;
}

export const keys: RedisKeys = new RememberedKeys(options.prefix, options.secret);

/** Names a window in notifications. */
export function windowId(key: WindowKey): string {
  return keys.windowId(key);
}

/** The key under which a server forgets. */
export function keyOf(target: ForgetTarget): string {
  const { workspaceId, channelId, address } = target;
  if (channelId === undefined || address === undefined) return keys.tombstone(target);
  return keys.window(keys.windowId({ workspaceId, channelId, address }));
}

/** The evidence that counts. */
export function evidenceOf(server: Server, key: WindowKey): WindowEvidence {
  const tombstones = keys.tombstones(key).map((one) => server.tables.tombstones.get(one) ?? '');
  return recordOf(server, keys.window(keys.windowId(key)), tombstones)?.evidence ?? noEvidence;
}

/** The evidence that was written last, forgotten or not. */
export function writtenEvidence(server: Server, windowId: string): WindowEvidence {
  return recordOf(server, keys.window(windowId), [])?.evidence ?? noEvidence;
}

/** What processes have written before the simulation. */
export function keepEvidence(server: Server, key: WindowKey, evidence: WindowEvidence, at: number): void {
  server.tables.windows.set(
    keys.window(keys.windowId(key)),
    encode({ evidence: mergeEvidence(evidenceOf(server, key), evidence), tombstone: '' }, []),
    at,
  );
}

/** `MGET` of a window and its tombstones. */
export function readWindow({ tables }: Server, keysRead: readonly string[]): readonly (string | null)[] {
  return keysRead.map((key) => tables.windows.get(key) ?? tables.tombstones.get(key) ?? null);
}

/** What the scripts in `src/redis/windows/scripts.ts` do, each in one step. */
export function mergeWindow(server: Server, { keys: [window = '', ...rest], args, now }: ScriptCall): unknown {
  const [added = ''] = args;
  const tombstones = rest.slice(0, 3).map((key) => server.tables.tombstones.get(key) ?? '');
  const record = recordOf(server, window, tombstones);
  const before = record?.evidence ?? noEvidence;
  const given = decode(JSON.stringify({ ...JSON.parse(added), [recordNames.version]: RECORD_VERSION }), []);
  const evidence = mergeEvidence(before, given?.evidence ?? noEvidence);
  if (record === undefined || encodeEvidence(evidence, LATEST) !== encodeEvidence(before, LATEST)) {
    server.tables.windows.set(window, encode({ evidence, tombstone: record?.tombstone ?? '' }, tombstones), now);
    server.notify(rest[3]);
  }
  return [server.tables.windows.get(window), ...tombstones];
}

export function forgetWindow(server: Server, call: ScriptCall): unknown {
  const { args, now, onForgotten } = call;
  const [window = '', ...rest] = call.keys;
  const [tombstone = ''] = args;
  const tombstones = rest.slice(0, 3).map((key) => server.tables.tombstones.get(key) ?? '');
  onForgotten(window);
  server.tables.windows.set(window, encode({ evidence: noEvidence, tombstone }, tombstones), now);
  server.notify(rest[3]);
  return 1;
}

export function forgetMany(server: Server, call: ScriptCall): unknown {
  const { args, now, onForgotten } = call;
  const [key = '', notification] = call.keys;
  onForgotten(key);
  server.tables.tombstones.set(key, args[0] ?? '', now);
  server.notify(notification);
  return 1;
}

/** The processes check what is possible. */
const LATEST = Number.MAX_SAFE_INTEGER;

function recordOf({ tables }: Server, key: string, tombstones: readonly string[]): WindowRecord | undefined {
  return decode(tables.windows.get(key) ?? '', tombstones);
}

function decode(text: string, tombstones: readonly string[]): WindowRecord | undefined {
  return decodeRecord(text, tombstones, LATEST);
}

function encode({ evidence, tombstone }: WindowRecord, tombstones: readonly string[]): string {
  return JSON.stringify({
    ...JSON.parse(encodeEvidence(evidence, LATEST)),
    [recordNames.version]: RECORD_VERSION,
    ...(tombstones.some((one) => one !== '') && { [recordNames.seenTombstones]: tombstones }),
    ...(tombstone !== '' && { [recordNames.tombstone]: tombstone }),
  });
}
