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
  const marks = marksOf(server, key);
  const stored = validWindow(server, key, marks);
  const isEmpty = stored === undefined || Object.keys(stored.evidence).length === 0;
  return { evidence: isEmpty ? undefined : stored.evidence, tombstones: [...marks, stored?.forgottenMark ?? ''] };
}

export function mergeWindow(server: Server, merge: Merge, now: number): RemoteWindow {
  const { key, evidence, writer } = merge;
  const marks = marksOf(server, key);
  const stored = validWindow(server, key, marks);
  const joined = withoutGaps(mergeEvidence(stored?.evidence ?? {}, evidence));
  if (stored === undefined || JSON.stringify(joined) !== JSON.stringify(stored.evidence)) {
    const forgottenMark = stored?.forgottenMark ?? '';
    server.tables.windows.set(windowId(key), { evidence: joined, marks, forgottenMark }, now);
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
  readonly mark: string;
  readonly writer: Listener;
}

export function forgetWindows(server: Server, { target, mark, writer }: Forgetting, now: number): void {
  const { workspaceId, channelId, address } = target;
  if (channelId === undefined || address === undefined) {
    server.tables.marks.set(markName(target), mark, now);
    return server.notify({ what: 'window' }, writer);
  }
  const key = { workspaceId, channelId, address };
  server.tables.windows.set(windowId(key), { evidence: {}, marks: marksOf(server, key), forgottenMark: mark }, now);
  server.notify({ what: 'window', id: windowId(key) }, writer);
}

function markName({ workspaceId, channelId = '', address = '' }: ForgetTarget): string {
  return `${workspaceId} ${channelId} ${address}`;
}

function marksOf(server: Server, { workspaceId, channelId, address }: WindowKey): readonly string[] {
  const targets = [{ workspaceId }, { workspaceId, channelId }, { workspaceId, address }];
  return targets.map((target) => server.tables.marks.get(markName(target)) ?? '');
}

/** A window that was written before a `forget` that covers it counts no more. */
function validWindow(server: Server, key: WindowKey, marks: readonly string[]): StoredWindow | undefined {
  const stored = server.tables.windows.get(windowId(key));
  const isOutdated = marks.some((mark, index) => mark !== '' && mark !== stored?.marks[index]);
  return isOutdated ? undefined : stored;
}

/** As it comes back from a record, which has no fields that are undefined. */
function withoutGaps(evidence: WindowEvidence): WindowEvidence & Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== undefined));
}
