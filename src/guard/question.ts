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

/** Reads a send, or says why nothing can be asked about it. */
export function readQuestion(send: SendRequest): TemplateQuestion | FreeformQuestion | UnknownReason {
  const { message } = send;
  const kind = message === undefined ? 'freeform' : classifyMessage(message);
  if (kind === 'unclassified') return 'unclassified_message';
  const workspaceId = toId(send.workspaceId);
  const channelId = toId(send.channelId);
  if (kind === 'template') return { kind, workspaceId, channelId };
  if (workspaceId === undefined) return 'bad_id';
  if (channelId === undefined) {
    // A conversation's channel and contact stand in the conversation only.
    return send.conversationId !== undefined && send.channelId === undefined ? 'address_unresolved' : 'bad_id';
  }
  const recipient = readRecipient(send.contact);
  if (recipient === 'bad_id') return recipient;
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
