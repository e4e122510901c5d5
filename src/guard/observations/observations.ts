import { knownRefusalCodes, readRefusal } from '../../bird/refusal-codes.js';
import { guessKey } from '../../bird/send/address.js';
import { requireObject } from '../../core/argument-checks.js';
import { addressOfId } from '../../core/contact-address.js';
import { toInstant } from '../../core/instant.js';
import { typeName } from '../../core/option-checks.js';
import { INBOUND_SKEW_MS, type WindowEvidence } from '../../core/service-window.js';
import type { Instant } from '../../core/types.js';
import type { ReplyEvent } from '../../held/options.js';
import type { ContactLinks } from '../../lookup/contact-links.js';
import type { ChannelRef, Store, WindowKey } from '../../ports.js';
import type { LogOnce } from '../notices/log-once.js';
import { type ObservedContact, type ReadContact, readContact, readId } from './observed-contact.js';

/** A customer's message that your application has seen. */
export interface ObservedInbound extends ObservedContact {
  /**
   * When the customer wrote, by the platform's clock. Up to 5 minutes ahead counts as now; anything later opens
   * nothing.
   */
  readonly at: Instant;
  /** The message's id, for your logs. Reporting the same message twice changes nothing. */
  readonly messageId?: string | undefined;
  /** What the customer wrote, for `holdUntilReply`: an opt-out word alone releases nothing. It is not kept. */
  readonly text?: string | undefined;
}

/** A message that the provider refused as too late. */
export interface ObservedRefusal extends ObservedContact {
  /** When the refused message was sent. */
  readonly sentAt: Instant;
  /**
   * The provider's code, with its subcode or its words where there are any: `131047`, `10/2018278`. A code that does
   * not concern the window changes nothing, and the first such code is logged. After a code that may concern the
   * window, Bird is asked again.
   */
  readonly code: string | number;
}

/** A message that was sent, or that turned out not to have been. */
export interface ObservedSent extends ObservedContact {
  readonly messageId: string;
  readonly sentAt: Instant;
  readonly isLost: boolean;
}

/** What to forget: one window; without contact and address, a channel; without a channel, a workspace. */
export interface ForgetTarget extends Omit<ObservedContact, 'channelId'> {
  /** The channel whose windows are forgotten. Default: all channels of the workspace. */
  readonly channelId?: string | undefined;
}

export interface ObservationsParts {
  readonly logOnce: LogOnce;
  readonly store: Store;
  readonly links: ContactLinks;
  /** The time as the provider of a workspace has it, epoch ms. */
  readonly now: (workspaceId: string) => number;
  /** Called, after what was told is kept, with each window that it may have opened. */
  readonly onWindowMayOpen?: ((key: WindowKey, reply: ReplyEvent | undefined) => void) | undefined;
}

/** Turns what the caller has seen into evidence. Settled at once with a store that is. */
export class Observations {
  readonly #parts: ObservationsParts;

  constructor(parts: ObservationsParts) {
    this.#parts = parts;
  }

  /** What the caller tells. No skew of clocks explains more than 5 minutes ahead: that opens nothing, and Bird is asked. */
  inbound(inbound: ObservedInbound): void | Promise<void> {
    const { ref } = readContact(inbound, 'observeInbound');
    return this.#isFarAhead(ref, inbound.at) ? this.doubt(inbound, replyOf(inbound)) : this.signedInbound(inbound);
  }

