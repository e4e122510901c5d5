import type { BirdChannel } from './bird-channel.js';
import type { OutgoingMessage } from './bird-message.js';
import type { MessageContent } from './message-content.js';

/** A message as one customer received it. */
export interface ArrivedMessage {
  /** The workspace that sent it. */
  readonly workspaceId: string;
  /** The channel that delivered it. */
  readonly channelId: string;
  /** Bird's id of the channel's platform, such as `whatsapp`. */
  readonly platformId: string;
  /** The platform address it was sent to. */
  readonly to: string;
  /** The contact that the address belongs to. */
  readonly contactId: string;
  /** `template`, or the type of the body, such as `text` or `image`. */
  readonly kind: string;
  /** The text that the customer reads, variables filled in; for an image or a file, its caption. May be empty. */
  readonly text: string;
  /** The URLs of the media that came with it. */
  readonly media: readonly string[];
  /** The reference of the send, where it had one. */
  readonly reference?: string | undefined;
  /** The id under which `messages()` lists it. A message to several receivers arrives once for each. */
  readonly messageId: string;
  /** When it was sent, epoch ms; for a scheduled message, its scheduled instant. */
  readonly at: number;
}

/** A message sent at `at` that will arrive. */
export interface Departure {
  readonly workspaceId: string;
  readonly channel: BirdChannel;
  readonly message: OutgoingMessage;
  readonly content: MessageContent;
  readonly at: number;
}

/** The messages that the receivers will get, one each. */
export function toArrive({ workspaceId, channel, message, content, at }: Departure): readonly ArrivedMessage[] {
  const { kind, text, media } = content;
  const { reference } = message;
  return message.receiver.contacts.map(({ id, platformAddress }) => ({
    workspaceId,
    channelId: channel.id,
    platformId: channel.platformId,
    to: platformAddress,
    contactId: id,
    kind,
    text,
    media,
    ...(reference === undefined ? {} : { reference }),
    messageId: message.id,
    at,
  }));
}
