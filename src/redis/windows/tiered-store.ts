import { mergeEvidence, noEvidence, type WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';
import { type LocalWindow, LocalWindows } from './local-windows.js';
import type { RemoteWindow, RemoteWindows } from './remote-windows.js';

type ForgetTarget = Parameters<Store['forget']>[0];

export interface TieredStoreOptions {
  readonly remote: RemoteWindows;
  /** How many windows this process keeps in memory. */
  readonly max: number;
  /** Epoch ms. */
  readonly now: () => number;
}

interface Received {
  readonly evidence: WindowEvidence | undefined;
  /** Whether no other process changed the window since the request. */
  readonly isLatest: boolean;
}

/** How many pending windows are written at a time. When Redis is back, all processes write theirs at once. */
const MAX_CONCURRENT_WRITES = 32;
const MAX_PENDING_FORGETS = 1_000;

/**
 * This process's memory in front of the windows that processes share. A remembered window that no other process has
 * changed is returned at once, without I/O. While the remote windows are unavailable, the process continues with its
 * memory alone: a known open window stays open. What it cannot write then, it writes afterwards.
 */
export class TieredStore implements Store {
  readonly #remote: RemoteWindows;
  readonly #now: () => number;
  readonly #local: LocalWindows;
  readonly #pendingWrites = new Map<LocalWindow, WindowKey>();
  readonly #pendingForgets: ForgetTarget[] = [];
  /** A new epoch begins whenever notifications may have been missed. Windows of earlier epochs are read again. */
  #epoch = 0;
  #isFlushing = false;

  constructor({ remote, max, now }: TieredStoreOptions) {
    this.#remote = remote;
    this.#now = now;
    this.#local = new LocalWindows(max, (window) => void this.#pendingWrites.delete(window));
    remote.listen({
      onReady: () => {
        this.#epoch += 1;
        void this.#flush();
      },
      onChange: (id) => this.#markChanged(id),
      onHeartbeat: () => void this.#flush(),
    });
  }

  get(key: WindowKey): WindowEvidence | undefined | Promise<WindowEvidence | undefined> {
    const window = this.#local.find(key);
    if (!this.#remote.isReady) {
      return window?.evidence === undefined ? Promise.reject(unavailable()) : this.#withoutRemote(window);
    }
    if (window === undefined) return this.#read(key, this.#add(key));
    if (window.epoch === this.#epoch) return window.evidence;
    const pending = window.pending ?? this.#read(key, window);
    // A decision waits only once for slow remote windows, unless they are the only source or are known to have news.
    const mayWait = this.#remote.isResponsive || window.evidence === undefined || window.changedAt !== undefined;
    return mayWait ? pending : window.evidence;
  }

  /** Takes effect in this process at once, and settles when all processes may know. */
  merge(key: WindowKey, evidence: WindowEvidence): Promise<void> {
    const window = this.#local.find(key) ?? this.#add(key);
    this.#local.merge(key, window, evidence);
    return this.#write(key, window, evidence);
  }

  forget(target: ForgetTarget): Promise<void> {
    this.#local.forget(target);
    return this.#remote.forget(target).catch((error: unknown) => {
      if (this.#pendingForgets.length < MAX_PENDING_FORGETS) this.#pendingForgets.push(target);
      throw error;
    });
  }

  #add(key: WindowKey): LocalWindow {
    return this.#local.add(key, this.#remote.idOf(key));
  }

  #read(key: WindowKey, window: LocalWindow): Promise<WindowEvidence | undefined> {
    return this.#track(
      window,
      this.#receive(key, window, this.#remote.read(key)).then(({ evidence, isLatest }) => {
        // Redis has lost something that this process still remembers.
        if (isLatest && isMissing(window.evidence, evidence))
          this.#write(key, window, window.evidence ?? noEvidence).catch(() => {});
      }),
    );
  }

  async #write(key: WindowKey, window: LocalWindow, evidence: WindowEvidence): Promise<void> {
    try {
      const received = this.#receive(key, window, this.#remote.merge(key, evidence));
      this.#track(window, received).catch(() => {});
      await received;
    } catch (error) {
      if (this.#local.has(window)) this.#pendingWrites.set(window, key);
      throw error;
    }
  }

  /** Lets later callers of `get` share a read or write that is under way. */
  #track(window: LocalWindow, work: Promise<unknown>): Promise<WindowEvidence | undefined> {
    const pending = work
      .then(
        () => window.evidence,
        (error: unknown) => {
          if (window.evidence === undefined) throw error;
          return this.#withoutRemote(window);
        },
      )
      .finally(() => {
        if (window.pending === pending) window.pending = undefined;
      });
    window.pending ??= pending;
    return pending;
  }

  /** Merges what arrives from the remote windows into memory. */
  async #receive(key: WindowKey, window: LocalWindow, reply: Promise<RemoteWindow>): Promise<Received> {
    const epoch = this.#epoch;
    const { changes } = window;
    const { evidence, tombstones } = await reply;
    const before = window.tombstones;
    window.tombstones =
      before === undefined ? tombstones : tombstones.map((one, index) => one || (before[index] ?? ''));
    // With a new tombstone another process has forgotten the window: what was remembered until now is obsolete.
    if (before !== undefined && tombstones.some((one, index) => one !== '' && one !== before[index])) {
      this.#local.clear(key, window);
    }
    if (evidence !== undefined) this.#local.merge(key, window, evidence);
    const isLatest = window.changes === changes;
    if (isLatest) {
      window.epoch = epoch;
      window.changedAt = undefined;
    }
    return { evidence, isLatest };
  }

  /**
   * What this process remembers by itself. If another process has changed the window and the new value cannot be read,
   * Bird has to confirm what is remembered.
   */
  #withoutRemote({ evidence, changedAt }: LocalWindow): WindowEvidence | undefined {
    return evidence === undefined || changedAt === undefined
      ? evidence
      : mergeEvidence(evidence, { doubtedAt: changedAt });
  }

  #markChanged(id: string | undefined): void {
    if (id === undefined) this.#epoch += 1;
    const window = id === undefined ? undefined : this.#local.byId(id);
    if (window === undefined) return;
    window.changes += 1;
    // Reads and messages are dated by other clocks, and this one may be behind: what is already here lifts no doubt.
    const { readAt = 0, lastInboundAt = 0 } = window.evidence ?? noEvidence;
    window.changedAt ??= Math.max(this.#now(), readAt + 1, lastInboundAt);
    window.epoch = -1;
    // A read that is under way may have begun before the change.
    window.pending = undefined;
  }

  /**
   * Writes what could not be written while the remote windows were unavailable. The first window goes alone, as a
   * probe.
   */
  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    for (const target of this.#pendingForgets.splice(0)) this.forget(target).catch(() => {});
    for (let count = 1, isWritten = true; isWritten && this.#pendingWrites.size > 0; count = MAX_CONCURRENT_WRITES) {
      isWritten = this.#remote.isReady && (await this.#writePending(count));
    }
    this.#isFlushing = false;
  }

  async #writePending(count: number): Promise<boolean> {
    const next = [...this.#pendingWrites].slice(0, count);
    for (const [window] of next) this.#pendingWrites.delete(window);
    const writes = next.map(([window, key]) => this.#write(key, window, window.evidence ?? noEvidence));
    return (await Promise.allSettled(writes)).every(({ status }) => status === 'fulfilled');
  }
}

function unavailable(): Error {
  return new Error('The remote windows are unavailable');
}

/** Whether something that is remembered here is missing there. */
function isMissing(remembered: WindowEvidence | undefined, stored: WindowEvidence | undefined): boolean {
  if (remembered === undefined) return false;
  const { sent, ...merged } = mergeEvidence(remembered, stored ?? noEvidence);
  const instants = Object.entries(merged) as [Exclude<keyof WindowEvidence, 'sent'>, number | undefined][];
  return instants.some(([field, at]) => at !== stored?.[field]) || (sent?.length ?? 0) > (stored?.sent?.length ?? 0);
}
