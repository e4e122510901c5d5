import { randomUUID } from 'node:crypto';
import type { BirdChannel } from './bird-channel.js';

/** Bird's message statuses. A message is never `read` or `failed`. */
export type MessageStatus =
  | 'accepted'
  | 'rejected'
  | 'processing'
  | 'scheduled'
  | 'sent'
  | 'sending_failed'
  | 'delivered'
  | 'delivery_failed'
  | 'deleted'
  | 'skipped';

/** Why a message failed; `source.code` is the platform's own code. */
export interface BirdFailure {
  readonly code: number;
  readonly description: string;
  readonly source: { readonly name: string; readonly code: string };
}

/** One receiver of an outgoing message: who, and the address that it really goes to. */
export interface BirdReceiverContact {
  readonly id: string;
  readonly identifierKey: string;
  readonly identifierValue: string;
  readonly platformAddress: string;
  readonly [field: string]: unknown;
}

interface BirdMessage {
  readonly id: string;
  readonly channelId: string;
  readonly body?: unknown;
  readonly template?: unknown;
  readonly meta?: unknown;
  readonly reference?: string | undefined;
  readonly parts?: readonly { readonly platformReference: string }[] | undefined;
  readonly status: MessageStatus;
  readonly reason?: string | undefined;
  readonly lastStatusAt: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Bird's message object for one that a customer sent. */
export interface InboundMessage extends BirdMessage {
  readonly direction: 'incoming';
  readonly status: 'delivered';
  readonly sender: {
    readonly contact: { readonly id: string; readonly identifierKey: string; readonly identifierValue: string };
  };
  readonly receiver: { readonly connector: { readonly id: string; readonly identifierValue: string } };
  /** `timestamp`: the platform's own time, in unix seconds as a string. */
  readonly meta: { readonly extraInformation?: { readonly timestamp?: string } };
}

/** Bird's message object for one that the business sent. */
export interface OutgoingMessage extends BirdMessage {
  readonly direction: 'outgoing';
  readonly sender: { readonly connector: { readonly id: string; readonly identifierValue: string } };
  readonly receiver: { readonly contacts: readonly BirdReceiverContact[] };
  readonly failure?: BirdFailure | undefined;
  readonly details?: string | undefined;
  readonly scheduledFor?: string | undefined;
  readonly replyTo?: unknown;
  readonly tags?: unknown;
  readonly shortLinks?: unknown;
}

/** What a customer wrote, and to which channel. */
export interface Inbound {
  readonly channel: BirdChannel;
  readonly contactId: string;
  readonly identifierKey: string;
  readonly address: string;
  readonly body: object;
  /** Default: the platform's own time. */
  readonly meta?: object | undefined;
}

/** What a customer sent, as Bird shows it. */
export function createInboundMessage(
  { channel, contactId, identifierKey, address, body, meta }: Inbound,
  now: number,
): InboundMessage {
  const id = randomUUID();
  const at = new Date(now).toISOString();
  return {
    id,
    channelId: channel.id,
    sender: { contact: { id: contactId, identifierKey, identifierValue: address } },
    receiver: { connector: { id: channel.connectorId, identifierValue: channel.identifier } },
    body,
    meta: meta ?? { extraInformation: { timestamp: String(Math.floor(now / 1000)) } },
    reference: '',
    parts: [{ platformReference: `sandbox.${id}` }],
    status: 'delivered',
    reason: '',
    direction: 'incoming',
    lastStatusAt: at,
    createdAt: at,
    updatedAt: at,
  };
}

/** What is to be sent: Bird's create-message body with its receivers resolved. */
export interface Outgoing {
  readonly channel: BirdChannel;
  readonly contacts: readonly BirdReceiverContact[];
  readonly content: Readonly<Record<string, unknown>>;
  readonly status: 'accepted' | 'scheduled';
}

const echoed: readonly string[] = [
  'body',
  'template',
  'meta',
  'reference',
  'replyTo',
  'tags',
  'shortLinks',
  'scheduledFor',
];

/** A message that Bird has just taken over, as Bird shows it: what was sent is echoed, null left out. */
export function createOutgoingMessage({ channel, contacts, content, status }: Outgoing, now: number): OutgoingMessage {
  const at = new Date(now).toISOString();
  const given = echoed.filter((field) => content[field] !== undefined && content[field] !== null);
  return {
    id: randomUUID(),
    channelId: channel.id,
    sender: { connector: { id: channel.connectorId, identifierValue: channel.identifier } },
    receiver: { contacts },
    ...Object.fromEntries(given.map((field) => [field, content[field]])),
    status,
    direction: 'outgoing',
    lastStatusAt: at,
    createdAt: at,
    updatedAt: at,
  };
}
