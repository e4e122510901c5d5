import {
  aFunction,
  checkOptionsOf,
  isMap,
  isObject,
  nonEmptyArrayOf,
  type OptionCheck,
  requireAll,
} from '../option-checks.js';
import { foldKey, ownFields } from '../own.js';
import { isUuid } from '../uuid.js';
import { contactOnChannel, type Unreachable } from './contact-on-channel.js';
import { contentOf, withoutContent } from './message-content.js';
import type { RerouteContext, ReroutePolicy, RerouteResult, SendToReroute } from './policy.js';

/** Which channels `toChannel` tries, and how it carries contact and message over. */
export interface ToChannelOptions {
  /** The ids of channels of the same workspace, the preferred one first. */
  readonly channels: readonly string[];
  /**
   * The contact on another channel, as an entry of Bird's `receiver.contacts`; `undefined` where it cannot be reached
   * there. Default: by the phone number or email address in the send (`platformAddress` first), else by one that Bird
   * lists for the contact, which costs one read.
   */
  readonly contact?: ((send: SendToReroute, channelId: string) => object | undefined) | undefined;
  /**
   * The message for another channel, as a whole create-message body; `undefined` where it cannot be converted. Default:
   * plain text is kept, everything else is `undefined`.
   */
  readonly convert?: ((message: unknown, channelId: string) => object | undefined) | undefined;
}

/**
 * Sends on the first of these channels that permits it now: the status, capabilities and window of each are checked
 * before anything is sent. The message's own channel is skipped, so that nothing goes in circles. Declines with
 * `no_channel_open`; `no_address` if the contact has none on any of the channels, `address_unresolved` if that is not
 * known; `opted_out`; or `conversation` for a send into a conversation, which belongs to its channel.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options
 *
 * @example
 * const onClosed = [toChannel({ channels: [smsChannelId] }), 'block'];
 */
export function toChannel(given: ToChannelOptions): ReroutePolicy {
  checkOptionsOf('toChannel', given, checks);
  const options = ownFields(given);
  requireAll({ channels: options.channels }, 'toChannel');
  const channels = new Set(options.channels.map((id) => id.toLowerCase()));
  return async function toChannelPolicy(context) {
    if (context.send.conversationId !== undefined) return context.decline('conversation');
    // An opt-out counts on every channel.
    if (context.decision.reason === 'opted_out') return context.decline('opted_out');
    const reasons = new Set<Declined>();
    for (const channelId of channels) {
      if (channelId === context.send.channelId?.toLowerCase()) continue;
      const result = await tryChannel(channelId, context, options);
      if (typeof result !== 'string') return result;
      reasons.add(result);
    }
    const [reason = 'no_channel_open', ...others] = reasons;
    return context.decline(others.length === 0 ? reason : 'no_channel_open');
  };
}

type Declined = Unreachable | 'no_channel_open';

async function tryChannel(
  channelId: string,
  context: RerouteContext,
  { contact, convert = plainText }: ToChannelOptions,
): Promise<RerouteResult | Declined> {
  const { send, decide } = context;
  const converted = convert(send.message, channelId);
  // Anything else, such as a promise that was not awaited, would be sent as a message without content.
  if (!isMap(converted)) return 'no_channel_open';
  const receiver = contact === undefined ? await contactOnChannel(channelId, context) : contact(send, channelId);
  if (typeof receiver === 'string' && contact === undefined) return receiver;
  if (!isObject(receiver)) return 'no_channel_open';
  const message = { ...withoutReceiver(converted), receiver: { contacts: [receiver] } };
  const { verdict } = await decide({ workspaceId: send.workspaceId, channelId, contact: receiver, message });
  if (verdict !== 'allow') return 'no_channel_open';
  return { action: 'reroute', sends: [{ channelId, message }], changes: ['channel'] };
}

/** Drops the receiver under any letter case: the message must name no contact besides the send's. */
function withoutReceiver(message: object): object {
  return Object.fromEntries(Object.entries(message).filter(([key]) => foldKey(key) !== 'receiver'));
}

function plainText(message: unknown): object | undefined {
  const content = contentOf(message);
  if (content.kind !== 'text') return undefined;
  // `replyTo` refers to a message on the other channel.
  const { replyTo: _, ...rest } = withoutContent(message);
  return { ...rest, body: { type: 'text', text: { text: content.text } } };
}

const checks: Readonly<Record<keyof ToChannelOptions, OptionCheck>> = {
  channels: nonEmptyArrayOf('channel ids', isUuid),
  contact: aFunction,
  convert: aFunction,
};
