import { contactOfAddress } from '../core/contact-address.js';
import type { WindowKey } from '../ports.js';
import type { HeldMessage } from '../stores/held-store.js';
import { isVolatile } from '../stores/memory-held-store.js';
import type { HoldingHost } from './dispatch-host.js';
import type { ReplyEvent, ResolvedHold } from './options.js';
import { Outgoing, RELEASE_MS } from './outgoing.js';
import { Pauses } from './pauses.js';

/** A row is locked for longer than sending one message may take. */
const LOCK_MS = 2 * RELEASE_MS;
/** How often all that waits is looked through: for what has expired, and for what another process has missed. */
const SWEEP_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

interface Attached {
  readonly host: HoldingHost;
  timer: unknown;
}

interface Work {
  /** Something happened meanwhile: once more. */
  isStirred: boolean;
}

/** Releases what waits, window by window: each row in order, by one at a time, and only while the window is open. */
export class Releases {
  readonly #options: ResolvedHold;
  readonly #owner = crypto.randomUUID();
  /** The guards that use this policy, by workspace id. The last one does the work. */
  readonly #attached = new Map<string, readonly Attached[]>();
  readonly #pauses: Pauses;
  readonly #outgoing: Outgoing;
  /** Messages of which it is not certain yet whether they are to wait. */
  readonly #suspended = new Set<string>();
  readonly #working = new Map<string, Work>();
  readonly #failures = new Map<string, number>();
  #unreadable = 0;

  constructor(options: ResolvedHold) {
    this.#options = options;
    this.#pauses = new Pauses(options);
    this.#outgoing = new Outgoing(options);
  }

  attach(host: HoldingHost): void {
    const others = this.#attached.get(host.workspaceId) ?? [];
    for (const other of others) other.host.clock.clearTimeout(other.timer);
    this.#attached.set(host.workspaceId, [...others, { host, timer: undefined }]);
    void this.#sweep(host, { isFirst: true });
  }

  detach(host: HoldingHost): void {
    const { workspaceId, clock } = host;
    const all = this.#attached.get(workspaceId) ?? [];
    const left = all.filter((attached) => attached.host !== host);
    clock.clearTimeout(all.find((attached) => attached.host === host)?.timer);
    if (left.length > 0) this.#attached.set(workspaceId, left);
    else this.#attached.delete(workspaceId);
    const next = left.at(-1)?.host;
    if (next === undefined) void this.#tellLoss(host);
    else if (all.at(-1)?.host === host) void this.#sweep(next, { isFirst: true });
  }

  isAttached(workspaceId: string): boolean {
    return this.#hostOf(workspaceId) !== undefined;
  }

