import { guessKey } from '../../bird/send/address.js';
import { toInstant } from '../../core/instant.js';
import { isObject, typeName } from '../../core/option-checks.js';
import { isSet, own } from '../../core/own.js';
import { toId } from '../../core/uuid.js';

/** What is wrong with a send as it was given, and what to do about it. Names fields, and never shows a value. */
export interface SendFlaw {
  readonly field: string;
  readonly text: string;
}

/** The first thing in a send for which nothing can be asked about it; `undefined`: its shape is right. */
export function flawOf(send: unknown): SendFlaw | undefined {
  if (typeof send !== 'object' || send === null) {
    return flaw('send', `A send must be an object with workspaceId, channelId and contact; received ${typeName(send)}`);
  }
  return flawOfIds(send) ?? flawOfContact(own(send, 'contact'), isSet(own(send, 'conversationId')));
}

/** A `sender` that means nothing. */
export function flawOfSender(send: unknown): SendFlaw | undefined {
  const sender = own(send, 'sender');
  if (sender === undefined || sender === 'human' || sender === 'automation') return undefined;
  return flaw('sender', "sender must be 'human' or 'automation'; anything else counts as automation");
}

/** A time of sending that is no instant: what is open now says nothing about it. */
export function flawOfTime(send: unknown): SendFlaw {
  const sendAt = own(send, 'sendAt');
  if (sendAt !== undefined) return flawOfInstant('sendAt', sendAt);
  const field = 'message.scheduledFor';
  const scheduled = own(own(send, 'message'), 'scheduledFor');
  if (isSet(scheduled) && toInstant(scheduled) === undefined) return flawOfInstant(field, scheduled);
  return flaw(field, `${field} has another spelling, beside it or in its place, so nobody knows when it is sent`);
}

function flawOfInstant(field: string, value: unknown): SendFlaw {
  const rule = 'RFC 3339 with offset, epoch ms or a Date; what is open now may be closed then';
  return flaw(field, `${field} must be an instant: ${rule}; received ${typeName(value)}`);
}

function flawOfIds(send: object): SendFlaw | undefined {
  const workspaceId = own(send, 'workspaceId');
  const channelId = own(send, 'channelId');
  const conversationId = own(send, 'conversationId');
  if (toId(workspaceId) === undefined) {
    return flaw('workspaceId', `workspaceId must be the UUID of the workspace; received ${typeName(workspaceId)}`);
  }
  if (!isSet(channelId) && !isSet(conversationId)) {
    return flaw('channelId', 'channelId is missing; give the UUID of the channel, or conversationId');
  }
  if (isSet(channelId) && toId(channelId) === undefined) {
    const text = 'channelId must be the UUID of the channel, and not its name, number or platform';
    return flaw('channelId', `${text}; received ${typeName(channelId)}`);
  }
  if (isSet(conversationId) && toId(conversationId) === undefined) {
    return flaw('conversationId', `conversationId must be a UUID; received ${typeName(conversationId)}`);
  }
  return undefined;
}

function flawOfContact(contact: unknown, isConversation: boolean): SendFlaw | undefined {
  if (!isSet(contact)) {
    if (isConversation) return undefined;
    return flaw('contact', 'contact is missing; give { id }, or { identifierKey, identifierValue }');
  }
  if (!isObject(contact)) {
    const text = 'contact must be an object, { id } or { identifierKey, identifierValue }';
    return flaw('contact', `${text}; received ${typeName(contact)}`);
  }
  const id = own(contact, 'id');
  if (isSet(id) && toId(id) === undefined) {
    const text = 'contact.id must be the UUID of a contact; a phone number is an identifierValue';
    return flaw('contact.id', `${text}; received ${typeName(id)}`);
  }
  for (const name of ['identifierKey', 'identifierValue', 'platformAddress']) {
    const value = own(contact, name);
    if (!isSet(value) || typeof value === 'string') continue;
    return flaw(`contact.${name}`, `contact.${name} must be a string; received ${typeName(value)}`);
  }
  return flawOfIdentifier(contact);
}

function flawOfIdentifier(contact: object): SendFlaw | undefined {
  const value = own(contact, 'identifierValue');
  if (isSet(own(contact, 'id')) || isSet(own(contact, 'identifiers')) || isSet(own(contact, 'platformAddress'))) {
    return undefined;
  }
  if (!isSet(value)) {
    return flaw('contact', 'contact names nobody; give { id }, or { identifierKey, identifierValue }');
  }
  if (isSet(own(contact, 'identifierKey')) || guessKey(String(value)) !== undefined) return undefined;
  const text = "contact.identifierKey is missing; give the key that Bird has for the value, such as 'phonenumber'";
  return flaw('contact.identifierKey', text);
}

function flaw(field: string, text: string): SendFlaw {
  return { field, text };
}
