import type { SendRequest } from '../../bird/send/send-request.js';
import { own } from '../../core/own.js';
import { platforms } from '../../core/platforms.js';
import type { Decision, DenyReason } from '../../core/types.js';
import { toId } from '../../core/uuid.js';
import type { Outcome } from '../../guard/outcome.js';
import { worstOf } from './window-header.js';

/** The body of a blocked response: RFC 9457, and a superset of Bird's `{code, message}`. */
export interface Problem {
  /** The problem type: `urn:freeform-guard:problem:` and the reason. */
  readonly type: string;
  /** A short summary, the same for every problem of this type. */
  readonly title: string;
  /**
   * The HTTP status: 409 or `statusCode` for a denial, 422 for a request that must change, 503 for missing facts, 202
   * for a held message.
   */
  readonly status: number;
  /** An explanation in one sentence. */
  readonly detail: string;
  /** The decision's reason, for programs; `held` for a held message. */
  readonly code: string;
  /** The same text as `detail`, where Bird's clients expect it. */
  readonly message: string;
  /** The channel of the recipient that determined the response; absent where the request names none. */
  readonly channelId?: string | undefined;
  /** The platform of that channel, where it is known. */
  readonly platform?: string | undefined;
  /** When the window closed, as an ISO instant; `null` where it is not known. Absent with `exposeExpiry: false`. */
  readonly closedAt?: string | null | undefined;
  /** When the decision was made, as an ISO instant. */
  readonly checkedAt: string;
  /** Where the facts came from. A closed window always comes from `bird`. */
  readonly source: Outcome['source'];
  /** Whether the same request may succeed a little later, because facts could not be obtained. */
  readonly retryable: boolean;
  /** What the client can do, the best first. */
  readonly nextActions: readonly {
    /** The action's name: `send_template`, `wait_for_inbound`, `retry_later` and so on. */
    readonly action: string;
  }[];
  /** How many recipients the request has, where `contacts` lists only the first 100. */
  readonly recipients?: number | undefined;
  /** One verdict per recipient in the order of the request, at most 100. */
  readonly contacts: readonly RecipientVerdict[];
}

/** The decision about one recipient of a request. */
export interface RecipientVerdict {
  /** The recipient's position in the message. */
  readonly index: number;
  /** The message's position in a batch. */
  readonly item?: number | undefined;
  /** What the facts say about this recipient. */
  readonly verdict: Decision['verdict'];
  /** Why, as in `Decision`. */
  readonly reason: Decision['reason'];
  /** Why reroute policies could not help, in the order they were tried. */
  readonly declined?: readonly string[] | undefined;
  /** How to find a held message, and when it expires. */
  readonly held?:
    | {
        /** The id that the message was given when it was held. */
        readonly id: string;
        /** The message's own reference, or one that was made for it. */
        readonly reference: string;
        /** ISO instant from which on it is not sent any more. */
        readonly expiresAt: string;
      }
    | undefined;
}

const HELD = 202;
const DENIED = 409;
const NOT_SENDABLE = 422;
const UNDECIDED = 503;
/** Seconds; a read, a paused budget or an outage may be over by then. */
export const RETRY_AFTER_SECONDS = 1;

/** The answer to a request of which at least one send is blocked. */
export function problemOf(
  outcomes: readonly Outcome[],
  sends: readonly SendRequest[],
  deniedStatus: number = DENIED,
): Problem {
  const worst = worstOf(outcomes.filter(({ action }) => action === 'block'));
  const { decision, checkedAt, source, platform, exposeExpiry } = worst;
  const { title, detail } = textOf(decision);
  const needsChange = unsendable[decision.reason] !== undefined;
  const undecidedStatus = needsChange ? NOT_SENDABLE : UNDECIDED;
  const isDenied = decision.verdict === 'deny';
  return {
    type: `urn:freeform-guard:problem:${decision.reason}`,
    title,
    status: isDenied ? deniedStatus : undecidedStatus,
    detail,
    code: decision.reason,
    message: detail,
    channelId: toId(sends[outcomes.indexOf(worst)]?.channelId),
    platform,
    closedAt: exposeExpiry ? isoOf(decision) : undefined,
    checkedAt: new Date(checkedAt).toISOString(),
    source,
    retryable: !isDenied && !needsChange,
    nextActions: nextActionsOf(decision, platform),
    ...listed(outcomes, sends),
  };
}

const heldTexts = {
  title: 'The message waits for the customer',
  detail: 'It was not sent. It will be when the customer writes; by its reference it is found among what waits.',
} as const;

