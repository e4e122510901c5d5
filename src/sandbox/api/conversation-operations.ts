import { own } from '../../core/own.js';
import type { BirdConversation } from '../model/bird-conversation.js';
import type { OutgoingMessage } from '../model/bird-message.js';
import { collect } from '../model/problems.js';
import { type Answer, accepted, invalidPayload, notFound, ok, requestError } from './answer.js';
import type { ApiRequest } from './api-request.js';
import { contentProblems } from './create-message.js';
import { send } from './message-operations.js';

/** `GET /workspaces/{ws}/conversations/{conversation}`. */
export function getConversation({ workspace, ids }: ApiRequest): Answer {
  const conversation = workspace.conversations.get(ids.conversationId ?? '');
  return conversation === undefined ? notFound('conversation') : ok(conversation);
}

/** `POST /workspaces/{ws}/conversations/{conversation}/messages`: channel and contact come from the conversation. */
export function createConversationMessage(request: ApiRequest): Answer {
  const { state, workspace, ids, body } = request;
  const conversation = workspace.conversations.get(ids.conversationId ?? '');
  const channel = workspace.channels.get(conversation?.channelId ?? '');
  if (conversation === undefined || channel === undefined) return notFound('conversation');
  if (conversation.status === 'closed') return requestError(409, 'ConversationClosed', 'The conversation is closed');
  const problems = collect([
    ['participantType', required(own(body, 'participantType'))],
    ['participantId', required(own(body, 'participantId'))],
    ...contentProblems(body),
  ]);
  if (Object.keys(problems).length > 0) return invalidPayload(problems);
  const content = { ...Object(body), receiver: { contacts: receiversOf(conversation, body) } };
  const message = send({ state, workspace, channel, content });
  if (message === undefined) return notFound('contact');
  const lastMessageOutgoingAt = message.createdAt;
  workspace.conversations.set(conversation.id, { ...conversation, lastMessageOutgoingAt });
  return accepted(conversationMessage(conversation, body, message));
}

function required(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'is required';
}

/** The recipients named in the request, else the contacts of the conversation. */
function receiversOf(conversation: BirdConversation, body: unknown): readonly unknown[] {
  const recipients = own(body, 'recipients');
  if (Array.isArray(recipients) && recipients.length > 0) return recipients;
  return conversation.featuredParticipants.map(({ id, contact }) => ({ id, ...contact }));
}

/** The message as Bird's Conversations API returns it, which differs from its Channels API. */
function conversationMessage(conversation: BirdConversation, body: unknown, message: OutgoingMessage): object {
  return {
    id: message.id,
    conversationId: conversation.id,
    reference: message.reference ?? '',
    sender: {
      id: own(body, 'participantId'),
      type: own(body, 'participantType'),
      status: 'active',
      displayName: '',
      avatarUrl: '',
    },
    draft: false,
    recipients: message.receiver.contacts.map((contact) => ({
      type: 'to',
      ...contact,
      contactAnnotation: { name: contact.identifierValue },
    })),
    status: message.status,
    source: 'conversations',
    ...(message.template === undefined ? { body: message.body } : { template: message.template }),
    interactions: null,
    createdAt: message.createdAt,
    updatedAt: message.updatedAt,
  };
}
