import { randomUUID } from 'node:crypto';
import { asTag } from '../core/reroute/locale.js';
import type { SendToReroute } from '../core/reroute/policy.js';
import type { Decision } from '../core/types.js';
import { contactOfAddress } from '../lookup/cached.js';
import type { Clock, HeldMessage, Logger, WindowKey } from '../ports.js';
import { withinDeadline } from './deadline.js';
import type { Nudge, ReleasedMessage, ResolvedHold } from './hold-options.js';

/** What a workspace's guard does for messages that wait. */
export interface HoldingHost {
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The time as Bird has it, epoch ms. */
  now(): number;
  /** What the facts say; Bird is asked where it has to be. */
  decide(send: SendToReroute): Promise<Decision>;
  /** The same from memory alone. */
  isKnownOpen(send: SendToReroute): boolean;
  /** Sends by Bird's API. Rejects where another attempt may succeed. */
  post(message: ReleasedMessage): Promise<'accepted' | 'rejected'>;
}

/** How long sending one message may take; a row is locked for longer than that. */
const RELEASE_MS = 30_000;
const LOCK_MS = 2 * RELEASE_MS;
/** How often all that waits is looked through: for what has expired, and for what another process has missed. */
const SWEEP_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

interface Work {
  /** Something happened meanwhile: once more. */
  isStirred: boolean;
}

/** Releases what waits, window by window: each row in order, by one at a time, and only while the window is open. */
export class Releases {
  readonly #options: ResolvedHold;
  readonly #owner = randomUUID();
  readonly #hosts = new Map<string, { readonly host: HoldingHost; timer: unknown }>();
  /** Messages of which it is not certain yet whether they are to wait. */
  readonly #suspended = new Set<string>();
  readonly #working = new Map<string, Work>();
  readonly #failures = new Map<string, number>();

  constructor(options: ResolvedHold) {
    this.#options = options;
  }

  attach(host: HoldingHost): void {
    this.detach(host.workspaceId);
    this.#hosts.set(host.workspaceId, { host, timer: undefined });
    void this.#sweep(host, { isFirst: true });
  }

  detach(workspaceId: string): void {
    const attached = this.#hosts.get(workspaceId);
    attached?.host.clock.clearTimeout(attached.timer);
    this.#hosts.delete(workspaceId);
  }

  isAttached(workspaceId: string): boolean {
    return this.#hosts.has(workspaceId);
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
    const host = this.#hosts.get(message.workspaceId)?.host;
    if (host === undefined) return;
    if (host.isKnownOpen(message)) this.stir(message);
    else void this.#nudge(message, host);
  }

  /** Looks at a window's row, now or as soon as the look that is under way is over. */
  stir(key: WindowKey, { isReply = false }: { readonly isReply?: boolean } = {}): void {
    const host = this.#hosts.get(key.workspaceId)?.host;
    if (host !== undefined) void this.#look(key, host, isReply);
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
      await this.#giveUp(message, 'expired', host);
    } else {
      const { verdict } = await host.decide(message);
      if (verdict === 'unknown') throw new Error('It is not known whether the window is open');
      if (verdict === 'deny') return false;
      const result = await this.#send({ ...messageOf(message), kind: 'held' }, host);
      if (result === 'rejected') await this.#giveUp(message, 'rejected', host);
    }
    await store.remove(message);
    return true;
  }

  async #send(message: ReleasedMessage, host: HoldingHost): Promise<'accepted' | 'rejected'> {
    const { release } = this.#options;
    if (release === undefined) return host.post(message);
    await withinDeadline(host.clock, RELEASE_MS, (async () => release(message))());
    return 'accepted';
  }

  async #giveUp(message: HeldMessage, why: 'expired' | 'rejected', { clock, logger }: HoldingHost): Promise<void> {
    const { workspaceId, channelId, id } = message;
    logger.warn({ workspaceId, channelId, id, why }, 'A held message is not sent any more');
    await withinDeadline(clock, RELEASE_MS, (async () => this.#options.onExpired?.(message, why))());
  }

  /** At most once: it is noted before it is sent. */
  async #nudge(message: HeldMessage, host: HoldingHost): Promise<void> {
    const { nudge, store } = this.#options;
    if (nudge === undefined) return;
    const { workspaceId, channelId } = message;
    try {
      if (!(await store.claimNudge(message))) return;
      const result = await this.#send({ ...messageOf(message), message: nudgeOf(nudge, message), kind: 'nudge' }, host);
      if (result === 'rejected') host.logger.error({ workspaceId, channelId }, 'Bird refused a nudge');
    } catch {
      host.logger.error({ workspaceId, channelId }, 'A nudge could not be sent, and is not tried again');
    }
  }

  #retry(key: WindowKey, host: HoldingHost): void {
    if (this.#hosts.get(key.workspaceId)?.host !== host) return;
    const failures = this.#failures.get(nameOf(key)) ?? 0;
    this.#failures.set(nameOf(key), failures + 1);
    const { workspaceId, channelId } = key;
    if (failures === 0)
      host.logger.warn({ workspaceId, channelId }, 'Held messages cannot go yet; they are tried again');
    host.clock.setTimeout(
      () => this.stir(key),
      Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)),
    );
  }

  async #sweep(host: HoldingHost, { isFirst = false } = {}): Promise<void> {
    const { store } = this.#options;
    const { workspaceId, clock, logger } = host;
    let isDone = false;
    try {
      for (const key of await store.windows(workspaceId)) {
        const [first] = await store.list(key);
        if (first === undefined || this.#hosts.get(workspaceId)?.host !== host) continue;
        if (this.#failures.has(nameOf(key))) continue;
        // What has waited since before this process was there may have been answered meanwhile.
        if (isFirst || host.now() >= first.expiresAt || host.isKnownOpen(first)) await this.#look(key, host, false);
      }
      isDone = true;
    } catch {
      logger.error({ workspaceId }, 'The store of held messages fails; it is asked again in a minute');
    }
    const attached = this.#hosts.get(workspaceId);
    if (attached?.host !== host) return;
    attached.timer = clock.setTimeout(() => void this.#sweep(host, { isFirst: isFirst && !isDone }), SWEEP_MS);
  }
}

function messageOf({ id: _, address: __, expiresAt: ___, ...message }: HeldMessage): Omit<ReleasedMessage, 'kind'> {
  return message;
}

function nudgeOf(
  { projectId, version = 'latest', locale, variables = {} }: Nudge,
  { contact, conversationId, message, reference }: HeldMessage,
): Readonly<Record<string, unknown>> {
  const parameters = Object.entries(variables).map(([key, value]) => ({ type: 'string', key, value }));
  const template = { projectId, version, locale: asTag(locale), parameters };
  if (conversationId === undefined) return { receiver: { contacts: [contact] }, template, reference };
  const { participantType, participantId } = message;
  return { participantType, participantId, template, reference };
}

function nameOf({ workspaceId, channelId, address }: WindowKey): string {
  return `${workspaceId} ${channelId} ${address}`;
}
