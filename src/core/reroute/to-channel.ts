import { foldKey } from '../fold-key.js';
import { aFunction, checkOptions, isMap, isObject, type OptionCheck, requireAll } from '../option-checks.js';
import { own } from '../own.js';
import { contentOf, withoutContent } from './message-content.js';
import type { RerouteContext, ReroutePolicy, RerouteResult, SendToReroute } from './policy.js';

export interface ToChannelOptions {
  /** Ids of channels of the same workspace, the preferred one first. */
  readonly channels: readonly string[];
  /**
   * Who the contact is on another channel, as an entry of Bird's `receiver.contacts`; `undefined`: it cannot be reached
   * there. Default: by the same phone number or email address, else by the same contact id.
   */
  readonly contact?: ((send: SendToReroute, channelId: string) => object | undefined) | undefined;
  /**
   * The message for another channel, as a whole create-message body; `undefined`: it cannot be carried. Default: plain
   * text as it is, and nothing else.
   */
  readonly convert?: ((message: unknown, channelId: string) => object | undefined) | undefined;
}

/**
 * Sends by the first of these channels on which it is permitted now: each one's status, capabilities and window are asked
 * for, before anything is sent. The channel that the message was for is passed over, so that nothing goes in circles.
 * Declines with `no_channel_open`, or `conversation` for a send into a conversation, which belongs to its channel.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options
 *
 * @example
 * const onClosed = [toChannel({ channels: [smsChannelId] }), 'block'];
 */
export function toChannel(options: ToChannelOptions): ReroutePolicy {
  checkOptions(options, checks, 'toChannel');
  requireAll({ channels: options.channels }, 'toChannel');
  const channels = new Set(options.channels.map((id) => id.toLowerCase()));
  return async function toChannelPolicy(context) {
    if (context.send.conversationId !== undefined) return context.decline('conversation');
    // Who has opted out has done so everywhere.
    if (context.decision.reason === 'opted_out') return context.decline('opted_out');
    for (const channelId of channels) {
      const result = await tryChannel(channelId, context, options);
      if (result !== undefined) return result;
    }
    return context.decline('no_channel_open');
  };
}

async function tryChannel(
  channelId: string,
  { send, decide }: RerouteContext,
  { contact = sameContact, convert = plainText }: ToChannelOptions,
): Promise<RerouteResult | undefined> {
  if (channelId === send.channelId?.toLowerCase()) return undefined;
  const receiver = contact(send, channelId);
  const converted = convert(send.message, channelId);
  // Anything else, such as a promise that nobody awaited, would leave as a message without content.
  if (!isObject(receiver) || !isMap(converted)) return undefined;
  const message = { ...withoutReceiver(converted), receiver: { contacts: [receiver] } };
  const { verdict } = await decide({ workspaceId: send.workspaceId, channelId, contact: receiver, message });
  return verdict === 'allow' ? { action: 'reroute', sends: [{ channelId, message }], changes: ['channel'] } : undefined;
}

/** Under any letter case: beside the contact that is decided about there must be no other. */
function withoutReceiver(message: object): object {
  return Object.fromEntries(Object.entries(message).filter(([key]) => foldKey(key) !== 'receiver'));
}

/** Keys of addresses that mean the same person on every channel. The others belong to one platform. */
const commonKeys: ReadonlySet<unknown> = new Set(['phonenumber', 'emailaddress']);

function sameContact({ contact }: SendToReroute): object | undefined {
  const id = own(contact, 'id');
  const identifierKey = own(contact, 'identifierKey');
  const identifierValue = own(contact, 'identifierValue');
  if (commonKeys.has(identifierKey) && typeof identifierValue === 'string') return { identifierKey, identifierValue };
  return typeof id === 'string' ? { id } : undefined;
}

function plainText(message: unknown): object | undefined {
  const content = contentOf(message);
  if (content.kind !== 'text') return undefined;
  // What it replies to is a message of the other channel.
  const { replyTo: _, ...rest } = withoutContent(message);
  return { ...rest, body: { type: 'text', text: { text: content.text } } };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const checks: Readonly<Record<keyof ToChannelOptions, OptionCheck>> = {
  channels: {
    rule: 'a list of at least one channel id',
    hasType: Array.isArray,
    isInRange: (ids: readonly unknown[]) =>
      ids.length > 0 && [...ids].every((id) => typeof id === 'string' && UUID.test(id)),
  },
  contact: aFunction,
  convert: aFunction,
};
