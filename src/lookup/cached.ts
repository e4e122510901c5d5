import {
  isDoubted,
  isFarDate,
  latest,
  mergeEvidence,
  messagesSinceInbound,
  type WindowEvidence,
} from '../core/service-window.js';
import type { ContactInput } from '../core/types.js';
import { LookupError } from '../errors.js';
import type {
  Cache,
  Clock,
  IdentifierRef,
  Lookup,
  ReadCompany,
  ReadLimits,
  Store,
  WindowFacts,
  WindowKey,
} from '../ports.js';
import type { ContactIds } from './contact-ids.js';
import { SharedReads } from './shared-reads.js';

/** `isPermanentSession` can end, so it is believed for an hour and then asked again. */
const PERMANENT_TRUST_MS = 3_600_000;
const NOT_FOUND_APART_MS = 1_000;
const NOT_FOUND_KEPT_MS = 10 * 60_000;

/** Whose window is asked for, and how the contact is found where its id is not known. */
export interface WindowTarget {
  readonly key: WindowKey;
  readonly contactId?: string | undefined;
  readonly identifier?: IdentifierRef | undefined;
  /** What the message is sent to; absent when the send names the contact by its id alone. */
  readonly sentTo?: string | undefined;
}

/** The core's input after a read, with what the core does not judge. */
export interface WindowAnswer extends ContactInput {
  /** When the contact was seen to write from an address that may or may not be this one, epoch ms. */
  readonly contactWroteAt?: number | undefined;
}

export interface WindowReadOptions {
  /** How long the read may take, in ms, from its own start. */
  readonly deadlineMs: number;
  /** Longest time in ms for which an opening is remembered, whatever the provider says. */
  readonly trustMs: number;
  /** Length of the platform's window, in ms; 0: not known. */
  readonly windowMs: number;
  /** Two not-founds at least a second apart count as a closed window. */
  readonly notFoundIsClosed: boolean;
}

export interface CachedWindowsParts {
  readonly lookup: Lookup;
  readonly contactIds: ContactIds;
  readonly store: Store;
  readonly missingContacts: Cache<{ readonly at: number }>;
  readonly clock: Clock;
  /** The time as the provider has it, epoch ms. */
  readonly now: () => number;
}

/** One workspace's windows: openings are remembered, closings never are, and reads are shared. */
export class CachedWindows {
  readonly #parts: CachedWindowsParts;
  readonly #reads = new SharedReads<WindowAnswer>();

  constructor(parts: CachedWindowsParts) {
    this.#parts = parts;
  }

  /** What is remembered of a window; a promise only where the store needs I/O for it. */
  recall(key: WindowKey): WindowEvidence | undefined | Promise<WindowEvidence | undefined> {
    return this.#parts.store.get(key);
  }

  /**
   * What is remembered of a send's window. A refusal that was told by the contact's id alone may have met this address,
   * so it counts too: that costs a read at most.
   */
  recallFor({ key, contactId, sentTo }: WindowTarget): ReturnType<CachedWindows['recall']> {
    const known = this.recall(key);
    if (contactId === undefined || sentTo === undefined || known === undefined) return known;
    const byId = this.recall({ ...key, address: addressOfId(contactId) });
    if (known instanceof Promise || byId instanceof Promise) return Promise.all([known, byId]).then(withRefusal);
    return withRefusal([known, byId]);
  }

  /**
   * Asks the provider, sharing reads, and joins its word with what is remembered.
   *
   * @param accepts whether the answer of a read that was already running will do: only one that opens the window may
   * @throws {LookupError}
   */
  read(
    target: WindowTarget,
    options: WindowReadOptions,
    accepts: (contact: WindowAnswer) => boolean,
  ): Promise<WindowAnswer> {
    const { channelId, address } = target.key;
    const start = (company: ReadCompany): Promise<WindowAnswer> => this.#ask(target, options, company);
    return this.#reads.read(`${channelId} ${address}`, start, accepts);
  }

