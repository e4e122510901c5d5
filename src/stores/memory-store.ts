import { LRUCache } from 'lru-cache';
import { checkOptionsOf, integerFrom } from '../core/option-checks.js';
import { ownFields } from '../core/own.js';
import type { Cache, Links, Store, WindowKey } from '../ports.js';
import { CustomerWindows } from './customer-windows.js';
import type { Channel, Entry, WindowMap, WindowMapOptions } from './window-map.js';

const DEFAULT_MAX = 100_000;

/** How much `memoryStore` remembers. */
export interface MemoryStoreOptions {
  /**
   * How many customers are kept; the least recently used are dropped first. An integer from 1. Default 100 000, about
   * 25 MB, or 35 MB with their contact ids.
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
  const { max = DEFAULT_MAX } = ownFields(options);
  const { get, merge, forget, links } = customerWindows(max);
  const store: Store = { get, merge, forget };
  linksOfStores.set(store, links);
  return store;
}

const linksOfStores = new WeakMap<object, Links>();

/** The links that a memory store keeps beside its windows, which are as many. Any other store has none. */
export function linksOf(store: Store): Links | undefined {
  return linksOfStores.get(store);
}

/** How many windows a store keeps in this process in front of another place. */
const sizes = new WeakMap<object, number>();

export function noteSize(store: Store, max: number): void {
  sizes.set(store, max);
}

/** The store's links, or others for one that has none: as many as it keeps windows in this process, if it keeps any. */
export function linksFor(store: Store): Links {
  return linksOf(store) ?? memoryLinks({ max: sizes.get(store) || DEFAULT_MAX });
}

/** Links without windows. */
export function memoryLinks({ max }: { readonly max: number }): Links {
  return customerWindows(max).links;
}

function customerWindows(max: number): CustomerWindows {
  return new CustomerWindows({
    windows: windowMap({ max }),
    closedIds: windowMap({ max }),
    unpaired: windowMap({ max }),
    optOuts: windowMap({ max }),
  });
}

/** The package reads inherited options, too, and writes its `status` into them. Without a prototype there are none. */
const noOptions: object = Object.create(null);

/** With less room, the list notes each use. */
const MIN_ROOM_TO_SKIP = 1000;

/** How many forgotten windows are removed each time one is added. */
const MAX_SWEPT_AT_ONCE = 16;

/**
 * A window is found through nested maps of workspace, channel and address: hashing one long composed key costs many
 * times as much. The LRU list only keeps the order of use.
 */
export function windowMap<V>({ max, onRemoved }: WindowMapOptions<V>): WindowMap<V> {
  const workspaces = new Map<string, Map<string, Channel<V>>>();
  const byLastUse = new LRUCache<Entry<V>, Channel<V>>(
    ownFields({
      ...boundedBy(max),
      dispose: (channel: Channel<V>, entry: Entry<V>) => {
        channel.delete(entry.name);
        if (entry.linked !== undefined && channel.get(entry.linked) === entry) channel.delete(entry.linked);
        if (entry.value !== undefined) onRemoved?.(entry.value);
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

  const channelOf = ({ workspaceId, channelId }: WindowKey): Channel<V> => {
    const channels = getOrAdd(workspaces, workspaceId, () => new Map<string, Channel<V>>());
    return getOrAdd(channels, channelId, () => new Map());
  };

  // Iterators, each of which goes on where it was: from the beginning, each of a million would pass all those removed.
  const forgotten: Iterator<Entry<V>>[] = [];
  const sweep = (max: number): void => {
    for (let left = max; left > 0; left -= 1) {
      const next = forgotten.at(-1)?.next();
      if (next === undefined) return;
      if (next.done) forgotten.pop();
      else byLastUse.delete(next.value);
    }
  };

  const find = ({ workspaceId, channelId, address }: WindowKey): Entry<V> | undefined => {
    const entry = workspaces.get(workspaceId)?.get(channelId)?.get(address);
    if (entry !== undefined) noteUse(entry);
    return entry;
  };

  const add = (key: WindowKey): Entry<V> => {
    sweep(MAX_SWEPT_AT_ONCE);
    const channel = channelOf(key);
    const name = key.address;
    sets += 1;
    const found = channel.get(name);
    const entry = found?.name === name ? found : { name, value: undefined, linked: undefined, notedAt: sets };
    if (entry !== found) channel.set(name, entry);
    entry.notedAt = sets;
    byLastUse.set(entry, channel, noOptions);
    return entry;
  };

  const forgetWindow = (channel: Channel<V>, address: string): void => {
    const entry = channel.get(address);
    if (entry?.name === address) byLastUse.delete(entry);
    else channel.delete(address);
  };

  return {
    find,
    add,
    get(key) {
      const entry = find(key);
      return entry?.name === key.address ? entry.value : undefined;
    },
    set(key, value) {
      add(key).value = value;
    },
    pair(key, secondName) {
      const entry = add(key);
      entry.linked = secondName;
      channelOf(key).set(secondName, entry);
    },
    forget({ workspaceId, channelId, address }) {
      const channels = workspaces.get(workspaceId) ?? new Map<string, Channel<V>>();
      // By its id: to pass 10,000 others on the way would take 20 times as long.
      for (const id of channelId === undefined ? [...channels.keys()] : [channelId]) {
        const channel = channels.get(id);
        if (channel === undefined) continue;
        if (address !== undefined) {
          forgetWindow(channel, address);
          continue;
        }
        // The windows are unreachable at once. A channel may have a million, so they are removed a few at a time.
        channels.delete(id);
        forgotten.push(channel.values());
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
