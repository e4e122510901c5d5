import { windowName } from '../core/contact-address.js';
import { checkOptionsOf, integerFrom } from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import type { WindowKey } from '../ports.js';
import { heldContent } from './held-content.js';
import type { HeldMessage, HeldStore } from './held-store.js';
import { memoryCache } from './memory-store.js';

/** How many windows with a nudge are remembered. */
const MAX_NUDGES = 100_000;

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
  const queues = new Map<string, HeldMessage[]>();
  const nudged = memoryCache<object>({ max: MAX_NUDGES });
  const paused = new Set<string>();
  let count = 0;

  const store: HeldStore = {
    add(message, maxPerWindow) {
      const queue = queues.get(nameOf(message)) ?? [];
      const content = heldContent(message);
      const same = queue.find((one) => one.reference === message.reference && heldContent(one) === content);
      if (same !== undefined) return same;
      if (queue.length >= maxPerWindow || count >= max) return 'full';
      queues.set(nameOf(message), [...queue, message]);
      count += 1;
      return 'added';
    },
    list: (key) => queues.get(nameOf(key)) ?? [],
    remove(message) {
      const queue = queues.get(nameOf(message)) ?? [];
      const left = queue.filter(({ id }) => id !== message.id);
      count -= queue.length - left.length;
      if (left.length > 0) queues.set(nameOf(message), left);
      else {
        queues.delete(nameOf(message));
        paused.delete(nameOf(message));
      }
    },
    windows: (workspaceId) =>
      [...queues.values()].flatMap(([first]) => (first?.workspaceId === workspaceId ? first : [])),
    lock: () => true,
    unlock: () => {},
    claimNudge(key) {
      if (nudged.get(nameOf(key)) !== undefined) return false;
      nudged.set(nameOf(key), {});
      return true;
    },
    endNudge: (key) => nudged.delete(nameOf(key)),
    pause: (key) => void (queues.has(nameOf(key)) && paused.add(nameOf(key))),
    resume: (key) => void paused.delete(nameOf(key)),
    isPaused: (key) => paused.has(nameOf(key)),
  };
  volatileStores.add(store);
  return store;
}

const volatileStores = new WeakSet<HeldStore>();

/** Whether a store's messages are lost when the process ends. A store that is built on a volatile one may keep them. */
export function isVolatile(store: HeldStore): boolean {
  return volatileStores.has(store);
}

function nameOf(key: WindowKey): string {
  return windowName(key, key.address);
}
