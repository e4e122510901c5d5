import type { BirdChannel } from './model/bird-channel.js';
import { type BirdContact, defaultIdentifier } from './model/bird-contact.js';
import { createInboundMessage, type InboundMessage } from './model/bird-message.js';
import { sandboxAddress } from './model/sandbox-address.js';
import type { SandboxState, WorkspaceState } from './state.js';
import { publishMessage } from './webhooks/webhook-publish.js';

/** One of a contact's addresses on a channel. */
export interface AddressOptions {
  /** A channel of the workspace. */
  readonly channelId: string;
  /** A contact of the workspace. */
  readonly contactId: string;
  /** What the contact uses on this channel. Default: its first identifier of the platform's kind, else its first. */
  readonly address?: string | undefined;
}

/** What a customer writes. */
export interface InboundOptions extends AddressOptions {
  /** What the customer writes. Default `Hello`. */
  readonly text?: string | undefined;
  /** Bird's body in place of a text, e.g. `{ type: 'image', image: {} }`. */
  readonly body?: object | undefined;
  /**
   * Bird's `meta` for the message. Default: the platform's own time; `{}`: without it, as on platforms that give none.
   */
  readonly meta?: object | undefined;
  /** Whether the message opens the window; `false` for one that is not the customer's. Default true. */
  readonly opensWindow?: boolean | undefined;
}

/** Receives a customer's message: lists it, opens or extends its window, and updates the contact's conversations. */
export function receiveInbound(
  state: SandboxState,
  workspace: WorkspaceState,
  { text = 'Hello', body = { type: 'text', text: { text } }, meta, opensWindow = true, ...options }: InboundOptions,
): InboundMessage {
  const now = state.clock.now();
  const { channel, contact, address } = locate(workspace, options);
  const named = contact.featuredIdentifiers.find(({ value }) => value === address);
  const identifierKey = (named ?? defaultIdentifier(contact, channel.platformId))?.key ?? '';
  const inbound = { channel, contactId: contact.id, identifierKey, address, body, meta };
  const message = createInboundMessage(inbound, now);
  workspace.messages.set(message.id, message);
  if (opensWindow) workspace.windows.customerWrote({ channelId: channel.id, address }, now);
  noteInConversations(workspace, message);
  publishMessage(state, workspace, message);
  return message;
}

function noteInConversations(workspace: WorkspaceState, message: InboundMessage): void {
  for (const conversation of workspace.conversations.values()) {
    const isFromThere = conversation.featuredParticipants.some(({ id }) => id === message.sender.contact.id);
    if (conversation.channelId !== message.channelId || !isFromThere) continue;
    workspace.conversations.set(conversation.id, { ...conversation, lastMessageIncomingAt: message.createdAt });
  }
}

/** A channel, a contact and the contact's address on the channel. */
export interface Located {
  readonly channel: BirdChannel;
  readonly contact: BirdContact;
  readonly address: string;
}

/** Finds a channel and a contact by their ids. Throws a `RangeError` that names an unknown id. */
export function locate(workspace: WorkspaceState, { channelId, contactId, address }: AddressOptions): Located {
  const channel = existing(workspace.channels.get(channelId), 'channelId', channelId);
  const contact = existing(workspace.contacts.get(contactId), 'contactId', contactId);
  return {
    channel,
    contact,
    address: sandboxAddress(address ?? defaultIdentifier(contact, channel.platformId)?.value ?? ''),
  };
}

/** The value found by an id. Throws a `RangeError` that names the id if there is none. */
export function existing<Value>(value: Value | undefined, name: string, id: string): Value {
  if (value === undefined) {
    throw new RangeError(`${name} must be an id of this workspace; received ${JSON.stringify(id)}`);
  }
  return value;
}
