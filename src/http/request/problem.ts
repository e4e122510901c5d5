import type { SendRequest } from '../../bird/send/send-request.js';
import type { Decision } from '../../core/types.js';
import { toId } from '../../core/uuid.js';
import type { Outcome } from '../../guard/outcome.js';
import { heldText, isUnsendable, nextActionsOf, textOf } from './problem-texts.js';
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
  const needsChange = isUnsendable(decision);
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
    nextActions: nextActionsOf(decision, platform).map((action) => ({ action })),
    ...listed(outcomes, sends),
  };
}

/** The answer to a request of which everything that can be sent waits for the customer. */
export function heldOf(outcomes: readonly Outcome[], sends: readonly SendRequest[]): Problem {
  const held = outcomes.find(({ action }) => action === 'hold') ?? worstOf(outcomes);
  const { title, detail } = heldText;
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
    nextActions: [{ action: 'wait_for_inbound' }],
    ...listed(outcomes, sends),
  };
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
