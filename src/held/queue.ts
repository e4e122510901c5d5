import { parseSend } from '../bird/send/parsed-send.js';
import { isObject } from '../core/option-checks.js';
import { own } from '../core/own.js';
import { jsonCopy } from '../core/reroute/json-copy.js';
import { isMatterOfTime } from '../core/reroute/matter-of-time.js';
import { recipientOf } from '../core/reroute/message-content.js';
import type { HeldNote, RerouteContext, RerouteResult } from '../core/reroute/policy.js';
import type { WindowKey } from '../ports.js';
import type { HeldMessage } from '../stores/held-store.js';
import type { DispatchHost } from './dispatch-host.js';
import { Dispatcher } from './dispatcher.js';
import type { ReplyEvent, ResolvedHold } from './options.js';

/** A reference may end up in a response or a header of the application, and Bird sets no limit. */
const MAX_REFERENCE_LENGTH = 256;

/** Holds messages of any number of workspaces until their customers write. */
export class HeldMessageQueue {
  readonly #options: ResolvedHold;
  readonly #dispatcher: Dispatcher;
  /** Ids of messages that stay held even if their own request is refused: a repetition was promised that. */
  readonly #kept = new Set<string>();

  constructor(options: ResolvedHold) {
    this.#options = options;
    this.#dispatcher = new Dispatcher(options);
  }

  /** Starts dispatching a workspace's held messages, earlier ones included. */
  attach(host: DispatchHost): void {
    this.#dispatcher.attach(host);
  }

  /** Whether no message of the workspace is held. */
  async isIdle(workspaceId: string): Promise<boolean> {
    return (await this.#options.store.windows(workspaceId)).length === 0;
  }

  /** Stops dispatching for one guard. Another guard with the same policy goes on. */
  detach(host: DispatchHost, isLate?: Promise<void>): Promise<void> {
    return this.#dispatcher.detach(host, isLate);
  }

  /** Call when a window may have opened; `reply` is the customer's message that opened it, if there was one. */
  wake(key: WindowKey, reply?: ReplyEvent): void {
    this.#dispatcher.wake(key, { reply });
  }

  async pending(workspaceId: string): Promise<readonly HeldMessage[]> {
    const { store } = this.#options;
    const queues = await Promise.all((await store.windows(workspaceId)).map((key) => store.list(key)));
    return structuredClone(queues.flat());
  }

  async hold(context: RerouteContext): Promise<RerouteResult | undefined> {
    if (!isMatterOfTime(context.decision.reason)) return context.decline('reason_not_time');
    const held = this.#toHeld(context);
    if (typeof held === 'string') return context.decline(held);
    if (context.isDryRun) return { action: 'hold', held: noteOf(held), changes: ['held'] };
    if (!this.#dispatcher.isAttached(held.workspaceId)) return context.decline('not_attached');

    // Before `add`: the message must not be released while its request is undecided.
    this.#dispatcher.suspend(held);
    const added = await this.#add(held);
    if (added === 'added') return this.#held(held);
    this.#dispatcher.resume(held);
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
    } catch (error) {
      // The store's error is not passed on: it may contain anything.
      this.#dispatcher.reportError(held.workspaceId, error);
      return 'hold_store_failed';
    }
  }

  #held(held: HeldMessage): RerouteResult {
    const settle = async (isUsed: boolean): Promise<void> => {
      const isWaiting = isUsed ? await this.#confirm(held) : await this.#withdraw(held);
      this.#dispatcher.resume(held);
      const isKept = this.#kept.delete(held.id);
      if (isKept && !isWaiting) await this.#options.store.add(held, this.#options.maxPerContact);
      if (isKept || isWaiting) this.#dispatcher.added(held);
    };
    return { action: 'hold', held: noteOf(held), changes: ['held'], settle };
  }

  async #confirm(held: HeldMessage): Promise<boolean> {
    // If this fails, the store confirms the message by itself after a minute.
    await this.#settleShared(held).catch(() => {});
    return true;
  }

  /** Returns whether the message stays held all the same. If this rejects, this process never releases it. */
  async #withdraw(held: HeldMessage): Promise<boolean> {
    const { store } = this.#options;
    if (store.settle !== undefined) return store.settle(held, false);
    await store.remove(held);
    return false;
  }

  /** The first request may still be refused, but a repetition was promised that the message waits: then it does. */
  async #keep(held: HeldMessage, isUsed: boolean): Promise<void> {
    if (!isUsed) return;
    const { store, maxPerContact } = this.#options;
    if (store.settle !== undefined) await this.#settleShared(held);
    else if (this.#dispatcher.isSuspended(held)) this.#kept.add(held.id);
    else await store.add(held, maxPerContact);
  }

  /** Lets any process release the message. Adds it again if another request has withdrawn it. */
  async #settleShared(held: HeldMessage): Promise<void> {
    const { store, maxPerContact } = this.#options;
    if (store.settle === undefined || (await store.settle(held, true))) return;
    await store.add(held, maxPerContact);
    await store.settle(held, true);
  }

  #toHeld({ send, at, decision }: RerouteContext): HeldMessage | 'address_unresolved' | 'content_not_carried' {
    const { conversationId } = send;
    const question = parseSend({ ...send, conversationId: undefined } as Parameters<typeof parseSend>[0]);
    if (question.kind !== 'freeform' || typeof question.target === 'string') return 'address_unresolved';
    // A copy: the caller may reuse the object for the next customer's message.
    const [message, recipient] = [jsonCopy(send.message), jsonCopy(recipientOf(send))];
    if (!isObject(message) || !isObject(recipient)) return 'content_not_carried';
    const given = own(message, 'reference');
    const isUsable = typeof given === 'string' && given !== '' && given.length <= MAX_REFERENCE_LENGTH;
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
