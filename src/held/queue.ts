import { readQuestion } from '../bird/send/parsed-send.js';
import { isObject } from '../core/option-checks.js';
import { own } from '../core/own.js';
import { jsonCopy } from '../core/reroute/json-copy.js';
import { isMatterOfTime } from '../core/reroute/matter-of-time.js';
import { recipientOf } from '../core/reroute/message-content.js';
import type { HeldNote, RerouteContext, RerouteResult } from '../core/reroute/policy.js';
import type { WindowKey } from '../ports.js';
import type { HeldMessage } from '../stores/held-store.js';
import type { HoldingHost } from './dispatch-host.js';
import { Releases } from './dispatcher.js';
import type { ReplyEvent, ResolvedHold } from './options.js';

/** Text that may become part of an answer or a header of the application: Bird sets no limit to a reference. */
const LONGEST_REFERENCE = 256;

/** Parks messages of any number of workspaces, and has them released when their customers write. */
export class Holding {
  readonly #options: ResolvedHold;
  readonly #releases: Releases;
  /** Messages that wait also where the request that brought them is refused. */
  readonly #kept = new Set<string>();

  constructor(options: ResolvedHold) {
    this.#options = options;
    this.#releases = new Releases(options);
  }

  /** From now on what waits in this workspace is looked after: what waits since before, too. */
  attach(host: HoldingHost): void {
    this.#releases.attach(host);
  }

  /** Whether nothing waits for a workspace's customers. */
  async isIdle(workspaceId: string): Promise<boolean> {
    return (await this.#options.store.windows(workspaceId)).length === 0;
  }

  /** A guard is gone; what another one with the same policy looks after goes on. */
  detach(host: HoldingHost): void {
    this.#releases.detach(host);
  }

  /** A window may have opened, by this reply where it is one. */
  stir(key: WindowKey, reply?: ReplyEvent): void {
    this.#releases.stir(key, { reply });
  }

  async pending(workspaceId: string): Promise<readonly HeldMessage[]> {
    const { store } = this.#options;
    const rows = await Promise.all((await store.windows(workspaceId)).map((key) => store.list(key)));
    return structuredClone(rows.flat());
  }

  async hold(context: RerouteContext): Promise<RerouteResult | undefined> {
    if (!isMatterOfTime(context.decision.reason)) return context.decline('reason_not_time');
    const held = this.#toHeld(context);
    if (typeof held === 'string') return context.decline(held);
    if (context.isDryRun) return { action: 'hold', held: noteOf(held), changes: ['held'] };
    if (!this.#releases.isAttached(held.workspaceId)) return context.decline('not_attached');

    // Before it is there: it must not be released while it is not certain that it is to wait.
    this.#releases.suspend(held);
    const added = await this.#add(held);
    if (added === 'added') return this.#held(held);
    this.#releases.resume(held);
    if (added === 'full' || added === 'hold_store_failed') {
      return context.decline(added === 'full' ? 'hold_full' : added);
    }
    return {
      action: 'hold',
      held: noteOf(added),
      changes: ['held_before'],
      settle: (isUsed) => this.#keep(added, isUsed),
    };
  }

  async #add(held: HeldMessage): Promise<'added' | 'full' | 'hold_store_failed' | HeldMessage> {
    const { store, maxPerContact } = this.#options;
    try {
      return await store.add(held, maxPerContact);
    } catch {
      // The store's error is not passed on: nobody knows what it holds.
      return 'hold_store_failed';
    }
  }

  #held(held: HeldMessage): RerouteResult {
    const settle = async (isUsed: boolean): Promise<void> => {
      const isWaiting = isUsed ? await this.#confirm(held) : await this.#takeBack(held);
      this.#releases.resume(held);
      const isKept = this.#kept.delete(held.id);
      if (isKept && !isWaiting) await this.#options.store.add(held, this.#options.maxPerContact);
      if (isKept || isWaiting) this.#releases.parked(held);
    };
    return { action: 'hold', held: noteOf(held), changes: ['held'], settle };
  }

  async #confirm(held: HeldMessage): Promise<boolean> {
    // Where this fails the store does it by itself before long.
    await this.#settleShared(held).catch(() => {});
    return true;
  }

  /** Gives whether it is to wait all the same. Where this fails it is not released by this process any more. */
  async #takeBack(held: HeldMessage): Promise<boolean> {
    const { store } = this.#options;
    if (store.settle !== undefined) return store.settle(held, false);
    await store.remove(held);
    return false;
  }

  /** A repetition was promised what the first request may yet be refused: then the message waits all the same. */
  async #keep(held: HeldMessage, isUsed: boolean): Promise<void> {
    if (!isUsed) return;
    const { store, maxPerContact } = this.#options;
    if (store.settle !== undefined) await this.#settleShared(held);
    else if (this.#releases.isSuspended(held)) this.#kept.add(held.id);
    else await store.add(held, maxPerContact);
  }

  /** From now on any of the processes may release it. One that another request has taken back is put there again. */
  async #settleShared(held: HeldMessage): Promise<void> {
    const { store, maxPerContact } = this.#options;
    if (store.settle === undefined || (await store.settle(held, true))) return;
    await store.add(held, maxPerContact);
    await store.settle(held, true);
  }

  #toHeld({ send, at, decision }: RerouteContext): HeldMessage | 'address_unresolved' | 'content_not_carried' {
    const { conversationId } = send;
    const question = readQuestion({ ...send, conversationId: undefined } as Parameters<typeof readQuestion>[0]);
    if (question.kind !== 'freeform' || typeof question.target === 'string') return 'address_unresolved';
    // A copy: the caller may use the same object for the next customer's message.
    const [message, recipient] = [jsonCopy(send.message), jsonCopy(recipientOf(send))];
    if (!isObject(message) || !isObject(recipient)) return 'content_not_carried';
    const given = own(message, 'reference');
    const isUsable = typeof given === 'string' && given !== '' && given.length <= LONGEST_REFERENCE;
    const id = crypto.randomUUID();
    const reference = isUsable ? given : id;
    return {
      ...question.target.key,
      id,
      reference,
      conversationId,
      contact: jsonCopy(send.contact),
      message: { ...message, ...recipient, reference },
      heldAt: at,
      expiresAt: at + this.#options.lifetimeMs,
      ...(decision.verdict === 'unknown' ? { isWindowUnknown: true } : {}),
    };
  }
}

function noteOf({ id, reference, expiresAt }: HeldMessage): HeldNote {
  return { id, reference, expiresAt };
}
