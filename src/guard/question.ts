import { type Recipient, readRecipient } from '../bird/address.js';
import { toId } from '../bird/ids.js';
import { classifyMessage, isFromHuman, scheduledInstant } from '../bird/message.js';
import type { SendRequest } from '../bird/send-request.js';
import { toInstant } from '../core/instant.js';
import type { UnknownReason } from '../core/types.js';
import { addressOfId, type WindowTarget } from '../lookup/cached.js';

/** A template needs no window; only whether its channel works at all can matter. */
export interface TemplateQuestion {
  readonly kind: 'template';
  readonly workspaceId: string | undefined;
  readonly channelId: string | undefined;
}

/** A free-form send, read once: what the decision needs to know of it. */
export interface FreeformQuestion {
  readonly kind: 'freeform';
  readonly workspaceId: string;
  readonly channelId: string;
  /** Whose window it is; the reason where that cannot be told. */
  readonly target: WindowTarget | 'address_unresolved';
  readonly isHuman: boolean;
  /** When it will be sent, epoch ms; `undefined`: at once; `unreadable`: it is scheduled for what is no instant. */
  readonly sendAt: number | 'unreadable' | undefined;
}

/** A send about which nothing can be asked. */
export interface Undecidable {
  readonly kind: 'undecidable';
  readonly workspaceId: string | undefined;
  readonly channelId: string | undefined;
  readonly reason: UnknownReason;
}

/** A send, read once; its ids are lower-case UUIDs, or `undefined` where they are none. */
export type Question = TemplateQuestion | FreeformQuestion | Undecidable;

export function readQuestion(send: SendRequest): Question {
  // Callers without types may pass anything, and `check` promises not to reject.
  if (typeof send !== 'object' || send === null) {
    return { kind: 'undecidable', workspaceId: undefined, channelId: undefined, reason: 'bad_id' };
  }
  const { message } = send;
  const workspaceId = toId(send.workspaceId);
  const channelId = toId(send.channelId);
  const undecidable = (reason: UnknownReason): Undecidable => ({ kind: 'undecidable', workspaceId, channelId, reason });

  const kind = message === undefined ? 'freeform' : classifyMessage(message);
  if (kind === 'unclassified') return undecidable('unclassified_message');
  if (kind === 'template') return { kind, workspaceId, channelId };
  if (workspaceId === undefined) return undecidable('bad_id');
  if (channelId === undefined) {
    // A conversation's channel and contact stand in the conversation only.
    const isConversation = toId(send.conversationId) !== undefined && send.channelId === undefined;
    return undecidable(isConversation ? 'address_unresolved' : 'bad_id');
  }
  const recipient = readRecipient(send.contact);
  if (recipient === 'bad_id') return undecidable(recipient);
  return {
    kind,
    workspaceId,
    channelId,
    target: recipient === 'address_unresolved' ? recipient : targetOf(recipient, workspaceId, channelId),
    isHuman: send.sender === undefined ? isFromHuman(message) : send.sender === 'human',
    sendAt: send.sendAt === undefined ? scheduledInstant(message) : (toInstant(send.sendAt) ?? 'unreadable'),
  };
}

function targetOf(recipient: Recipient, workspaceId: string, channelId: string): WindowTarget {
  const { contactId, identifier, address } = recipient;
  return {
    key: { workspaceId, channelId, address: address ?? addressOfId(contactId ?? '') },
    contactId,
    identifier: identifier === undefined ? undefined : { workspaceId, ...identifier },
    sentTo: address,
  };
}