  /**
   * What a signed event tells, whose message has certainly been written by now.
   *
   * @param unsureMs how much earlier than `at` the customer may have written; the window is counted from there
   */
  signedInbound(inbound: ObservedInbound, unsureMs = 0): void | Promise<void> {
    const { ref, byAddress, byId } = this.#link(readContact(inbound, 'observeInbound'));
    const at = this.#readPast(ref, inbound.at, 'observeInbound: at');
    if (byId === undefined && byAddress !== undefined) this.#noteLone(ref, { ...inbound, address: byAddress }, at);
    // The quota is counted from the later of the two: what was sent before it must not be held against this message.
    const evidence = unsureMs > 0 ? { lastInboundAt: at - unsureMs, contactWroteAt: at } : { lastInboundAt: at };
    // A contact's second number must not open the first one's window: the id alone learns that somebody wrote.
    const ofId = byAddress === undefined ? evidence : { contactWroteAt: at };
    const told = [
      { address: byAddress, evidence },
      { address: byId, evidence: ofId },
    ];
    return this.#then(this.#merge(ref, told), ref, told, replyOf(inbound));
  }

  refusal(refusal: ObservedRefusal): void | Promise<void> {
    const told = this.#link(readContact(refusal, 'observeRefusal'));
    const { ref } = told;
    const sentAt = this.#readPast(ref, refusal.sentAt, 'observeRefusal: sentAt');
    switch (readRefusal(refusal.code)) {
      case 'window_closed':
        return this.#mergeBoth(told, { refusedAt: sentAt });
      case 'quota_spent':
        return this.#mergeBoth(told, { quotaSpentAt: sentAt });
      case 'doubtful':
        return this.doubt(refusal);
      case undefined:
        return this.#tellUnheard(refusal.code);
    }
  }