  #hostOf(workspaceId: string): HoldingHost | undefined {
    return this.#attached.get(workspaceId)?.at(-1)?.host;
  }

  /** Nobody looks after what waits any more, and it is nowhere but in this process. */
  async #tellLoss({ workspaceId, logger }: HoldingHost): Promise<void> {
    const { store } = this.#options;
    if (!isVolatile(store)) return;
    const rows = await Promise.all((await store.windows(workspaceId)).map((key) => store.list(key)));
    const count = rows.flat().length;
    if (count > 0) logger.warn({ workspaceId, count }, 'Held messages wait in memory alone, and the guard is closed');
  }

  suspend({ id }: HeldMessage): void {
    this.#suspended.add(id);
  }

  resume({ id }: HeldMessage): void {
    this.#suspended.delete(id);
  }

  isSuspended({ id }: HeldMessage): boolean {
    return this.#suspended.has(id);
  }

  /** A message waits from now on. The customer may have written while it was put there. */
  parked(message: HeldMessage): void {
    const host = this.#hostOf(message.workspaceId);
    if (host === undefined) return;
    // Of a window that was not known Bird is asked again: the customer need not write for it to be open.
    if (message.isWindowUnknown === true || host.isKnownOpen(message)) this.stir(message);
    else void this.#outgoing.nudge(message, host);
  }

  /** Looks at a window's row, now or as soon as the look that is under way is over. */
  stir(key: WindowKey, { reply }: { readonly reply?: ReplyEvent | undefined } = {}): void {
    const host = this.#hostOf(key.workspaceId);
    if (host === undefined) return;
    if (reply !== undefined) void this.#hear(key, host, reply);
    else void this.#look(key, host, false);
  }

  async #hear(key: WindowKey, host: HoldingHost, reply: ReplyEvent): Promise<void> {
    if (await this.#pauses.hear(key, reply, host)) await this.#look(key, host, true);
  }

  async #look(key: WindowKey, host: HoldingHost, isReply: boolean): Promise<void> {
    const name = nameOf(key);
    const working = this.#working.get(name);
    if (working !== undefined) {
      working.isStirred = true;
      return;
    }
    const work: Work = { isStirred: false };
    this.#working.set(name, work);
    try {
      if (isReply) await this.#endNudge(key, host);
      do {
        work.isStirred = false;
        await this.#release(key, host);
      } while (work.isStirred);
      this.#failures.delete(name);
    } catch {
      this.#retry(key, host);
    } finally {
      this.#working.delete(name);
    }
  }

  /** The customer may be asked again once the window that this reply opens is over. */
  async #endNudge({ workspaceId, channelId, address }: WindowKey, host: HoldingHost): Promise<void> {
    if (this.#options.nudge === undefined) return;
    // Not by an old message that is told late: it opens nothing, so that this is still the same closed period.
    const isOpen = host.isKnownOpen({ workspaceId, channelId, contact: contactOfAddress(address) });
    if (isOpen) await this.#options.store.endNudge({ workspaceId, channelId, address });
  }

  /** Rejects where the row has to be looked at again later. */
  async #release(key: WindowKey, host: HoldingHost): Promise<void> {
    const { store } = this.#options;
    const isOurs = (): boolean | Promise<boolean> => store.lock(key, this.#owner, host.now() + LOCK_MS);
    if ((await store.list(key)).length === 0) return;
    if (!(await isOurs())) throw new Error('Another process releases this row');
    try {
      for (const message of await this.#certain(key)) {
        if (!(await isOurs()) || !(await this.#finish(message, host))) return;
      }
    } finally {
      await store.unlock(key, this.#owner);
    }
  }

  /** A row up to the first message that may yet be taken back: by the time when it would go, it may have been. */
  async #certain(key: WindowKey): Promise<readonly HeldMessage[]> {
    const row = await this.#options.store.list(key);
    const end = row.findIndex(({ id }) => this.#suspended.has(id));
    return end === -1 ? row : row.slice(0, end);
  }

  /** Sends a message or gives it up, then removes it; false: it has to wait on, and so have those behind it. */
  async #finish(message: HeldMessage, host: HoldingHost): Promise<boolean> {
    const { store } = this.#options;
    if (host.now() >= message.expiresAt) {
      await this.#outgoing.giveUp(message, 'expired', host);
    } else {
      if (await this.#pauses.isPaused(message)) return false;
      const { verdict } = await host.decide(message);
      if (verdict === 'unknown') throw new Error('It is not known whether the window is open');
      if (verdict === 'deny') {
        // Only now it is known that the customer has to write first.
        if (message.isWindowUnknown === true) void this.#outgoing.nudge(message, host);
        return false;
      }
      const result = await this.#outgoing.send(message, host);
      if (result === 'rejected') await this.#outgoing.giveUp(message, 'rejected', host);
      else this.#outgoing.tellReleased(message, host);
    }
    await store.remove(message);
    return true;
  }

  #retry(key: WindowKey, host: HoldingHost): void {
    if (this.#hostOf(key.workspaceId) !== host) return;
    const failures = this.#failures.get(nameOf(key)) ?? 0;
    this.#failures.set(nameOf(key), failures + 1);
    const { workspaceId, channelId } = key;
    // Once for all that wait while Bird is away, and not for each of them.
    if (failures === 0 && this.#failures.size === 1) {
      host.logger.warn({ workspaceId, channelId }, 'Held messages cannot go yet; they are tried again');
    }
    host.clock.setTimeout(
      () => this.stir(key),
      Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)),
    );
  }

  async #tellUnreadable({ logger }: HoldingHost): Promise<void> {
    const count = (await this.#options.store.countUnreadable?.()) ?? 0;
    if (count > this.#unreadable) {
      logger.warn({ count }, 'Held messages cannot be opened: they are damaged, or were held with another secret');
    }
    this.#unreadable = count;
  }

  async #sweep(host: HoldingHost, { isFirst = false } = {}): Promise<void> {
    const { store } = this.#options;
    const { workspaceId, clock, logger } = host;
    let isDone = false;
    try {
      for (const key of await store.windows(workspaceId)) {
        const [first] = await store.list(key);
        if (first === undefined || this.#hostOf(workspaceId) !== host) continue;
        if (this.#failures.has(nameOf(key))) continue;
        // What has waited since before this process was there may have been answered meanwhile.
        if (isFirst || host.now() >= first.expiresAt || host.isKnownOpen(first)) await this.#look(key, host, false);
      }
      await this.#tellUnreadable(host);
      isDone = true;
    } catch {
      logger.error({ workspaceId }, 'The store of held messages fails; it is asked again in a minute');
    }
    const attached = this.#attached.get(workspaceId)?.at(-1);
    if (attached?.host !== host) return;
    attached.timer = clock.setTimeout(() => void this.#sweep(host, { isFirst: isFirst && !isDone }), SWEEP_MS);
  }
}

function nameOf({ workspaceId, channelId, address }: WindowKey): string {
  return `${workspaceId} ${channelId} ${address}`;
}
