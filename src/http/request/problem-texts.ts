import { own } from '../../core/own.js';
import { platforms } from '../../core/platforms.js';
import type { Decision, DenyReason } from '../../core/types.js';

export const heldText = {
  title: 'The message waits for the customer',
  detail: 'The message was not sent. It is sent when the customer writes; until then its reference identifies it.',
} as const;

const denials: Readonly<Record<DenyReason, readonly [title: string, detail: string]>> = {
  service_window_closed: [
    'The customer service window is closed',
    'The customer service window has expired. Bird would accept a free-form message and fail it later.',
  ],
  channel_inactive: ['The channel is not active', 'The status of the channel does not allow it to send.'],
  outgoing_unavailable: [
    'The channel cannot send',
    "The channel's capability to send messages is switched off or has expired.",
  ],
  quota_spent: [
    'The quota of the window is spent',
    'The platform accepts no more messages until the customer writes again.',
  ],
  opted_out: ['The contact has opted out', 'The contact does not want to receive free-form messages.'],
};

const undecided: readonly [title: string, detail: string] = [
  'It is not known whether the window is open',
  'The facts that decide this send could not be obtained, and the workspace blocks what is unknown.',
];

/** What is unknown because of the request itself: the same request again would be unknown too. */
const unsendable: Readonly<
  Partial<Record<Decision['reason'], readonly [title: string, detail: string, action: string]>>
> = {
  unclassified_message: [
    'The message cannot be read',
    'The guard cannot read the message in the request, so it cannot tell whether the message needs an open window.',
    'correct_message',
  ],
  template_unsupported: [
    'The platform has no templates',
    'The platform would send the template as free text, and the service window is not known to be open.',
    'wait_for_inbound',
  ],
  too_many_recipients: [
    'The request has too many recipients',
    'The request has more recipients or messages than the guard decides about at once.',
    'split_request',
  ],
};

/** Whether the request itself has to change before anything can be decided about it. */
export function isUnsendable({ reason }: Decision): boolean {
  return unsendable[reason] !== undefined;
}

export function textOf(decision: Decision): { readonly title: string; readonly detail: string } {
  const unknown = unsendable[decision.reason] ?? undecided;
  const [title, detail] = decision.verdict === 'deny' ? denials[decision.reason] : unknown;
  return { title, detail };
}

/** What the client can do, the best first. */
export function nextActionsOf({ verdict, reason }: Decision, platform: string | undefined): readonly string[] {
  if (verdict === 'unknown') return [unsendable[reason]?.[2] ?? 'retry_later'];
  const hasTemplates = platform !== undefined && own(own(platforms, platform), 'hasTemplates') === true;
  switch (reason) {
    case 'service_window_closed':
    case 'quota_spent':
      return hasTemplates ? ['send_template', 'wait_for_inbound'] : ['wait_for_inbound'];
    case 'channel_inactive':
    case 'outgoing_unavailable':
      return ['check_channel'];
    default:
      return ['respect_opt_out'];
  }
}
