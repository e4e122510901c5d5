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

/** Why a message failed, in Bird's terms and in those of the refusing party. */
export interface BirdFailure {
  /** Bird's own code, by which its documentation lists the failure. */
  readonly code: number;
  /** What went wrong, in words. */
  readonly description: string;
  /** Who refused the message, and its code. */
  readonly source: {
    /** Who refused the message: the platform, `pre-processing`, or `touchpoint` for Bird's template service. */
    readonly name: string;
    /** The refusing party's code, as a string. */
    readonly code: string;
  };
}

/** One receiver of an outgoing message, with the address it is sent to. */
export interface BirdReceiverContact {
  /** The contact's id, also where the request named the contact by an identifier. */
  readonly id: string;
  /** The kind of the identifier, such as `phonenumber`. */
  readonly identifierKey: string;
  /** The identifier that the contact was named by. */
  readonly identifierValue: string;
  /** What the message is really sent to, e.g. a phone number. Windows belong to it. */
  readonly platformAddress: string;
  readonly [field: string]: unknown;
}

/** What inbound and outgoing messages have in common. */
interface BirdMessage {
  /** The message's id, a UUID; the response to the send carries it. */
  readonly id: string;
  /** The channel it was sent on, or received on. */
  readonly channelId: string;
  /** The content of a message without a template, such as `{ type: 'text', text: { text } }`. */
  readonly body?: unknown;
  /** The template and its parameters, for a message that has one. */
  readonly template?: unknown;
  /** Additional data, from the request or from the platform. */
  readonly meta?: unknown;
  /** The sender's own reference; empty for a customer's message. */
  readonly reference?: string | undefined;
  /** The platform's messages that make up this one; only on customers' messages. */
  readonly parts?:
    | readonly {
        /** The platform's own id of the part. */
        readonly platformReference: string;
      }[]
    | undefined;
  /** The delivery status. */
  readonly status: MessageStatus;
  /** Why it failed, in one line. */
  readonly reason?: string | undefined;
  /** When the status last changed: RFC 3339, by the sandbox's clock. */
  readonly lastStatusAt: string;
  /** When it was accepted or received: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
}

/** Bird's message object for a message from a customer. */
export interface InboundMessage extends BirdMessage {
  /** Discriminates inbound from outgoing messages. */
  readonly direction: 'incoming';
  /** Always `delivered`: it has arrived when Bird shows it. */
  readonly status: 'delivered';
  /** Who wrote it. */
  readonly sender: {
    /** The customer, as a contact of the workspace. */
    readonly contact: {
      /** The contact's id. */
      readonly id: string;
      /** The kind of the identifier, such as `phonenumber`. */
      readonly identifierKey: string;
      /** What the customer wrote from, e.g. a phone number. */
      readonly identifierValue: string;
    };
  };
  /** Which channel it came to. */
  readonly receiver: {
    /** The channel's account on the platform. */
    readonly connector: {
      /** The channel's `connectorId`. */
      readonly id: string;
      /** The channel's `identifier`: the number, mail address or page id that the customer wrote to. */
      readonly identifierValue: string;
    };
  };
  /** What the platform said of the message. */
  readonly meta: {
    /** The platform's own fields; absent where the platform gives none. */
    readonly extraInformation?: {
      /** The platform's own time, in Unix seconds as a string. */
      readonly timestamp?: string;
    };
  };
}

/** Bird's message object for a message from the business. */
export interface OutgoingMessage extends BirdMessage {
  /** Discriminates outgoing from inbound messages. */
  readonly direction: 'outgoing';
  /** Which channel it is sent from. */
  readonly sender: {
    /** The channel's account on the platform. */
    readonly connector: {
      /** The channel's `connectorId`. */
      readonly id: string;
      /** The channel's `identifier`: the number, mail address or page id that the customer sees. */
      readonly identifierValue: string;
    };
  };
  /** Whom it is sent to. */
  readonly receiver: {
    /** One entry for each receiver, in the order of the request. */
    readonly contacts: readonly BirdReceiverContact[];
  };
  /** Why the message failed; absent for one that has not. */
  readonly failure?: BirdFailure | undefined;
  /** The failure's description, once more. */
  readonly details?: string | undefined;
  /** When to send it, as in the request; absent for a message that is sent at once. */
  readonly scheduledFor?: string | undefined;
  /** The message it answers, as in the request. */
  readonly replyTo?: unknown;
  /** Labels for the business's reports, as in the request. */
  readonly tags?: unknown;
  /** How links in an SMS are shortened, as in the request. */
  readonly shortLinks?: unknown;
}

/** A customer's message to create, and its channel. */
export interface Inbound {
  readonly channel: BirdChannel;
  readonly contactId: string;
  readonly identifierKey: string;
  readonly address: string;
  readonly body: object;
  /** Default: the platform's own time. */
  readonly meta?: object | undefined;
}

/** A customer's message as Bird shows it. */
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

/** A message to send: Bird's create-message body with its receivers resolved. */
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

/** A message that Bird has just accepted, as Bird shows it: the request's fields without null ones. */
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
