import { mergeEvidence, noEvidence, type WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';
import { type WindowMap, windowMap } from '../../stores/memory-store.js';

/** What this process has of one window that others share. */
export interface LocalWindow {
  readonly id: string;
  /** `undefined`: when they were asked, all processes together knew nothing. */
  evidence: WindowEvidence | undefined;
  /** The epoch in which it was last known to be the same as the shared one. */
  epoch: number;
  /** When another process was told to have changed it, epoch ms; `undefined`: not since it was last the same. */
  changedAt: number | undefined;
  /** How often a change was told: what was asked for before the last of them may be from before it. */
  changes: number;
  /** Marks of what was forgotten, as they were when it was last asked for. */
  marks: readonly string[] | undefined;
  /** What was asked for and has not come yet. */
  asked: Promise<WindowEvidence | undefined> | undefined;
}

/** The windows in this process's memory, by their keys and by what stands for them among the processes. */
export class LocalWindows {
  readonly #known: WindowMap<LocalWindow>;
  /** Kept apart, lest windows that nobody knows push out those that are open. */
  readonly #unknown: WindowMap<LocalWindow>;
  readonly #byId = new Map<string, LocalWindow>();

  /** @param onGone called with a window that is remembered no more */
  constructor(max: number, onGone: (slot: LocalWindow) => void) {
    const drop = (slot: LocalWindow): void => {
      if (this.#byId.get(slot.id) !== slot) return;
      this.#byId.delete(slot.id);
      onGone(slot);
    };
    this.#known = windowMap({ max, onGone: drop });
    this.#unknown = windowMap({ max, onGone: drop });
  }

  find(key: WindowKey): LocalWindow | undefined {
    return this.#known.get(key) ?? this.#unknown.get(key);
  }

  byId(id: string): LocalWindow | undefined {
    return this.#byId.get(id);
  }

  add(key: WindowKey, id: string): LocalWindow {
    const slot: LocalWindow = {
      id,
      evidence: undefined,
      epoch: -1,
      changedAt: undefined,
      changes: 0,
      marks: undefined,
      asked: undefined,
    };
    this.#unknown.set(key, slot);
    this.#byId.set(id, slot);
    return slot;
  }

  holds(slot: LocalWindow): boolean {
    return this.#byId.get(slot.id) === slot;
  }

  /** Joins with what is remembered. */
  learn(key: WindowKey, slot: LocalWindow, evidence: WindowEvidence): void {
    const wasUnknown = slot.evidence === undefined;
    slot.evidence = mergeEvidence(slot.evidence ?? noEvidence, evidence);
    if (this.holds(slot)) this.#place(key, slot, wasUnknown ? this.#unknown : undefined, this.#known);
  }

  /** Drops what is remembered, but not that it was asked for. */
  unlearn(key: WindowKey, slot: LocalWindow): void {
    if (slot.evidence === undefined) return;
    slot.evidence = undefined;
    if (this.holds(slot)) this.#place(key, slot, this.#known, this.#unknown);
  }

  forget(target: Parameters<Store['forget']>[0]): void {
    this.#known.forget(target);
    this.#unknown.forget(target);
  }

  #place(
    key: WindowKey,
    slot: LocalWindow,
    from: WindowMap<LocalWindow> | undefined,
    to: WindowMap<LocalWindow>,
  ): void {
    // It only moves: that it leaves the one map must not look as if it were gone.
    this.#byId.delete(slot.id);
    from?.forget(key);
    this.#byId.set(slot.id, slot);
    to.set(key, slot);
  }
}
