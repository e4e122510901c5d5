import { contactOfAddress, windowName } from '../core/contact-address.js';
import { InFlight } from '../in-flight.js';
import type { WindowKey } from '../ports.js';
import type { HeldMessage } from '../stores/held-store.js';
import { isVolatile } from '../stores/memory-held-store.js';
import type { DispatchHost } from './dispatch-host.js';
import type { ReplyEvent, ResolvedHold } from './options.js';
import { Outgoing } from './outgoing.js';
import { Pauses } from './pauses.js';
import { Retries } from './retries.js';
import { WindowRelease } from './window-release.js';

/** How often all queues are checked for expired messages, and for what another process has missed. */
const SWEEP_MS = 60_000;

interface Attached {
  readonly host: DispatchHost;
  timer: unknown;
}

interface Run {
  /** The window was woken again during the run, so one more run follows. */
  isWoken: boolean;
}

/** Decides when a window's queue is released: after a reply, at regular sweeps, and again after a failure. */
export class Dispatcher {
  readonly #options: ResolvedHold;
  /** The guards that use this policy, by workspace id. The last one does the work. */
  readonly #attached = new Map<string, readonly Attached[]>();
  readonly #pauses: Pauses;
  readonly #outgoing: Outgoing;
  readonly #release: WindowRelease;
  /** Ids of messages whose request is still undecided. */
  readonly #suspended = new Set<string>();
  readonly #running = new Map<string, Run>();
  readonly #inFlight = new InFlight();
  readonly #retries = new Retries((key) => this.wake(key));
  #unreadable = 0;

  constructor(options: ResolvedHold) {
    this.#options = options;
    this.#pauses = new Pauses(options);
    this.#outgoing = new Outgoing(options);
    const isSuspended = (message: HeldMessage): boolean => this.isSuspended(message);
    this.#release = new WindowRelease({ options, pauses: this.#pauses, outgoing: this.#outgoing, isSuspended });
  }

  attach(host: DispatchHost): void {
    const others = this.#attached.get(host.workspaceId) ?? [];
    for (const other of others) other.host.clock.clearTimeout(other.timer);
    this.#attached.set(host.workspaceId, [...others, { host, timer: undefined }]);
    void this.#sweep(host, { isFirst: true });
  }

  /** Settles when what was being sent is, and what is lost is told; no later than `isLate`. */
  async detach(host: DispatchHost, isLate?: Promise<void>): Promise<void> {
    const { workspaceId, clock } = host;
    const all = this.#attached.get(workspaceId) ?? [];
    const left = all.filter((attached) => attached.host !== host);
    clock.clearTimeout(all.find((attached) => attached.host === host)?.timer);
    if (left.length > 0) this.#attached.set(workspaceId, left);
    else this.#attached.delete(workspaceId);
    this.#retries.end(host);
    const next = left.at(-1)?.host;
    if (next !== undefined && all.at(-1)?.host === host) void this.#sweep(next, { isFirst: true });
    const sent = this.#inFlight.settled();
    await (isLate === undefined ? sent : Promise.race([sent, isLate]));
    if (next === undefined) await this.#warnOfLoss(host);
  }

  isAttached(workspaceId: string): boolean {
    return this.#hostOf(workspaceId) !== undefined;
  }

  /** The store has failed for a message of that workspace. */
  reportError(workspaceId: string, error: unknown): void {
    this.#hostOf(workspaceId)?.reportError({ source: 'held_store', workspaceId, error });
  }

