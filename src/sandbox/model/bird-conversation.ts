import { randomUUID } from 'node:crypto';
import type { BirdReceiverContact } from './bird-message.js';

/** Bird's conversation object: one contact on one channel. */
export interface BirdConversation {
  /** The conversation's id in sends, a UUID. */
  readonly id: string;
  /** A title; here empty. */
  readonly name: string;
  /** A text for people; here empty. */
  readonly description: string;
  /** `active`, or `closed`: nothing can be sent into it. */
  readonly status: string;
  /** Always `private` here. */
  readonly visibility: string;
  /** Always `invite-only` here. */
  readonly accessibility: string;
  /** The participants; here only the contact. */
  readonly featuredParticipants: readonly BirdParticipant[];
  /** The number of participants; here 1. */
  readonly activeParticipantCount: number;
  /** The number of invited participants who have not joined; here 0. */
  readonly pendingParticipantCount: number;
  /** Who started the conversation; here the contact. */
  readonly initiatingParticipant: BirdParticipant;
  /** The channel on which it takes place. */
  readonly channelId: string;
  /** When the contact last wrote: RFC 3339, `null` for never. */
  readonly lastMessageIncomingAt: string | null;
  /** When a message to the contact was last accepted: RFC 3339, `null` for never. */
  readonly lastMessageOutgoingAt: string | null;
  /** When it was created: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
}

/** A contact that takes part in a conversation, as Bird shows it. */
export interface BirdParticipant {
  /** The contact's id. */
  readonly id: string;
  /** Always `contact` here: no agents or bots take part. */
  readonly type: 'contact';
  /** Always `active` here. */
  readonly status: string;
  /** A name for people; here the value of the contact's first identifier. */
  readonly displayName: string;
  /** The URL of a picture; here empty. */
  readonly avatarUrl: string;
  /** How messages of the conversation reach the contact. */
  readonly contact: {
    /** The kind of the identifier, such as `phonenumber`. */
    readonly identifierKey: string;
    /** The identifier that the contact was named by. */
    readonly identifierValue: string;
    /** What messages are really sent to, e.g. a phone number. */
    readonly platformAddress: string;
  };
}

/** The parts of a conversation to create. */
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
