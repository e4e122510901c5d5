import { mergeEvidence, noEvidence, type WindowEvidence } from '../../core/service-window.js';
import type { Store, WindowKey } from '../../ports.js';
import { type LocalWindow, LocalWindows } from './local-windows.js';
import type { RemoteWindow, RemoteWindows } from './remote-windows.js';

type ForgetTarget = Parameters<Store['forget']>[0];

export interface TieredStoreOptions {
  readonly shared: RemoteWindows;
  /** Windows kept in this process's memory. */
  readonly max: number;
  /** Epoch ms. */
  readonly now: () => number;
}

interface Taken {
  readonly evidence: WindowEvidence | undefined;
  /** No change was told since it was asked for. */
  readonly isLatest: boolean;
}

/** Windows that are told at a time, once the others can be told again: all processes do that at once. */
const MAX_CONCURRENT_WRITES = 32;
const MAX_PENDING_FORGETS = 1_000;

/**
 * This process's memory in front of what all processes share. A window that is remembered, and of which no change was
 * told, is given at once, without I/O. While the shared windows are away the process goes on with its own memory: an
 * opening stays right whatever happens to them, and what could not be told is told afterwards.
 */
export class TieredStore implements Store {
  readonly #shared: RemoteWindows;
  readonly #now: () => number;
  readonly #slots: LocalWindows;
  readonly #untold = new Map<LocalWindow, WindowKey>();
  readonly #untoldForgets: ForgetTarget[] = [];
  /** Begins anew whenever changes may have been missed. */
  #epoch = 0;
  #isCatchingUp = false;

  constructor({ shared, max, now }: TieredStoreOptions) {
    this.#shared = shared;
    this.#now = now;
    this.#slots = new LocalWindows(max, (slot) => void this.#untold.delete(slot));
    shared.listen({
      onReady: () => {
        this.#epoch += 1;
        void this.#catchUp();
      },
      onChange: (id) => this.#changed(id),
      onHeartbeat: () => void this.#catchUp(),
    });
  }

  get(key: WindowKey): WindowEvidence | undefined | Promise<WindowEvidence | undefined> {
    const slot = this.#slots.find(key);
    if (!this.#shared.isReady) return slot?.evidence === undefined ? Promise.reject(away()) : this.#alone(slot);
    if (slot === undefined) return this.#ask(key, this.#add(key));
    if (slot.epoch === this.#epoch) return slot.evidence;
    const asked = slot.asked ?? this.#ask(key, slot);
    // A decision waits once for an answer that is slow in coming; and always where it is known to bring news.
    const mayWait = this.#shared.isResponsive || slot.evidence === undefined || slot.changedAt !== undefined;
    return mayWait ? asked : slot.evidence;
  }

  /** Settles when all processes may know; until then this one does. */
  merge(key: WindowKey, evidence: WindowEvidence): Promise<void> {
    const slot = this.#slots.find(key) ?? this.#add(key);
    this.#slots.learn(key, slot, evidence);
    return this.#tell(key, slot, evidence);
  }

  forget(target: ForgetTarget): Promise<void> {
    this.#slots.forget(target);
    return this.#shared.forget(target).catch((error: unknown) => {
      if (this.#untoldForgets.length < MAX_PENDING_FORGETS) this.#untoldForgets.push(target);
      throw error;
    });
  }

  #add(key: WindowKey): LocalWindow {
    return this.#slots.add(key, this.#shared.idOf(key));
  }