/** The answer to a request of which everything that can be sent waits for the customer. */
export function heldOf(outcomes: readonly Outcome[], sends: readonly SendRequest[]): Problem {
  const held = outcomes.find(({ action }) => action === 'hold') ?? worstOf(outcomes);
  const { title, detail } = heldTexts;
  return {
    type: 'urn:freeform-guard:held',
    title,
    status: HELD,
    detail,
    code: 'held',
    message: detail,
    channelId: toId(sends[outcomes.indexOf(held)]?.channelId),
    platform: held.platform,
    checkedAt: new Date(held.checkedAt).toISOString(),
    source: held.source,
    retryable: false,
    nextActions: actions('wait_for_inbound'),
    ...listed(outcomes, sends),
  };
}

const denials: Readonly<Record<DenyReason, readonly [title: string, detail: string]>> = {
  service_window_closed: [
    'The customer service window is closed',
    'A free-form message would be accepted and then lost: the time in which the customer can be written to freely is over.',
  ],
  channel_inactive: ['The channel is not active', 'The channel has a status in which it sends nothing.'],
  outgoing_unavailable: ['The channel cannot send', "The channel's capability to send messages is off or has run out."],
  quota_spent: [
    'The quota of the window is spent',
    'The platform accepts no more messages until the customer writes again.',
  ],
  opted_out: ['The contact has opted out', 'The contact does not want to receive free-form messages.'],
};

const undecided: readonly [title: string, detail: string] = [
  'It is not known whether the window is open',
  'The facts that decide this send could not be had, and the workspace does not send on a guess.',
];

/** What is unknown because of the request itself: the same request again would be as unknown. */
const unsendable: Readonly<
  Partial<Record<Decision['reason'], readonly [title: string, detail: string, action: string]>>
> = {
  unclassified_message: [
    'The message cannot be read',
    'The request holds no message that the guard understands, so it cannot tell whether the message needs a window.',
    'correct_message',
  ],
  template_unsupported: [
    'The platform has no templates',
    'The template would be sent as free text, and the service window is not known to be open.',
    'wait_for_inbound',
  ],
  too_many_recipients: [
    'The request has too many recipients',
    'The request has more recipients or messages than the guard decides at once.',
    'split_request',
  ],
};

function textOf(decision: Decision): { readonly title: string; readonly detail: string } {
  const unknown = unsendable[decision.reason] ?? undecided;
  const [title, detail] = decision.verdict === 'deny' ? denials[decision.reason] : unknown;
  return { title, detail };
}

function nextActionsOf({ verdict, reason }: Decision, platform: string | undefined): Problem['nextActions'] {
  if (verdict === 'unknown') return actions(unsendable[reason]?.[2] ?? 'retry_later');
  const hasTemplates = platform !== undefined && own(own(platforms, platform), 'hasTemplates') === true;
  switch (reason) {
    case 'service_window_closed':
    case 'quota_spent':
      return hasTemplates ? actions('send_template', 'wait_for_inbound') : actions('wait_for_inbound');
    case 'channel_inactive':
    case 'outgoing_unavailable':
      return actions('check_channel');
    default:
      return actions('respect_opt_out');
  }
}

function actions(...names: readonly string[]): Problem['nextActions'] {
  return names.map((action) => ({ action }));
}

function isoOf(decision: Decision): string | null {
  const closedAt = decision.verdict === 'deny' ? decision.closedAt : null;
  return closedAt === null ? null : new Date(closedAt).toISOString();
}

/** A request may have a hundred thousand: nobody reads an answer of megabytes. */
const MAX_LISTED = 100;

function listed(outcomes: readonly Outcome[], sends: readonly SendRequest[]): Pick<Problem, 'recipients' | 'contacts'> {
  const contacts = recipientVerdicts(outcomes.slice(0, MAX_LISTED), sends);
  return outcomes.length > MAX_LISTED ? { recipients: outcomes.length, contacts } : { contacts };
}

function recipientVerdicts(outcomes: readonly Outcome[], sends: readonly SendRequest[]): RecipientVerdict[] {
  const counts = new Map<number | undefined, number>();
  return outcomes.map(({ decision: { verdict, reason }, declined, held }, position) => {
    const item = sends[position]?.item;
    const index = counts.get(item) ?? 0;
    counts.set(item, index + 1);
    return {
      index,
      ...(item === undefined ? {} : { item }),
      verdict,
      reason,
      ...(declined === undefined ? {} : { declined }),
      ...(held === undefined ? {} : { held: { ...held, expiresAt: new Date(held.expiresAt).toISOString() } }),
    };
  });
}
