import { mergeEvidence, noEvidence, type WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';
import { windowMap } from '../../stores/memory-store.js';
import type { WindowMap } from '../../stores/window-map.js';

/** What this process remembers of a window that processes share. */
export interface LocalWindow {
  readonly id: string;
  /** `undefined`: nothing was known of it, here or in Redis, when it was last read. */
  evidence: WindowEvidence | undefined;
  /** The epoch in which it was last the same as in Redis. */
  epoch: number;
  /** When another process first changed it since then, epoch ms; `undefined`: none has. */
  changedAt: number | undefined;
  /** Counts the changes by other processes. A read that began before the last of them may be outdated. */
  changes: number;
  /** Its tombstones as they were last read. */
  tombstones: readonly string[] | undefined;
  /** The read or write that is under way. */
  pending: Promise<WindowEvidence | undefined> | undefined;
}

/** The windows in this process's memory, by their keys and by their ids in notifications. */
export class LocalWindows {
  readonly #known: WindowMap<LocalWindow>;
  /** Kept apart, so that unknown windows do not evict known ones. */
  readonly #unknown: WindowMap<LocalWindow>;
  readonly #byId = new Map<string, LocalWindow>();

  /** @param onEvicted called with a window that is no longer in memory */
  constructor(max: number, onEvicted: (window: LocalWindow) => void) {
    const onRemoved = (window: LocalWindow): void => {
      if (this.#byId.get(window.id) !== window) return;
      this.#byId.delete(window.id);
      onEvicted(window);
    };
    this.#known = windowMap({ max, onRemoved });
    this.#unknown = windowMap({ max, onRemoved });
  }

  find(key: WindowKey): LocalWindow | undefined {
    return this.#known.get(key) ?? this.#unknown.get(key);
  }

  byId(id: string): LocalWindow | undefined {
    return this.#byId.get(id);
  }

  add(key: WindowKey, id: string): LocalWindow {
    const window: LocalWindow = {
      id,
      evidence: undefined,
      epoch: -1,
      changedAt: undefined,
      changes: 0,
      tombstones: undefined,
      pending: undefined,
    };
    this.#unknown.set(key, window);
    this.#byId.set(id, window);
    return window;
  }

  has(window: LocalWindow): boolean {
    return this.#byId.get(window.id) === window;
  }

  merge(key: WindowKey, window: LocalWindow, evidence: WindowEvidence): void {
    const wasUnknown = window.evidence === undefined;
    window.evidence = mergeEvidence(window.evidence ?? noEvidence, evidence);
    if (this.has(window)) this.#move(key, window, wasUnknown ? this.#unknown : undefined, this.#known);
  }

  /** Drops the evidence, and keeps the window as one of which nothing is known. */
  clear(key: WindowKey, window: LocalWindow): void {
    if (window.evidence === undefined) return;
    window.evidence = undefined;
    if (this.has(window)) this.#move(key, window, this.#known, this.#unknown);
  }

  forget(target: Parameters<Store['forget']>[0]): void {
    this.#known.forget(target);
    this.#unknown.forget(target);
  }

  #move(
    key: WindowKey,
    window: LocalWindow,
    from: WindowMap<LocalWindow> | undefined,
    to: WindowMap<LocalWindow>,
  ): void {
    // Without its id the removal from one map does not count as an eviction.
    this.#byId.delete(window.id);
    from?.forget(key);
    this.#byId.set(window.id, window);
    to.set(key, window);
  }
}
