import { mergeEvidence, type WindowEvidence } from '../../../src/core/service-window.js';
import type { Store, WindowKey } from '../../../src/ports.js';
import type { RemoteWindow } from '../../../src/redis/windows/remote-windows.js';
import type { Listener, Server, StoredWindow } from './server.js';

export type ForgetTarget = Parameters<Store['forget']>[0];

/** Names a window in notifications. */
export function windowId({ workspaceId, channelId, address }: WindowKey): string {
  return `${workspaceId} ${channelId} ${address}`;
}

/** What the scripts in `src/redis/windows/scripts.ts` do on the server, each atomically. */
export function readWindow(server: Server, key: WindowKey): RemoteWindow {
  const tombstones = tombstonesOf(server, key);
  const stored = validWindow(server, key, tombstones);
  const isEmpty = stored === undefined || Object.keys(stored.evidence).length === 0;
  return { evidence: isEmpty ? undefined : stored.evidence, tombstones: [...tombstones, stored?.lastTombstone ?? ''] };
}

export function mergeWindow(server: Server, merge: Merge, now: number): RemoteWindow {
  const { key, evidence, writer } = merge;
  const tombstones = tombstonesOf(server, key);
  const stored = validWindow(server, key, tombstones);
  const joined = withoutGaps(mergeEvidence(stored?.evidence ?? {}, evidence));
  if (stored === undefined || JSON.stringify(joined) !== JSON.stringify(stored.evidence)) {
    const lastTombstone = stored?.lastTombstone ?? '';
    server.tables.windows.set(windowId(key), { evidence: joined, tombstones, lastTombstone }, now);
    server.notify({ what: 'window', id: windowId(key) }, writer);
  }
  return readWindow(server, key);
}

interface Merge {
  readonly key: WindowKey;
  readonly evidence: WindowEvidence;
  readonly writer?: Listener | undefined;
}

export interface Forgetting {
  readonly target: ForgetTarget;
  readonly tombstone: string;
  readonly writer: Listener;
}

export function forgetWindows(server: Server, { target, tombstone, writer }: Forgetting, now: number): void {
  const { workspaceId, channelId, address } = target;
  if (channelId === undefined || address === undefined) {
    server.tables.tombstones.set(tombstoneName(target), tombstone, now);
    return server.notify({ what: 'window' }, writer);
  }
  const key = { workspaceId, channelId, address };
  server.tables.windows.set(
    windowId(key),
    { evidence: {}, tombstones: tombstonesOf(server, key), lastTombstone: tombstone },
    now,
  );
  server.notify({ what: 'window', id: windowId(key) }, writer);
}

function tombstoneName({ workspaceId, channelId = '', address = '' }: ForgetTarget): string {
  return `${workspaceId} ${channelId} ${address}`;
}

function tombstonesOf(server: Server, { workspaceId, channelId, address }: WindowKey): readonly string[] {
  const targets = [{ workspaceId }, { workspaceId, channelId }, { workspaceId, address }];
  return targets.map((target) => server.tables.tombstones.get(tombstoneName(target)) ?? '');
}

/** A window that was written before a `forget` that covers it counts no more. */
function validWindow(server: Server, key: WindowKey, tombstones: readonly string[]): StoredWindow | undefined {
  const stored = server.tables.windows.get(windowId(key));
  const isOutdated = tombstones.some((tombstone, index) => tombstone !== '' && tombstone !== stored?.tombstones[index]);
  return isOutdated ? undefined : stored;
}

/** As it comes back from a record, which has no fields that are undefined. */
function withoutGaps(evidence: WindowEvidence): WindowEvidence & Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined));
}