  #hostOf(workspaceId: string): DispatchHost | undefined {
    return this.#attached.get(workspaceId)?.at(-1)?.host;
  }

  /** The last guard is gone, and a store in memory ends with the process. */
  async #warnOfLoss({ workspaceId, logger }: DispatchHost): Promise<void> {
    const { store } = this.#options;
    if (!isVolatile(store)) return;
    const queues = await Promise.all((await store.windows(workspaceId)).map((key) => store.list(key)));
    const count = queues.flat().length;
    if (count > 0) logger.warn({ workspaceId, count }, 'Guard closed while messages are held in memory only');
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

  /** A message waits from now on. The customer may have written while it was being stored. */
  added(message: HeldMessage): void {
    const host = this.#hostOf(message.workspaceId);
    if (host === undefined) return;
    // A window that was unknown is looked up again: it may be open without a new message from the customer.
    if (message.isWindowUnknown === true || host.isKnownOpen(message)) this.wake(message);
    else void this.#outgoing.nudge(message, host);
  }

  /** Releases a window's queue, now or as soon as the current run is over. */
  wake(key: WindowKey, { reply }: { readonly reply?: ReplyEvent | undefined } = {}): void {
    const host = this.#hostOf(key.workspaceId);
    if (host === undefined) return;
    const run = reply === undefined ? this.#run(key, host, false) : this.#onReply(key, host, reply);
    void this.#inFlight.track(run);
  }

  async #onReply(key: WindowKey, host: DispatchHost, reply: ReplyEvent): Promise<void> {
    if (await this.#pauses.onReply(key, reply, host)) await this.#run(key, host, true);
  }

  async #run(key: WindowKey, host: DispatchHost, isReply: boolean): Promise<void> {
    const name = windowName(key, key.address);
    const running = this.#running.get(name);
    if (running !== undefined) {
      running.isWoken = true;
      return;
    }
    const run: Run = { isWoken: false };
    this.#running.set(name, run);
    try {
      if (isReply) await this.#endNudge(key, host);
      do {
        run.isWoken = false;
        await this.#release.release(key, host);
      } while (run.isWoken);
      this.#retries.worked(key);
    } catch {
      this.#retry(key, host);
    } finally {
      this.#running.delete(name);
    }
  }

  /** The customer may be nudged again once the window that this reply opens is over. */
  async #endNudge({ workspaceId, channelId, address }: WindowKey, host: DispatchHost): Promise<void> {
    if (this.#options.nudge === undefined) return;
    // An old message that arrives late opens nothing, so the same closed period goes on.
    const isOpen = host.isKnownOpen({ workspaceId, channelId, contact: contactOfAddress(address) });
    if (isOpen) await this.#options.store.endNudge({ workspaceId, channelId, address });
  }

  #retry(key: WindowKey, host: DispatchHost): void {
    if (this.#hostOf(key.workspaceId) !== host) return;
    const { workspaceId, channelId } = key;
    // One warning for an outage, not one for each window.
    if (this.#retries.failed(key, host)) {
      host.logger.warn({ workspaceId, channelId }, 'Held messages cannot be sent yet; retrying');
    }
  }

  async #warnOfUnreadable({ logger }: DispatchHost): Promise<void> {
    const count = (await this.#options.store.countUnreadable?.()) ?? 0;
    if (count > this.#unreadable) {
      logger.warn({ count }, 'Held messages cannot be read: damaged, or stored with another secret');
    }
    this.#unreadable = count;
  }

  async #sweep(host: DispatchHost, { isFirst = false } = {}): Promise<void> {
    const { workspaceId, clock } = host;
    // Each by itself: among many windows one often fails, and must not keep an opt-out word from the store for good.
    const isRecorded = await this.#attempt(host, () => this.#pauses.recordAgain(workspaceId));
    const isDone = await this.#attempt(host, () => this.#sweepWindows(host, isFirst));
    if (!isRecorded || !isDone) {
      host.logger.error({ workspaceId }, 'The store of held messages failed; retrying in a minute');
    }
    const attached = this.#attached.get(workspaceId)?.at(-1);
    if (attached?.host !== host) return;
    attached.timer = clock.setTimeout(() => void this.#sweep(host, { isFirst: isFirst && !isDone }), SWEEP_MS);
  }

  async #attempt(host: DispatchHost, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      host.reportError({ source: 'held_store', workspaceId: host.workspaceId, error });
      return false;
    }
  }

  async #sweepWindows(host: DispatchHost, isFirst: boolean): Promise<void> {
    const { store } = this.#options;
    const { workspaceId } = host;
    for (const key of await store.windows(workspaceId)) {
      const [first] = await store.list(key);
      if (first === undefined || this.#hostOf(workspaceId) !== host) continue;
      if (this.#retries.has(key)) continue;
      // Messages from before this process started may have been answered meanwhile.
      if (isFirst || host.now() >= first.expiresAt || host.isKnownOpen(first)) await this.#run(key, host, false);
    }
    await this.#warnOfUnreadable(host);
  }
}
