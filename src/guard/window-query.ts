import type { ReceiverContact } from '../bird/send/address.js';
import type { SendRequest } from '../bird/send/send-request.js';
import { requireObject } from '../core/argument-checks.js';
import { toInstant } from '../core/instant.js';
import { checkOptionsOf, isObject, type OptionCheck, oneOf } from '../core/option-checks.js';
import { own, ownFields } from '../core/own.js';
import { jsonCopy } from '../core/reroute/json-copy.js';
import type { Decision, Instant, Verdict } from '../core/types.js';
import { callDeadline } from './deadline.js';
import type { SourcedDecision } from './outcome.js';

/** Whose window is asked for, as a send names its contact or as an observation does. */
export interface WindowQuery {
  /** The workspace that would send, a UUID in either letter case. */
  readonly workspaceId: string;
  /** The channel to send on, a UUID; left out only with `conversationId`. */
  readonly channelId?: string | undefined;
  /** The conversation to send into. Its channel and its contact count, where the query names none. */
  readonly conversationId?: string | undefined;
  /** The contact, as an entry of Bird's `receiver.contacts`. */
  readonly contact?: ReceiverContact | undefined;
  /** In place of `contact`: the contact's id, a UUID. */
  readonly contactId?: string | undefined;
  /** In place of `contact`: the address, such as a phone number. */
  readonly address?: string | undefined;
  /** Bird's key of `address`, such as `phonenumber`. Default: guessed from the address. */
  readonly identifierKey?: string | undefined;
}

/** When the message would be sent and by whom, and how long the answer may take. */
export interface WindowQueryOptions {
  /** When the message would be sent; a past instant means now. Default: now. */
  readonly at?: Instant | undefined;
  /** Who would write: only `human` may use a human-agent window. Default `automation`. */
  readonly sender?: 'human' | 'automation' | undefined;
  /** The longest time the answer may take, in ms. Default: the workspace's `deadlineMs`; 1 to 600 000 (10 min). */
  readonly deadlineMs?: number | undefined;
}

/** Whether a contact can be written to freely, and for how long. */
export interface WindowStatus {
  /** What the facts say, before any policy. */
  readonly verdict: Verdict;
  /** Why the verdict is what it is. */
  readonly reason: Decision['reason'];
  /** The end of the open window, epoch ms; `null` where it is not open or has no known end. */
  readonly openUntil: number | null;
  /** The end of the closed window, epoch ms; `null` where it is not closed or its end is not known. */
  readonly closedAt: number | null;
  /** Where the facts came from. */
  readonly source: 'memory' | 'bird' | 'none';
  /** When the answer was found, epoch ms. */
  readonly checkedAt: number;
}

const checks = {
  at: {
    rule: 'an instant: RFC 3339 with offset, epoch ms or a Date',
    hasType: (value) => toInstant(value) !== undefined,
  },
  sender: oneOf('human', 'automation'),
  deadlineMs: callDeadline,
} satisfies Record<keyof WindowQueryOptions, OptionCheck>;

/** @throws {TypeError | RangeError} naming the option */
export function readWindowOptions(given: WindowQueryOptions): WindowQueryOptions {
  checkOptionsOf('window', given, checks);
  return ownFields(given);
}

/** In the order in which a copy has them. */
const fields = Object.keys({
  workspaceId: 0,
  channelId: 0,
  conversationId: 0,
  contactId: 0,
  address: 0,
  identifierKey: 0,
  contact: 0,
} satisfies Record<keyof WindowQuery, 0>);

const shape = '{ workspaceId, channelId, contact }';

/**
 * A query that stays as it is: one that is kept must not become that of another contact where the application changes
 * its object.
 *
 * @throws {TypeError} naming what it is, for a query that is none or cannot be JSON
 */
export function copyOfQuery(query: WindowQuery, name: string): WindowQuery {
  requireObject(query, name, shape);
  const copy = jsonCopy(Object.fromEntries(fields.map((field) => [field, own(query, field)])));
  if (isObject(copy)) return copy as WindowQuery;
  throw new TypeError(`${name} must have nothing but texts in ${shape}`);
}

/** The free-form send that a query is about. Callers without types may pass anything. */
export function sendOfQuery(query: WindowQuery, { at, sender }: WindowQueryOptions): SendRequest {
  const named = {
    id: own(query, 'contactId'),
    identifierKey: own(query, 'identifierKey'),
    identifierValue: own(query, 'address'),
  };
  const isNamed = named.id !== undefined || named.identifierValue !== undefined;
  return {
    workspaceId: own(query, 'workspaceId') as string,
    channelId: own(query, 'channelId') as string | undefined,
    conversationId: own(query, 'conversationId') as string | undefined,
    contact: (own(query, 'contact') ?? (isNamed ? named : undefined)) as ReceiverContact | undefined,
    sendAt: at,
    sender,
  };
}

export function statusOf(
  { decision, source }: Pick<SourcedDecision, 'decision' | 'source'>,
  checkedAt: number,
): WindowStatus {
  const { verdict, reason } = decision;
  return {
    verdict,
    reason,
    openUntil: decision.verdict === 'allow' ? decision.validUntil : null,
    closedAt: decision.verdict === 'deny' ? decision.closedAt : null,
    source,
    checkedAt,
  };
}
