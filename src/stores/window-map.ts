import type { Store, WindowKey } from '../ports.js';

/** A bounded map of windows. The least recently used are evicted first. */
export interface WindowMap<V> {
  /** The value that was set under this name itself. */
  get(key: WindowKey): V | undefined;
  set(key: WindowKey, value: V): void;
  forget(target: Parameters<Store['forget']>[0]): void;
  /** What is found under a name, which may be the other name of a pair. */
  find(key: WindowKey): Entry<V> | undefined;
  /** The entry of a name, which may be new and without a value. */
  add(key: WindowKey): Entry<V>;
  /** Lets a second name lead to a window, for as long as that is kept. A name with a window of its own cannot. */
  pair(key: WindowKey, secondName: string): void;
}

export interface WindowMapOptions<V> {
  readonly max: number;
  /** Called with each value that is removed, for whatever reason. */
  readonly onRemoved?: ((value: V) => void) | undefined;
}

/** All that is kept of one window. */
export interface Entry<V> {
  /** The address under which it was added. */
  readonly name: string;
  value: V | undefined;
  /** Another name of the same customer, which may or may not lead here. */
  linked: string | undefined;
  /** How many windows had been set when the list last noted its use. */
  notedAt: number;
}

/** A channel's windows, each by one name or two. */
export type Channel<V> = Map<string, Entry<V>>;
