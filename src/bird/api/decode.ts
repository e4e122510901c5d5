import { capabilityEnd } from '../../core/channel-availability.js';
import { toInstant } from '../../core/instant.js';
import { own } from '../../core/own.js';
import type { ContactIdentifier } from '../../core/reroute/policy.js';
import { toId } from '../../core/uuid.js';
import { LookupError } from '../../errors.js';
import type { ChannelFacts, ConversationFacts, WindowFacts } from '../../ports.js';

/**
 * Decodes Bird's channel. Of the capabilities only what the core reads is kept, with `expiresAt` as epoch ms, so that
 * no date is parsed on the hit path.
 *
 * @throws {LookupError} `malformed_answer`
 */
export function decodeChannel(answer: unknown, channelId: string): ChannelFacts {
  const id = own(answer, 'id');
  if (id !== undefined && toId(id) !== channelId) throw malformed('another channel');
  const platformId = own(answer, 'platformId');
  if (typeof platformId !== 'string' || platformId === '') throw malformed('platformId');
  const status = own(answer, 'status');
  if (status !== undefined && typeof status !== 'string') throw malformed('status');
  const messaging = own(own(own(answer, 'capabilities'), 'messaging'), 'messaging');
  const outgoing = own(messaging, 'outgoing');
  return {
    platformId,
    status,
    capabilities: messaging && {
      messaging: { messaging: { ...decodeCapability(messaging), outgoing: outgoing && decodeCapability(outgoing) } },
    },
  };
}

function decodeCapability(capability: unknown): object {
  const expiresAt = own(capability, 'expiresAt');
  // Only a string, as for the window: a number may be seconds, or a zero that means none.
  return {
    status: own(capability, 'status'),
    expiresAt: typeof expiresAt === 'string' ? capabilityEnd(expiresAt) : undefined,
  };
}

/**
 * Decodes Bird's channel-contact object. A missing `serviceWindowExpireAt` is malformed, since it may be another
 * resource or another schema. It is never "closed".
 *
 * @throws {LookupError} `malformed_answer`
 */
export function decodeWindow(answer: unknown): WindowFacts {
  const expiry = own(answer, 'serviceWindowExpireAt');
  // Only a string: a number may be seconds, and Bird's schema has none.
  const serviceWindowExpireAt = expiry === null ? null : typeof expiry === 'string' ? toInstant(expiry) : undefined;
  if (serviceWindowExpireAt === undefined) throw malformed('serviceWindowExpireAt');
  const isPermanentSession = own(answer, 'isPermanentSession') ?? false;
  if (typeof isPermanentSession !== 'boolean') throw malformed('isPermanentSession');
  return { serviceWindowExpireAt, isPermanentSession };
}

/**
 * Decodes a search: the id of the first contact found.
 *
 * @throws {LookupError} `contact_not_found` for an empty list, `malformed_answer`
 */
export function decodeContactSearch(answer: unknown): string {
  const results = own(answer, 'results');
  if (!Array.isArray(results)) throw malformed('results');
  if (results.length === 0) throw new LookupError('contact_not_found', 'No contact has this identifier');
  const id = toId(own(results[0], 'id'));
  if (id === undefined) throw malformed('results[0].id');
  return id;
}

/**
 * Decodes the identifiers by which Bird can reach a contact.
 *
 * @throws {LookupError} `malformed_answer`
 */
export function decodeIdentifiers(answer: unknown): readonly ContactIdentifier[] {
  const results = own(answer, 'results');
  if (!Array.isArray(results)) throw malformed('results');
  return results.map((entry) => {
    const key = own(entry, 'key');
    const value = own(entry, 'value');
    if (typeof key !== 'string' || typeof value !== 'string') throw malformed('results[].key');
    return { key, value };
  });
}

/**
 * Decodes Bird's conversation: its channel, and the participants that are contacts.
 *
 * @throws {LookupError} `malformed_answer`
 */
export function decodeConversation(answer: unknown): ConversationFacts {
  const channelId = toId(own(answer, 'channelId'));
  const participants = own(answer, 'featuredParticipants') ?? [];
  if (channelId === undefined) throw malformed('channelId');
  if (!Array.isArray(participants)) throw malformed('featuredParticipants');
  const contacts = participants.filter((participant) => own(participant, 'type') === 'contact');
  return { channelId, contacts: contacts.map(contactOf) };
}

function contactOf(participant: unknown): object {
  const contact = own(participant, 'contact');
  const fields = ['identifierKey', 'identifierValue', 'platformAddress'].map((name) => [name, own(contact, name)]);
  const known = fields.filter(([, value]) => typeof value === 'string' && value !== '');
  return { id: own(participant, 'id'), ...Object.fromEntries(known) };
}

function malformed(field: string): LookupError {
  return new LookupError('malformed_answer', `Bird's answer cannot be read: ${field}`, { trouble: 'malformed_answer' });
}
