import { randomUUID } from 'node:crypto';
import type { BirdReceiverContact } from './bird-message.js';

/** Bird's conversation object: one contact on one channel. */
export interface BirdConversation {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `active`, or `closed`: then nothing can be sent. */
  readonly status: string;
  readonly visibility: string;
  readonly accessibility: string;
  readonly featuredParticipants: readonly BirdParticipant[];
  readonly activeParticipantCount: number;
  readonly pendingParticipantCount: number;
  readonly initiatingParticipant: BirdParticipant;
  readonly channelId: string;
  readonly lastMessageIncomingAt: string | null;
  readonly lastMessageOutgoingAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface BirdParticipant {
  readonly id: string;
  readonly type: 'contact';
  readonly status: string;
  readonly displayName: string;
  readonly avatarUrl: string;
  readonly contact: {
    readonly identifierKey: string;
    readonly identifierValue: string;
    readonly platformAddress: string;
  };
}

/** What a conversation is made of. */
export interface ConversationParts {
  readonly channelId: string;
  readonly participant: BirdReceiverContact;
  readonly displayName: string;
  readonly status: string;
}

/** A conversation that the contact started. */
export function createConversation(parts: ConversationParts, now: number): BirdConversation {
  const at = new Date(now).toISOString();
  const { id, identifierKey, identifierValue, platformAddress } = parts.participant;
  const participant: BirdParticipant = {
    id,
    type: 'contact',
    status: 'active',
    displayName: parts.displayName,
    avatarUrl: '',
    contact: { identifierKey, identifierValue, platformAddress },
  };
  return {
    id: randomUUID(),
    name: '',
    description: '',
    status: parts.status,
    visibility: 'private',
    accessibility: 'invite-only',
    featuredParticipants: [participant],
    activeParticipantCount: 1,
    pendingParticipantCount: 0,
    initiatingParticipant: participant,
    channelId: parts.channelId,
    lastMessageIncomingAt: null,
    lastMessageOutgoingAt: null,
    createdAt: at,
    updatedAt: at,
  };
}
