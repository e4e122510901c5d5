import type { ContactIdentifier } from '../core/reroute/policy.js';
import { LookupError } from '../errors.js';
import type { IdentifierRef, Lookup, ReadLimits } from '../ports.js';
import { CoalescedReads } from './coalesced-reads.js';
import type { ContactIdCache } from './contact-id-cache.js';
import { nameOfShared } from './patience.js';

/** A contact as a send names it. */
export interface NamedContact {
  readonly workspaceId: string;
  readonly contactId?: string | undefined;
  readonly identifier?: IdentifierRef | undefined;
}

export interface ContactIdentifiersParts {
  readonly lookup: Lookup;
  readonly contactIds: ContactIdCache;
}

/** How one workspace's contacts can be reached. A coalesced read each time, since people get new numbers. */
export class ContactIdentifiers {
  readonly #parts: ContactIdentifiersParts;
  readonly #reads = new CoalescedReads<readonly ContactIdentifier[]>();

  constructor(parts: ContactIdentifiersParts) {
    this.#parts = parts;
  }

  /** @throws {LookupError} `address_unresolved` where the send names no contact that can be looked up */
  async find(
    { workspaceId, contactId, identifier }: NamedContact,
    limits: ReadLimits,
  ): Promise<readonly ContactIdentifier[]> {
    const { lookup, contactIds } = this.#parts;
    const id = contactId ?? (identifier && (await contactIds.find(identifier, limits)));
    if (id === undefined)
      throw new LookupError('address_unresolved', 'The send names no contact that can be looked up');
    return this.#reads.read(
      nameOfShared(id, limits),
      () => lookup.identifiers({ workspaceId, contactId: id }, limits),
      () => true,
    );
  }
}