  #ask(key: WindowKey, slot: LocalWindow): Promise<WindowEvidence | undefined> {
    return this.#await(
      slot,
      this.#take(key, slot, this.#shared.read(key)).then(({ evidence, isLatest }) => {
        // What was lost there is not lost here.
        if (isLatest && isMissing(slot.evidence, evidence))
          this.#tell(key, slot, slot.evidence ?? noEvidence).catch(() => {});
      }),
    );
  }

  async #tell(key: WindowKey, slot: LocalWindow, evidence: WindowEvidence): Promise<void> {
    try {
      const told = this.#take(key, slot, this.#shared.merge(key, evidence));
      this.#await(slot, told).catch(() => {});
      await told;
    } catch (error) {
      if (this.#slots.holds(slot)) this.#untold.set(slot, key);
      throw error;
    }
  }

  /** Whoever asks for a window waits for what is under way already. */
  #await(slot: LocalWindow, work: Promise<unknown>): Promise<WindowEvidence | undefined> {
    const asked = work
      .then(
        () => slot.evidence,
        (error: unknown) => {
          if (slot.evidence === undefined) throw error;
          return this.#alone(slot);
        },
      )
      .finally(() => {
        if (slot.asked === asked) slot.asked = undefined;
      });
    slot.asked ??= asked;
    return asked;
  }

  /** Joins what is shared with what is remembered. */
  async #take(key: WindowKey, slot: LocalWindow, coming: Promise<RemoteWindow>): Promise<Taken> {
    const epoch = this.#epoch;
    const { changes } = slot;
    const { evidence, marks } = await coming;
    const before = slot.marks;
    slot.marks = before === undefined ? marks : marks.map((mark, index) => mark || (before[index] ?? ''));
    // A new mark: another process forgot it, and what is remembered from before that is gone as well.
    if (before !== undefined && marks.some((mark, index) => mark !== '' && mark !== before[index])) {
      this.#slots.unlearn(key, slot);
    }
    if (evidence !== undefined) this.#slots.learn(key, slot, evidence);
    const isLatest = slot.changes === changes;
    if (isLatest) {
      slot.epoch = epoch;
      slot.changedAt = undefined;
    }
    return { evidence, isLatest };
  }

  /**
   * What this process remembers, without the others. Where they are known to have changed it, and nobody can tell to
   * what, Bird has to confirm it.
   */
  #alone({ evidence, changedAt }: LocalWindow): WindowEvidence | undefined {
    return evidence === undefined || changedAt === undefined
      ? evidence
      : mergeEvidence(evidence, { doubtedAt: changedAt });
  }

  #changed(id: string | undefined): void {
    if (id === undefined) this.#epoch += 1;
    const slot = id === undefined ? undefined : this.#slots.byId(id);
    if (slot === undefined) return;
    slot.changes += 1;
    // Later than the latest read, which Bird's clock has dated: this one may be behind.
    slot.changedAt ??= Math.max(this.#now(), (slot.evidence?.readAt ?? 0) + 1);
    slot.epoch = -1;
    // What is under way may have been asked for before the change.
    slot.asked = undefined;
  }

  /** Tells the others what they could not be told while they were away, a single window first. */
  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    for (const target of this.#untoldForgets.splice(0)) this.forget(target).catch(() => {});
    for (let atOnce = 1, isHeard = true; isHeard && this.#untold.size > 0; atOnce = MAX_CONCURRENT_WRITES) {
      isHeard = this.#shared.isReady && (await this.#tellAgain(atOnce));
    }
    this.#isCatchingUp = false;
  }

  async #tellAgain(most: number): Promise<boolean> {
    const next = [...this.#untold].slice(0, most);
    for (const [slot] of next) this.#untold.delete(slot);
    const told = next.map(([slot, key]) => this.#tell(key, slot, slot.evidence ?? noEvidence));
    return (await Promise.allSettled(told)).every(({ status }) => status === 'fulfilled');
  }
}

function away(): Error {
  return new Error('The shared windows are away');
}

/** Whether something that is remembered is not shared: it was lost there. */
function isMissing(remembered: WindowEvidence | undefined, shared: WindowEvidence | undefined): boolean {
  if (remembered === undefined) return false;
  const { sent, ...joined } = mergeEvidence(remembered, shared ?? noEvidence);
  const instants = Object.entries(joined) as [Exclude<keyof WindowEvidence, 'sent'>, number | undefined][];
  return instants.some(([field, at]) => at !== shared?.[field]) || (sent?.length ?? 0) > (shared?.sent?.length ?? 0);
}
