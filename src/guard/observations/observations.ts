import { readRefusal } from '../../bird/refusal-codes.js';
import { requireBoolean, requireObject } from '../../core/argument-checks.js';
import { addressOfId } from '../../core/contact-address.js';
import { toInstant } from '../../core/instant.js';
import { together } from '../../core/promise-like.js';
import { INBOUND_SKEW_MS, type WindowEvidence } from '../../core/service-window.js';
import type { Instant } from '../../core/types.js';
import type { ReplyEvent } from '../../held/options.js';
import type { ContactLinks } from '../../lookup/contact-links.js';
import type { ChannelRef, Store, WindowKey } from '../../ports.js';
import type { LogOnce } from '../notices/log-once.js';
import {
  type ForgetTarget,
  identifierOf,
  type ObservedContact,
  type ObservedInbound,
  type ObservedOptOut,
  type ObservedRefusal,
  type ObservedSent,
  type ReadContact,
  readContact,
  readId,
  replyOf,
} from './observed.js';
import { tellUnheard } from './unheard-code.js';

export interface ObservationsParts {
  readonly logOnce: LogOnce;
  readonly store: Store;
  readonly links: ContactLinks;
  /** The time as the provider of a workspace has it, epoch ms. */
  readonly now: (workspaceId: string) => number;
  /** Called with each window that an observation may have opened, after it was stored. */
  readonly onWindowMayOpen?: ((key: WindowKey, reply: ReplyEvent | undefined) => void) | undefined;
  /** Called with the windows of which something was observed, after it was stored. */
  readonly onChange?: ((observed: ReadContact) => void) | undefined;
}

/** What was observed of a contact: of its address, and of its id. */
interface FoundEvidence {
  readonly evidence: WindowEvidence;
  readonly ofId: WindowEvidence;
}

/** Turns what the caller has seen into evidence. Settled at once with a store that is. */
export class Observations {
  readonly #parts: ObservationsParts;

  constructor(parts: ObservationsParts) {
    this.#parts = parts;
  }

  /**
   * A customer's message that the caller reports. No skew of clocks explains more than 5 minutes ahead: that opens
   * nothing, and Bird is asked.
   */
  inbound(inbound: ObservedInbound): void | Promise<void> {
    const { ref } = readContact(inbound, 'observeInbound');
    return this.#isFarAhead(ref, inbound.at) ? this.doubt(inbound, replyOf(inbound)) : this.signedInbound(inbound);
  }

  /**
   * A customer's message of a signed event, which has certainly been written by now.
   *
   * @param unsureMs how much earlier than `at` the customer may have written; the window is counted from there
   */
  signedInbound(inbound: ObservedInbound, unsureMs = 0): void | Promise<void> {
    const observed = this.#link(readContact(inbound, 'observeInbound'));
    const { ref, byAddress, byId } = observed;
    const at = this.#readPast(ref, inbound.at, 'observeInbound: at');
    if (byId === undefined && byAddress !== undefined) this.#noteLone(byAddress, inbound.identifierKey, at);
    // The quota is counted from the later of the two: what was sent before it must not be held against this message.
    const evidence = unsureMs > 0 ? { lastInboundAt: at - unsureMs, contactWroteAt: at } : { lastInboundAt: at };
    // A contact's second number must not open the first one's window: the id alone learns that somebody wrote.
    const ofId = byAddress === undefined ? evidence : { contactWroteAt: at };
    return this.#mergeAndWake(observed, { evidence, ofId }, replyOf(inbound));
  }

