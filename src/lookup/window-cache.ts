import { addressOfId, windowName } from '../core/contact-address.js';
import { isDoubted, isFarDate, latest, noEvidence, type WindowEvidence } from '../core/service-window.js';
import type { ContactInput } from '../core/types.js';
import { LookupError } from '../errors.js';
import type {
  Cache,
  Clock,
  IdentifierRef,
  Lookup,
  ReadLimits,
  ReadWaiters,
  Store,
  WindowFacts,
  WindowKey,
  WindowTarget,
} from '../ports.js';
import { CoalescedReads } from './coalesced-reads.js';
import type { ContactIdCache } from './contact-id-cache.js';
import type { ContactLinks } from './contact-links.js';
import { OtherIdentities } from './other-identities.js';
import { limitsOf, nameOfShared, type Patience } from './patience.js';
import { contactOf, dateOf, elsewhere, joined, mayOpen, opensFor, saysOpen, withObjections } from './remembered.js';

/** `isPermanentSession` can end, so it is trusted for an hour and then read again. */
const PERMANENT_TRUST_MS = 3_600_000;
const NOT_FOUND_APART_MS = 1_000;
const NOT_FOUND_KEPT_MS = 10 * 60_000;

/** The core's input after a read, and what lies outside the core's rules. */
export interface WindowAnswer extends ContactInput {
  /** The evidence is in doubt, and Bird does not say open: no evidence may open the window. */
  readonly isInDoubt: boolean;
  /** When the contact was seen to write from an address that may or may not be this one, epoch ms. */
  readonly contactWroteAt?: number | undefined;
}

export interface WindowReadOptions {
  readonly patience: Patience;
  /** Longest time in ms for which an open window is remembered, whatever the provider says. */
  readonly trustMs: number;
  /** Length of the platform's window, in ms; 0: not known. */
  readonly windowMs: number;
  /** Whether `isPermanentSession` opens a window. */
  readonly trustsPermanentSession: boolean;
  /** Two not-founds at least a second apart count as a closed window. */
  readonly notFoundIsClosed: boolean;
}

export interface WindowCacheParts {
  readonly lookup: Lookup;
  readonly contactIds: ContactIdCache;
  readonly links: ContactLinks;
  /** Another number under which the same phone may be known. */
  readonly otherSpelling: (address: string) => string | undefined;
  readonly store: Store;
  readonly missingContacts: Cache<{ readonly at: number }>;
  readonly clock: Clock;
  /** The time as the provider has it, epoch ms. */
  readonly now: () => number;
}

/** One workspace's windows. Open windows are cached, closed ones never are, and reads are coalesced. */
export class WindowCache {
  readonly #parts: WindowCacheParts;
  readonly #reads = new CoalescedReads<WindowAnswer>();
  readonly #others: OtherIdentities;

  constructor(parts: WindowCacheParts) {
    this.#parts = parts;
    this.#others = new OtherIdentities(parts);
  }

  /** The evidence about a window; a promise only if the store needs I/O for it. */
  recall(key: WindowKey): WindowEvidence | undefined | Promise<WindowEvidence | undefined> {
    return this.#parts.store.get(key);
  }

  /**
   * The evidence about a send's window. A refusal known by the contact's id alone may concern this address, so it
   * counts here too. It costs a read at most, and denies nothing. Who has opted out has done so under each name.
   */
  recallFor(target: WindowTarget): ReturnType<WindowCache['recall']> {
    const { key, contactId, sentTo } = target;
    const known = this.#recallOwn(target);
    if (contactId === undefined || sentTo === undefined) return known;
    const byId = this.recall({ ...key, address: addressOfId(contactId) });
    if (known instanceof Promise || byId instanceof Promise) return Promise.all([known, byId]).then(withObjections);
    return withObjections([known, byId]);
  }

