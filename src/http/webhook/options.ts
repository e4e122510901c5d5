import { isLoopback } from '../../bird/api/base-url.js';
import { aFunction, checkOptions, nonEmptyStrings, type OptionCheck, requireAll } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import { toId } from '../../core/uuid.js';

/** One of Bird's webhook events, unchanged. */
export interface BirdEvent {
  /** Bird's service, such as `channels` or `conversations`. */
  readonly service?: unknown;
  /** Bird's event name, such as `whatsapp.inbound` or `whatsapp.outbound`. */
  readonly event?: unknown;
  /** Bird's message object, for inbound and outbound events. */
  readonly payload?: unknown;
}

/** A customer's message that is an opt-out word and nothing else: Bird's event, and whom it is about. */
export interface OptOutEvent extends BirdEvent {
  /** The receiver's workspace, a lower-case UUID. */
  readonly workspaceId: string;
  /** The channel on which the customer wrote, a lower-case UUID. */
  readonly channelId: string;
  /** The contact's id, a lower-case UUID, where the event has it. */
  readonly contactId?: string | undefined;
  /** What the customer wrote from, normalised, where the event has it. */
  readonly address?: string | undefined;
  /** When the customer wrote, epoch ms. */
  readonly at: number;
}

/** Which workspace's events a receiver accepts, and how it verifies them. */
export interface WebhookReceiverOptions {
  /**
   * The subscription's URL, exactly as registered: the signature covers it. https, or http on loopback. It is never
   * taken from the request, because anybody can write a Host header.
   */
  readonly publicUrl: string;
  /** The workspace of the events, a UUID: an event does not name it. */
  readonly workspaceId: string;
  /** The subscription's key; during a rotation, the old key and the new one. Default: the workspace's `signingKeys`. */
  readonly signingKeys?: readonly string[] | undefined;
  /**
   * Called with each event after the response, once per message and status as long as this process remembers. Not
   * awaited; an error is logged without its message.
   */
  readonly onEvent?: ((event: BirdEvent) => unknown) | undefined;
  /**
   * Called like `onEvent` with each message on SMS or WhatsApp that is an opt-out word such as STOP and nothing else.
   * The guard itself stops nothing for it.
   */
  readonly onOptOut?: ((event: OptOutEvent) => unknown) | undefined;
}

export interface ResolvedWebhookOptions {
  readonly publicUrl: string;
  readonly workspaceId: string;
  readonly signingKeys: readonly string[] | undefined;
  readonly onEvent: ((event: BirdEvent) => unknown) | undefined;
  readonly onOptOut: ((event: OptOutEvent) => unknown) | undefined;
}

const checks = {
  publicUrl: {
    rule: 'an https URL, or an http URL on loopback, without fragment or credentials',
    hasType: (value) => typeof value === 'string',
    isInRange: isPublicUrl,
  },
  workspaceId: {
    rule: 'a UUID',
    hasType: (value) => typeof value === 'string',
    isInRange: (value: string) => toId(value) !== undefined,
  },
  signingKeys: nonEmptyStrings,
  onEvent: aFunction,
  onOptOut: aFunction,
} satisfies Record<keyof WebhookReceiverOptions, OptionCheck>;

/** @throws {TypeError | RangeError} naming the option, and never a key */
export function resolveWebhookOptions(options: WebhookReceiverOptions): ResolvedWebhookOptions {
  checkOptions(options, checks, 'options');
  const { publicUrl, workspaceId, signingKeys, onEvent, onOptOut } = ownFields(options);
  requireAll({ publicUrl, workspaceId }, 'options');
  return {
    publicUrl,
    workspaceId: workspaceId.toLowerCase(),
    signingKeys: signingKeys && [...signingKeys],
    onEvent,
    onOptOut,
  };
}

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '' || text.endsWith('#')) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
