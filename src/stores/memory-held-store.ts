import { checkOptionsOf, integerFrom } from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import { windowName } from '../core/window-name.js';
import type { WindowKey } from '../ports.js';
import { heldContent } from './held-content.js';
import type { HeldMessage, HeldStore } from './held-store.js';
import { memoryCache } from './memory-store.js';

/** Windows of which it is remembered that a nudge went out. */
const NUDGES_REMEMBERED = 100_000;

/**
 * Keeps held messages in this process's memory. **They are lost when the process ends**, and other processes do not see
 * them: use a durable store for messages that matter.
 *
 * @throws {TypeError} for a misspelt option or a wrong type; {RangeError} when `max` is not an integer from 1
 */
export function memoryHeldStore(
  options: {
    /** Messages kept in all; beyond it `add` returns `full`. An integer from 1. Default 10 000. */
    readonly max?: number | undefined;
  } = {},
): HeldStore {
  checkOptionsOf('memoryHeldStore', options, { max: integerFrom(1, 'messages') });
  const { max = 10_000 } = ownFields(options);
  const rows = new Map<string, HeldMessage[]>();
  const nudged = memoryCache<object>({ max: NUDGES_REMEMBERED });
  const paused = new Set<string>();
  let count = 0;

  const store: HeldStore = {
    add(message, maxPerWindow) {
      const row = rows.get(nameOf(message)) ?? [];
      const content = heldContent(message);
      const same = row.find((one) => one.reference === message.reference && heldContent(one) === content);
      if (same !== undefined) return same;
      if (row.length >= maxPerWindow || count >= max) return 'full';
      rows.set(nameOf(message), [...row, message]);
      count += 1;
      return 'added';
    },
    list: (key) => rows.get(nameOf(key)) ?? [],
    remove(message) {
      const row = rows.get(nameOf(message)) ?? [];
      const left = row.filter(({ id }) => id !== message.id);
      count -= row.length - left.length;
      if (left.length > 0) rows.set(nameOf(message), left);
      else {
        rows.delete(nameOf(message));
        paused.delete(nameOf(message));
      }
    },
    windows: (workspaceId) =>
      [...rows.values()].flatMap(([first]) => (first?.workspaceId === workspaceId ? first : [])),
    lock: () => true,
    unlock: () => {},
    claimNudge(key) {
      if (nudged.get(nameOf(key)) !== undefined) return false;
      nudged.set(nameOf(key), {});
      return true;
    },
    endNudge: (key) => nudged.delete(nameOf(key)),
    pause: (key) => void (rows.has(nameOf(key)) && paused.add(nameOf(key))),
    resume: (key) => void paused.delete(nameOf(key)),
    isPaused: (key) => paused.has(nameOf(key)),
  };
  volatileStores.add(store);
  return store;
}

const volatileStores = new WeakSet<HeldStore>();

/** Whether what a store holds is lost when the process ends. A store that is built on one of these may well keep it. */
export function isVolatile(store: HeldStore): boolean {
  return volatileStores.has(store);
}

function nameOf(key: WindowKey): string {
  return windowName(key, key.address);
}
