import type { WindowEvidence } from '../../../src/core/service-window.js';
import type { Clock, WindowKey } from '../../../src/ports.js';
import { HEARTBEAT_MS } from '../../../src/redis/connection.js';
import { RedisKeys } from '../../../src/redis/keys.js';
import { resolveRedisOptions } from '../../../src/redis/options.js';
import { openSharedStore, type RedisStore } from '../../../src/redis/shared-store.js';
import { encodeEvidence } from '../../../src/redis/windows/record.js';
import { mergeScript } from '../../../src/redis/windows/scripts.js';
import type { Timeline } from '../model/timeline.js';
import { answer } from '../server/commands.js';
import type { Server } from '../server/server.js';
import type { ServerLink } from '../server/server-link.js';
import type { KeysOfWindow } from '../server/windows.js';

const options = resolveRedisOptions({ secret: 'a secret of the simulation' });

/** The names of everything on the server. */
export const keys: RedisKeys = new RedisKeys(options.prefix, options.secret);

/** The store that `redisStore` gives, in virtual time, over a link to the simulated server. */
export function storeOver(
  link: ServerLink,
  timeline: Timeline,
  limits: { instances: number; max: number },
): RedisStore {
  return openSharedStore(link, { ...options, ...limits, clock: clockOf(timeline) });
}

/** A window as the server knows it. */
export interface SharedWindow {
  /** As notifications name it. */
  readonly id: string;
  readonly keys: KeysOfWindow;
}

/** The windows of all days: they have the same names, which take time to compute. */
const windows = new Map<string, SharedWindow>();

/** Where a window is on the server. */
export function sharedWindow(key: WindowKey): SharedWindow {
  const { workspaceId, channelId, address } = key;
  const name = `${workspaceId} ${channelId} ${address}`;
  const known = windows.get(name);
  if (known !== undefined) return known;
  const id = keys.windowId(key);
  const window: SharedWindow = { id, keys: [keys.window(id), ...keys.tombstones(key)] };
  windows.set(name, window);
  return window;
}

/** Puts on the server what a process wrote before the simulation. */
export function keep(server: Server, key: WindowKey, evidence: WindowEvidence, at: number): void {
  const { longestWindowMs } = options;
  const latestAt = at + longestWindowMs;
  const names = [...sharedWindow(key).keys, keys.notification({ writer: 'earlier', subject: 'window' })];
  const args = [encodeEvidence(evidence, latestAt), at, longestWindowMs, latestAt].map(String);
  answer(server, { args: ['EVAL', mergeScript.text, String(names.length), ...names, ...args], sender: undefined }, at);
}

/** Heartbeats of days on which nothing happens would take longer than all the rest. */
function clockOf(timeline: Timeline): Required<Clock> {
  const clock = timeline.clock();
  const setTimeout = (fn: () => void, ms: number): unknown =>
    ms === HEARTBEAT_MS ? timeline.repeating(ms, fn) : clock.setTimeout(fn, ms);
  return { ...clock, setTimeout };
}
