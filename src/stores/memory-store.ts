import { LRUCache } from 'lru-cache';
import { isAddressOfId } from '../core/contact-address.js';
import { checkOptionsOf, integerFrom } from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import { mergeEvidence, noEvidence, type WindowEvidence } from '../core/service-window.js';
import type { Cache, Store, WindowKey } from '../ports.js';

/** How much `memoryStore` remembers. */
export interface MemoryStoreOptions {
  /**
   * How many customers are kept; the least recently used are dropped first. An integer from 1. Default 100 000, about
   * 30 MB.
   */
  readonly max?: number | undefined;
}

/**
 * Creates the default store, which keeps windows in this process's memory.
 *
 * @throws {TypeError} for a misspelt option or a wrong type; {RangeError} when `max` is not an integer from 1
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  checkOptionsOf('memoryStore', options, { max: integerFrom(1, 'customers') });
  const { max = 100_000 } = ownFields(options);
  const windows = windowMap<WindowEvidence>({ max });
  // Evidence under a customer's id that opens no window, such as that they wrote. It takes no room from other
  // customers.
  const closedIds = windowMap<WindowEvidence>({ max });
  const get = (key: WindowKey): WindowEvidence | undefined =>
    windows.get(key) ?? (isAddressOfId(key.address) ? closedIds.get(key) : undefined);
  return {
    get,
    merge: (key, evidence) => {
      const merged = mergeEvidence(get(key) ?? noEvidence, evidence);
      if (isAddressOfId(key.address) && !isOpening(merged)) return closedIds.set(key, merged);
      if (isAddressOfId(key.address)) closedIds.forget(key);
      windows.set(key, merged);
    },
    forget: (target) => {
      windows.forget(target);
      closedIds.forget(target);
    },
  };
}

function isOpening({ expiresAt, farUntil, lastInboundAt, permanentUntil }: WindowEvidence): boolean {
  return (expiresAt ?? farUntil ?? lastInboundAt ?? permanentUntil) !== undefined;
}

/** The package reads inherited options, too, and writes its `status` into them. Without a prototype there are none. */
const noOptions: object = Object.create(null);

/** With less room, the list notes each use. */
const MIN_ROOM_TO_SKIP = 1000;

/** How many forgotten windows are removed each time one is added. */
const MAX_SWEPT_AT_ONCE = 16;

/** A bounded map of windows. The least recently used are evicted first. */
export interface WindowMap<V> {
  get(key: WindowKey): V | undefined;
  set(key: WindowKey, value: V): void;
  forget(target: Parameters<Store['forget']>[0]): void;
}

export interface WindowMapOptions<V> {
  readonly max: number;
  /** Called with each value that is removed, for whatever reason. */
  readonly onRemoved?: ((value: V) => void) | undefined;
}

interface Entry<V> {
  readonly channel: Map<string, Entry<V>>;
  readonly address: string;
  value: V;
  /** How many windows had been set when the list last noted its use. */
  notedAt: number;
}

/**
 * A window is found through nested maps of workspace, channel and address: hashing one long composed key costs many
 * times as much. The LRU list only keeps the order of use.
 */
export function windowMap<V>({ max, onRemoved }: WindowMapOptions<V>): WindowMap<V> {
  const workspaces = new Map<string, Map<string, Map<string, Entry<V>>>>();
  const byLastUse = new LRUCache<Entry<V>, true>(
    ownFields({
      ...boundedBy(max),
      dispose: (_: true, entry: Entry<V>) => {
        entry.channel.delete(entry.address);
        onRemoved?.(entry.value);
      },
    }),
  );

  let sets = 0;
  const unnoted = max < MIN_ROOM_TO_SKIP ? 0 : Math.floor(max / 8);
  // With each use noted, a look-up costs 1.16 times as much. What was noted within the last eighth of the room is far
  // from being evicted.
  const noteUse = (entry: Entry<V>): void => {
    if (sets - entry.notedAt < unnoted) return;
    entry.notedAt = sets;
    byLastUse.get(entry, noOptions);
  };

  const channelOf = ({ workspaceId, channelId }: WindowKey): Map<string, Entry<V>> => {
    const channels = getOrAdd(workspaces, workspaceId, () => new Map<string, Map<string, Entry<V>>>());
    return getOrAdd(channels, channelId, () => new Map<string, Entry<V>>());
  };

  const forgotten: Map<string, Entry<V>>[] = [];
  const sweep = (max: number): void => {
    let left = max;
    for (let channel = forgotten.at(-1); channel !== undefined && left > 0; channel = forgotten.at(-1)) {
      for (const entry of channel.values()) {
        if (left <= 0) return;
        left -= 1;
        byLastUse.delete(entry);
      }
      forgotten.pop();
    }
  };

  return {
    get({ workspaceId, channelId, address }) {
      const entry = workspaces.get(workspaceId)?.get(channelId)?.get(address);
      if (entry === undefined) return undefined;
      noteUse(entry);
      return entry.value;
    },
    set(key, value) {
      sweep(MAX_SWEPT_AT_ONCE);
      const channel = channelOf(key);
      sets += 1;
      const entry = getOrAdd(channel, key.address, () => ({ channel, address: key.address, value, notedAt: sets }));
      entry.value = value;
      entry.notedAt = sets;
      byLastUse.set(entry, true, noOptions);
    },
    forget({ workspaceId, channelId, address }) {
      const channels = workspaces.get(workspaceId);
      for (const [id, channel] of channels ?? []) {
        if (channelId !== undefined && id !== channelId) continue;
        const entry = address === undefined ? undefined : channel.get(address);
        if (entry !== undefined) byLastUse.delete(entry);
        if (address !== undefined) continue;
        // The windows are unreachable at once. A channel may have a million, so they are removed a few at a time.
        channels?.delete(id);
        forgotten.push(channel);
      }
      // A listener has to hear of all of them now.
      sweep(onRemoved === undefined ? MAX_SWEPT_AT_ONCE : Number.POSITIVE_INFINITY);
    },
  };
}

/** A bounded cache for facts other than windows. The least recently used are evicted first. */
export function memoryCache<V extends object>({ max }: { readonly max: number }): Cache<V> {
  const cache = new LRUCache<string, V>(ownFields(boundedBy(max)));
  return {
    get: (key) => cache.get(key, noOptions),
    set: (key, value) => void cache.set(key, value, noOptions),
    delete: (key) => void cache.delete(key),
    clear: () => cache.clear(),
  };
}

/** With `max` the package would allocate all its room at once, 3 MB for 100,000. */
function boundedBy(max: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: max, sizeCalculation: () => 1 };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const created = create();
  map.set(key, created);
  return created;
}