  async #ask(target: WindowTarget, options: WindowReadOptions, company: ReadCompany): Promise<WindowAnswer> {
    const { store, clock, now } = this.#parts;
    const startedAt = clock.now();
    const limits = { giveUpAt: startedAt + options.deadlineMs, company };
    const facts = await this.#askOrMiss(target, options, limits);
    // By the provider's clock, and as its answer has just set it: what is kept is compared with that clock later.
    const askedAt = startedAt + now() - clock.now();
    // Not waited for: the answer is here, and a store may be slow.
    this.#remember(target.key, facts, askedAt, options);
    const wroteAtById = target.sentTo === undefined ? undefined : await this.#lastInboundById(target, facts);
    // Last of all: what is told while the store is asked for something else counts as well.
    const known = (await store.get(target.key)) ?? {};
    if (isDoubted(known)) void store.merge(target.key, { readAt: askedAt });
    return {
      ...contactOf(known, now(), options.windowMs),
      serviceWindowExpireAt: dateOf(facts, known, askedAt, options.windowMs),
      isPermanentSession: facts.isPermanentSession,
      contactWroteAt: target.sentTo === undefined ? known.contactWroteAt : wroteAtById,
    };
  }

  /** An inbound that was told by the contact's id alone may have come from this address. */
  async #lastInboundById({ key, contactId }: WindowTarget, facts: ReadFacts): Promise<number | undefined> {
    const id = contactId ?? facts.contactId;
    if (id === undefined) return undefined;
    return (await this.#parts.store.get({ ...key, address: addressOfId(id) }))?.lastInboundAt;
  }

  async #askOrMiss(target: WindowTarget, options: WindowReadOptions, limits: ReadLimits): Promise<ReadFacts> {
    try {
      const contactId = target.contactId ?? (await this.#findContact(target.identifier, limits));
      const facts = await this.#parts.lookup.window({ ...target.key, contactId, address: target.sentTo }, limits);
      this.#parts.missingContacts.delete(nameOf(target.key));
      return { ...facts, contactId };
    } catch (error) {
      if (!(error instanceof LookupError) || error.code !== 'contact_not_found') throw error;
      if (target.identifier !== undefined) this.#parts.contactIds.drop(target.identifier);
      const isMissing = this.#isMissingTwice(nameOf(target.key), limits.giveUpAt - options.deadlineMs);
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

  #remember(key: WindowKey, facts: WindowFacts, askedAt: number, { trustMs, windowMs }: WindowReadOptions): void {
    const said = facts.serviceWindowExpireAt ?? undefined;
    const believedUntil = said === undefined ? undefined : Math.min(said, askedAt + trustMs);
    const opening = {
      // Cut off at one window, a far date would look like a message of now, and no refusal would refute it.
      [isFarDate(said, windowMs, askedAt) ? 'farUntil' : 'expiresAt']: believedUntil,
      permanentUntil: facts.isPermanentSession ? askedAt + PERMANENT_TRUST_MS : undefined,
    };
    const opensUntil = latest(believedUntil, opening.permanentUntil);
    if (opensUntil !== undefined && opensUntil > askedAt) void this.#parts.store.merge(key, opening);
  }

  /** A window needs an inbound, and an inbound creates the contact; but creation may lag, and merges delete ids. */
  #isMissingTwice(name: string, now: number): boolean {
    const missing = this.#parts.missingContacts.get(name);
    if (missing !== undefined && now - missing.at < NOT_FOUND_KEPT_MS) return now - missing.at >= NOT_FOUND_APART_MS;
    this.#parts.missingContacts.set(name, { at: now });
    return false;
  }
}

/** A date that no message explains counts until a refusal is known, and never after one. */
function rememberedDate({ expiresAt, farUntil, refusedAt }: WindowEvidence): number | undefined {
  return refusedAt === undefined ? latest(expiresAt, farUntil) : expiresAt;
}

/** Bird's fresh word beside what is remembered. A far date that is refuted must not hide a nearer one that is not. */
function dateOf(facts: WindowFacts, known: WindowEvidence, askedAt: number, windowMs: number): number | null {
  const said = facts.serviceWindowExpireAt ?? undefined;
  const remembered = rememberedDate(known);
  if (isFarDate(said, windowMs, askedAt) && known.refusedAt !== undefined) return remembered ?? said ?? null;
  return latest(said, remembered) ?? null;
}

/** The remembered window as the core's input at an instant. What is not remembered is missing, never `null`. */
export function contactOf(evidence: WindowEvidence, at: number, windowMs: number): ContactInput {
  return {
    serviceWindowExpireAt: rememberedDate(evidence),
    isPermanentSession: evidence.permanentUntil !== undefined && at < evidence.permanentUntil,
    lastInboundAt: evidence.lastInboundAt,
    refusedAt: evidence.refusedAt,
    messagesSinceInbound: messagesSinceInbound(evidence, windowMs),
  };
}

/**
 * The address under which a window is kept whose contact is known by its id alone. No other address looks like it: they
 * are trimmed, and so none begins with a space.
 */
export function addressOfId(contactId: string): string {
  return ` id:${contactId}`;
}

/** The contact whose window is kept under an address, as an entry of a send's receiver. */
export function contactOfAddress(address: string): object {
  return address.startsWith(' id:') ? { id: address.slice(4) } : { identifierValue: address };
}

function withRefusal([known, byId]: readonly (WindowEvidence | undefined)[]): WindowEvidence | undefined {
  if (known === undefined || (byId?.refusedAt === undefined && byId?.quotaSpentAt === undefined)) return known;
  return mergeEvidence(known, { refusedAt: byId.refusedAt, quotaSpentAt: byId.quotaSpentAt });
}

interface ReadFacts extends WindowFacts {
  readonly contactId?: string;
}

function nameOf({ channelId, address }: WindowKey): string {
  return `${channelId} ${address}`;
}