  /** The code itself is not shown: words of the provider's may stand in its place. */
  #tellUnheard(code: unknown): void {
    const isMissing = !(typeof code === 'number' || (typeof code === 'string' && code.trim() !== ''));
    const problem = isMissing
      ? `must be the provider's code, a string or a number; received ${code === '' ? 'an empty string' : typeName(code)}`
      : 'is none that speaks of the window';
    const text = `observeRefusal: code ${problem}, so nothing changes; known are ${knownRefusalCodes}`;
    this.#parts.logOnce.warn('refusal', isMissing ? 'missing' : 'unknown', { field: 'code' }, text);
  }

  /** A message of the business that its platform counts. One that is lost, whenever that is told, does not count. */
  sent({ messageId, sentAt, isLost, ...contact }: ObservedSent): void | Promise<void> {
    const told = this.#link(readContact(contact, 'sent'));
    const at = this.#readPast(told.ref, sentAt, 'sent: sentAt');
    const message = isLost ? { id: messageId, at, isLost } : { id: messageId, at };
    return this.#mergeBoth(told, { sent: [message] });
  }

  /** The address has changed hands: nothing from before opens its window any more. */
  numberChange({ at, ...contact }: ObservedInbound): void | Promise<void> {
    const told = readContact(contact, 'numberChange');
    this.#parts.links.drop(told.ref, told.contactId, told.byAddress);
    return this.#mergeBoth(told, { refusedAt: this.#readPast(told.ref, at, 'numberChange: at') });
  }

  /** Something happened that nobody understands: Bird is asked again. What is known stays, and counts beside its word. */
  doubt(contact: ObservedContact, reply?: ReplyEvent): void | Promise<void> {
    const told = this.#link(readContact(contact, 'doubt'));
    const { ref, byAddress, byId } = told;
    const merged = this.#mergeBoth(told, { doubtedAt: this.#parts.now(ref.workspaceId) });
    return this.#then(merged, ref, [{ address: byAddress }, { address: byId }], reply);
  }

  /** Something came of which it is not known whether it opens a window. What is known stays as it is. */
  wake(contact: ObservedContact & Pick<ObservedInbound, 'text'>): void {
    const { ref, byAddress, byId } = readContact(contact, 'wake');
    this.#wake(ref, [{ address: byAddress }, { address: byId }], replyOf(contact));
  }

  forget(target: ForgetTarget): void | Promise<void> {
    requireObject(target, 'forget: the target', '{ workspaceId, channelId?, contactId?, address? }');
    const workspaceId = readId(target.workspaceId, 'forget: workspaceId');
    const channelId = target.channelId === undefined ? undefined : readId(target.channelId, 'forget: channelId');
    if (target.address === undefined && target.contactId === undefined) {
      return this.#parts.store.forget({ workspaceId, channelId });
    }
    const { ref, byAddress, byId } = readContact({ ...target, channelId: target.channelId ?? '' }, 'forget');
    this.#parts.links.drop(ref, target.contactId?.toLowerCase(), byAddress);
    return all([byAddress, byId].map((address) => address && this.#parts.store.forget({ ...ref, address })));
  }

  /** An id and an address that were told together name one window: where one of them is told, the other is meant as well. */
  #link(told: ReadContact): ReadContact {
    const { ref, contactId, byAddress } = told;
    const { links } = this.#parts;
    if (contactId !== undefined && byAddress !== undefined) {
      links.note(ref, contactId, byAddress);
      return told;
    }
    const other = contactId === undefined ? links.contactOf(ref, byAddress ?? '') : links.addressOf(ref, contactId);
    if (other === undefined || other === 'several') return told;
    return contactId === undefined ? { ...told, byId: addressOfId(other) } : { ...told, byAddress: other };
  }

  /** A reply may name the contact by id alone, before Bird shows this message. */
  #noteLone(ref: ChannelRef, { address = '', identifierKey }: ObservedInbound, at: number): void {
    const key = identifierKey ?? guessKey(address);
    const identifier = key === undefined ? undefined : { workspaceId: ref.workspaceId, key, value: address };
    this.#parts.links.noteLone(ref, { address, at, identifier });
  }

  #mergeBoth({ ref, byAddress, byId }: ReadContact, evidence: WindowEvidence): void | Promise<void> {
    return this.#merge(ref, [
      { address: byAddress, evidence },
      { address: byId, evidence },
    ]);
  }

  #merge(
    ref: ChannelRef,
    told: readonly { address: string | undefined; evidence: WindowEvidence }[],
  ): void | Promise<void> {
    return all(told.map(({ address, evidence }) => address && this.#parts.store.merge({ ...ref, address }, evidence)));
  }

  #then(
    merged: void | Promise<void>,
    ref: ChannelRef,
    told: readonly { readonly address: string | undefined }[],
    reply?: ReplyEvent,
  ): void | Promise<void> {
    if (merged instanceof Promise) return merged.then(() => this.#wake(ref, told, reply));
    this.#wake(ref, told, reply);
  }

  #wake(ref: ChannelRef, told: readonly { readonly address: string | undefined }[], reply?: ReplyEvent): void {
    for (const { address } of told)
      if (address !== undefined) this.#parts.onWindowMayOpen?.({ ...ref, address }, reply);
  }

  #isFarAhead({ workspaceId }: ChannelRef, instant: Instant): boolean {
    const at = toInstant(instant);
    return at !== undefined && at > this.#parts.now(workspaceId) + INBOUND_SKEW_MS;
  }

  /**
   * Clocks differ: what seems to come from the future counts as now, lest it hide what is older and right. As now by
   * the provider's clock: by a local one that is late, an old message told again would seem newer than a refusal.
   */
  #readPast({ workspaceId }: ChannelRef, instant: Instant, name: string): number {
    const at = toInstant(instant);
    if (at === undefined) throw new TypeError(`${name} must be an instant: RFC 3339 with offset, epoch ms or a Date`);
    return Math.min(at, this.#parts.now(workspaceId));
  }
}

function replyOf({ workspaceId, channelId, contactId, address, text }: Omit<ObservedInbound, 'at'>): ReplyEvent {
  return { workspaceId, channelId, contactId, address, text: typeof text === 'string' ? text : undefined };
}

/** One promise for those among the results that are promises; nothing where none is. */
function all(results: readonly unknown[]): void | Promise<void> {
  const pending = results.filter((result) => result instanceof Promise);
  return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
}