  /** The evidence about the window itself. A send by id alone goes to the one address that was observed with the id. */
  #recallOwn({ key, contactId, sentTo }: WindowTarget): ReturnType<WindowCache['recall']> {
    const known = this.recall(key);
    if (contactId === undefined || sentTo !== undefined) return known;
    const address = this.#parts.links.addressOf(key, contactId);
    if (address === undefined || address === 'several') return known;
    const linked = this.recall({ ...key, address });
    if (known instanceof Promise || linked instanceof Promise) return Promise.all([known, linked]).then(joined);
    return joined([known, linked]);
  }

  /** Whether a read that somebody waits for is running for the same window. */
  isBeingRead(target: WindowTarget): boolean {
    return this.#reads.isRunning(nameOfRead(target));
  }

  /**
   * Reads from the provider and merges the answer with the evidence. Concurrent reads are coalesced.
   *
   * @param accepts whether the answer of a read that was already running will do; only one that opens the window may
   * @throws {LookupError}
   */
  read(
    target: WindowTarget,
    options: WindowReadOptions,
    accepts: (contact: WindowAnswer) => boolean,
  ): Promise<WindowAnswer> {
    const start = (waiters: ReadWaiters): Promise<WindowAnswer> => this.#ask(target, options, waiters);
    const limits = limitsOf(options.patience, this.#parts.clock.now());
    return this.#reads.read(nameOfShared(nameOfRead(target), limits), start, accepts);
  }

  async #ask(target: WindowTarget, options: WindowReadOptions, waiters: ReadWaiters): Promise<WindowAnswer> {
    const { store, clock, now } = this.#parts;
    const startedAt = clock.now();
    const limits = limitsOf(options.patience, startedAt);
    const facts = await this.#askOrMiss(target, options, { ...limits, waiters });
    // By the provider's clock, as this answer has just set it: the evidence is compared with that clock later.
    const askedAt = startedAt + now() - clock.now();
    // Not awaited: the answer is here, and a store may be slow.
    this.#remember(target, facts, askedAt, options);
    const isOpen = saysOpen(facts, now());
    let known = (await this.#recallOwn(target)) ?? noEvidence;
    let wroteAt: number | undefined;
    if (!opensFor(facts, known, now(), options)) {
      // Without the waiters: who joins from here on came after this window was read.
      wroteAt = await this.#others.wroteAt(target, facts.contactId, { limits, now });
      // Once more, so that evidence which arrived during the other reads counts as well.
      known = (await this.#recallOwn(target)) ?? noEvidence;
    }
    const isInDoubt = isDoubted(known) && !isOpen && mayOpen(known, now(), options.trustMs);
    if (isDoubted(known) && !isInDoubt) void store.merge(target.key, { readAt: askedAt });
    const reader = { windowMs: options.windowMs, contactId: target.contactId };
    return {
      ...contactOf(known, now(), reader),
      serviceWindowExpireAt: dateOf(facts, known, askedAt, reader),
      isPermanentSession: facts.isPermanentSession,
      contactWroteAt: elsewhere(wroteAt, known),
      isInDoubt,
    };
  }

  async #askOrMiss(target: WindowTarget, options: WindowReadOptions, limits: ReadLimits): Promise<ReadFacts> {
    const askedAt = this.#parts.clock.now();
    try {
      const contactId = target.contactId ?? (await this.#findContact(target.identifier, limits));
      const facts = await this.#parts.lookup.window({ ...target.key, contactId, address: target.sentTo }, limits);
      this.#parts.missingContacts.delete(windowName(target.key, target.key.address));
      return { ...facts, contactId };
    } catch (error) {
      if (!(error instanceof LookupError) || error.code !== 'contact_not_found') throw error;
      if (target.identifier !== undefined) this.#parts.contactIds.drop(target.identifier);
      const isMissing = this.#isMissingTwice(windowName(target.key, target.key.address), askedAt);
      if (!isMissing || !options.notFoundIsClosed) throw error;
      return { serviceWindowExpireAt: null, isPermanentSession: false };
    }
  }

  #findContact(identifier: IdentifierRef | undefined, limits: ReadLimits): Promise<string> {
    if (identifier === undefined) {
      return Promise.reject(new LookupError('address_unresolved', 'The send names no contact that can be looked up'));
    }
    return this.#parts.contactIds.find(identifier, limits);
  }

  #remember(target: WindowTarget, facts: WindowFacts, askedAt: number, { trustMs, windowMs }: WindowReadOptions): void {
    const expiresAt = facts.serviceWindowExpireAt ?? undefined;
    const trustedUntil = expiresAt === undefined ? undefined : Math.min(expiresAt, askedAt + trustMs);
    const evidence = {
      // Cut off at one window, a far date would look like a message of now, and no refusal would refute it.
      [isFarDate(expiresAt, windowMs, askedAt) ? 'farUntil' : 'expiresAt']: trustedUntil,
      permanentUntil: facts.isPermanentSession ? askedAt + PERMANENT_TRUST_MS : undefined,
      readFor: this.#unconfirmedContact(target),
    };
    const openUntil = latest(trustedUntil, evidence.permanentUntil);
    if (openUntil !== undefined && openUntil > askedAt) void this.#parts.store.merge(target.key, evidence);
  }

  /**
   * The contact's id, if only the caller says that it belongs to this address. Bird's answer for a pair that does not
   * belong together must not open the window for others.
   */
  #unconfirmedContact({ key, contactId, sentTo }: WindowTarget): string | undefined {
    if (contactId === undefined || sentTo === undefined) return undefined;
    return this.#parts.links.contactOf(key, sentTo) === contactId ? undefined : contactId;
  }

  /** A window needs an inbound, and an inbound creates the contact; but creation may lag, and merges delete ids. */
  #isMissingTwice(name: string, askedAt: number): boolean {
    const missing = this.#parts.missingContacts.get(name);
    if (missing !== undefined && askedAt - missing.at < NOT_FOUND_KEPT_MS) {
      return askedAt - missing.at >= NOT_FOUND_APART_MS;
    }
    this.#parts.missingContacts.set(name, { at: this.#parts.clock.now() });
    return false;
  }
}

/** A contact named by another id, or by another kind of identifier, may be another person. */
function nameOfRead({ key, contactId = '', identifier }: WindowTarget): string {
  const by = contactId || (identifier?.key ?? '');
  return [key.channelId, by.length, by, key.address].join(' ');
}

interface ReadFacts extends WindowFacts {
  readonly contactId?: string;
}