  refusal(refusal: ObservedRefusal): void | Promise<void> {
    const observed = this.#link(readContact(refusal, 'observeRefusal'));
    const { ref } = observed;
    const sentAt = this.#readPast(ref, refusal.sentAt, 'observeRefusal: sentAt');
    switch (readRefusal(refusal.code)) {
      case 'window_closed':
        return this.#mergeBoth(observed, { refusedAt: sentAt });
      case 'quota_spent':
        return this.#mergeBoth(observed, { quotaSpentAt: sentAt });
      case 'doubtful':
        return this.doubt(refusal);
      case undefined:
        return tellUnheard(refusal.code, this.#parts.logOnce);
    }
  }

  /**
   * A message of the business that its platform counts. One that is lost does not count, whenever that becomes known.
   */
  sent({ messageId, sentAt, isLost, ...contact }: ObservedSent): void | Promise<void> {
    const observed = this.#link(readContact(contact, 'sent'));
    const at = this.#readPast(observed.ref, sentAt, 'sent: sentAt');
    const message = isLost ? { id: messageId, at, isLost } : { id: messageId, at };
    return this.#mergeBoth(observed, { sent: [message] });
  }

  optOut(optOut: ObservedOptOut): void | Promise<void> {
    const observed = this.#link(readContact(optOut, 'observeOptOut'));
    const at = this.#readPast(observed.ref, optOut.at, 'observeOptOut: at');
    requireBoolean(optOut.optedOut, 'observeOptOut: optedOut');
    return this.#mergeBoth(observed, optOut.optedOut ? { optedOutAt: at } : { optedInAt: at });
  }

  /** The address has changed hands: nothing from before opens its window any more. */
  numberChange({ at, ...contact }: ObservedInbound): void | Promise<void> {
    const observed = readContact(contact, 'numberChange');
    this.#parts.links.drop(observed.ref, observed.contactId, observed.byAddress?.address);
    return this.#mergeBoth(observed, { refusedAt: this.#readPast(observed.ref, at, 'numberChange: at') });
  }

  /**
   * Something happened that nobody understands: Bird is asked again. What is known stays, and counts beside its answer.
   */
  doubt(contact: ObservedContact, reply?: ReplyEvent): void | Promise<void> {
    const observed = this.#link(readContact(contact, 'doubt'));
    const evidence = { doubtedAt: this.#parts.now(observed.ref.workspaceId) };
    return this.#mergeAndWake(observed, { evidence, ofId: evidence }, reply);
  }

  /** Something came of which it is not known whether it opens a window. What is known stays as it is. */
  wake(contact: ObservedContact & Pick<ObservedInbound, 'text'>): void {
    const observed = readContact(contact, 'wake');
    this.#parts.onChange?.(observed);
    this.#wake(observed, replyOf(contact));
  }

  forget(target: ForgetTarget): void | Promise<void> {
    requireObject(target, 'forget: the target', '{ workspaceId, channelId?, contactId?, address? }');
    const workspaceId = readId(target.workspaceId, 'forget', 'workspaceId');
    const { links, store } = this.#parts;
    if (target.address === undefined && target.contactId === undefined) {
      const channelId = target.channelId === undefined ? undefined : readId(target.channelId, 'forget', 'channelId');
      links.forget({ workspaceId, channelId });
      return store.forget({ workspaceId, channelId });
    }
    const channelId = readId(target.channelId, 'forget', 'channelId');
    const observed = readContact({ ...target, channelId }, 'forget');
    const { ref, contactId, byAddress, byId } = observed;
    links.drop(ref, contactId, byAddress?.address);
    if (byAddress !== undefined) links.dropLone(ref, byAddress.address);
    return this.#then(observed, together([byAddress && store.forget(byAddress), byId && store.forget(byId)]));
  }

  /** An id and an address that were observed together name one window: an observation of one concerns the other too. */
  #link(observed: ReadContact): ReadContact {
    const { ref, contactId, byAddress } = observed;
    const { links } = this.#parts;
    if (contactId !== undefined && byAddress !== undefined) {
      links.note(ref, contactId, byAddress.address);
      return observed;
    }
    const other =
      contactId === undefined ? links.contactOf(ref, byAddress?.address ?? '') : links.addressOf(ref, contactId);
    if (other === undefined || other === 'several') return observed;
    return contactId === undefined
      ? { ...observed, byId: { ...ref, address: addressOfId(other) } }
      : { ...observed, byAddress: { ...ref, address: other } };
  }

  /** A reply may name the contact by id alone, before Bird shows this message. */
  #noteLone({ address, ...ref }: WindowKey, identifierKey: string | undefined, at: number): void {
    const identifier = identifierOf({ ...ref, address, identifierKey });
    this.#parts.links.noteLone(ref, { address, at, identifier });
  }

  #mergeBoth(observed: ReadContact, evidence: WindowEvidence): void | Promise<void> {
    return this.#merge(observed, { evidence, ofId: evidence });
  }

  #merge(observed: ReadContact, { evidence, ofId }: FoundEvidence): void | Promise<void> {
    const { store } = this.#parts;
    const { byAddress, byId } = observed;
    const merged = together([byAddress && store.merge(byAddress, evidence), byId && store.merge(byId, ofId)]);
    return this.#then(observed, merged);
  }

  #then(observed: ReadContact, stored: void | Promise<void>): void | Promise<void> {
    if (stored instanceof Promise) return stored.then(() => this.#parts.onChange?.(observed));
    this.#parts.onChange?.(observed);
  }

  #mergeAndWake(observed: ReadContact, found: FoundEvidence, reply: ReplyEvent | undefined): void | Promise<void> {
    const merged = this.#merge(observed, found);
    if (merged instanceof Promise) return merged.then(() => this.#wake(observed, reply));
    this.#wake(observed, reply);
  }

  #wake({ byAddress, byId }: ReadContact, reply: ReplyEvent | undefined): void {
    const { onWindowMayOpen } = this.#parts;
    if (byAddress !== undefined) onWindowMayOpen?.(byAddress, reply);
    if (byId !== undefined) onWindowMayOpen?.(byId, reply);
  }

  #isFarAhead({ workspaceId }: ChannelRef, instant: Instant): boolean {
    const at = toInstant(instant);
    return at !== undefined && at > this.#parts.now(workspaceId) + INBOUND_SKEW_MS;
  }

  /**
   * Clocks differ: what seems to come from the future counts as now, lest it hide what is older and right. As now by
   * the provider's clock: by a local one that is late, an old message reported again would seem newer than a refusal.
   */
  #readPast({ workspaceId }: ChannelRef, instant: Instant, name: string): number {
    const at = toInstant(instant);
    if (at === undefined) throw new TypeError(`${name} must be an instant: RFC 3339 with offset, epoch ms or a Date`);
    return Math.min(at, this.#parts.now(workspaceId));
  }
}
