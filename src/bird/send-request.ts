import { own } from '../core/own.js';
import type { Instant } from '../core/types.js';
import type { ReceiverContact } from './address.js';
import { hasRival } from './rival-keys.js';

/** One message to one recipient. */
export interface SendRequest {
  /** UUID, in either case. */
  readonly workspaceId: string;
  /** UUID, in either case; left out only with `conversationId`. */
  readonly channelId?: string | undefined;
  /** The conversation that the message goes into: its channel is the conversation's, and so is a contact not given. */
  readonly conversationId?: string | undefined;
  /** The recipient, as an entry of Bird's `receiver.contacts`. */
  readonly contact?: ReceiverContact | undefined;
  /** A whole create-message body; its receiver is ignored in favour of `contact`. Absent: a free-form message. */
  readonly message?: unknown;
  /** When the message will be sent. Default: the message's `scheduledFor`, else now. */
  readonly sendAt?: Instant | undefined;
  /** Who writes. Default: `human` where the message's `useCase` says so, else `automation`. */
  readonly sender?: 'human' | 'automation' | undefined;
  /** The position of the message in a batch. */
  readonly item?: number | undefined;
}

/** Messages that one batch of Bird's may hold. */
export const LARGEST_BATCH = 100;

/** What of an HTTP request tells whether it is a send: node's own and Express's properties. */
export interface HttpRequestLike {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly params?: unknown;
  /** Express sets it where the handler stands on a route of its own, as against `app.use`. */
  readonly route?: unknown;
  readonly body?: unknown;
}

/** The sends in a request to Bird's API, one per recipient; `undefined` when it is no send. */
export function readSends(req: HttpRequestLike): readonly SendRequest[] | undefined {
  if (req.method !== 'POST') return undefined;
  const path = pathOf(req.originalUrl ?? req.url);
  const byPath = targetOfPath(path);
  // `app.use` with parameters in its path sees every route below: there, only the path can say what is a send.
  const isMountedHere = req.route !== undefined || ['', '/'].includes(pathOf(req.url));
  const byParams = byPath !== undefined || isMountedHere ? targetOfParams(req) : undefined;
  // Where the path is one of Bird's, it says whether this is a batch; what the body holds besides cannot.
  const target =
    byParams !== undefined && byPath !== undefined ? { ...byParams, isBatch: byPath.isBatch } : (byParams ?? byPath);
  if (target === undefined) return undefined;
  const { isBatch, ...ids } = target;
  if (!isBatch) return sendsOfMessage(req.body ?? null, ids);

  const items = own(req.body, 'messageRequests');
  // A batch that cannot be read is one send that cannot be classified.
  if (!Array.isArray(items) || items.length === 0) return [{ ...ids, message: null }];
  return items.flatMap((message, item) => sendsOfMessage(message ?? null, { ...ids, item }));
}

interface Target {
  readonly workspaceId: string;
  readonly channelId?: string;
  readonly conversationId?: string;
  readonly isBatch: boolean;
}

/** One message's sends, one per recipient; where it lists none it is one, without a contact. */
export function sendsOfMessage(message: unknown, ids: Omit<SendRequest, 'message'>): readonly SendRequest[] {
  const isConversation = ids.conversationId !== undefined;
  const receiver = own(message, 'receiver');
  const contacts = isConversation ? own(message, 'recipients') : own(receiver, 'contacts');
  const isAmbiguous = isConversation
    ? hasRival(message, ['recipients'])
    : hasRival(message, ['receiver']) || hasRival(receiver, ['contacts']);
  // Without a contact it cannot be told whose window it is, and that is said; a conversation has its own.
  if (isConversation && isAmbiguous) return [{ ...ids, contact: {}, message }];
  if (!Array.isArray(contacts) || contacts.length === 0 || isAmbiguous) return [{ ...ids, message }];
  if (contacts.length === 1) return [{ ...ids, contact: contacts[0], message }];
  return contacts.map((contact: ReceiverContact) => ({ ...ids, contact, message }));
}

/** Ids from the route's parameters, where the route has them. */
function targetOfParams({ params, body }: HttpRequestLike): Target | undefined {
  const workspaceId = own(params, 'workspaceId');
  const channelId = own(params, 'channelId');
  const conversationId = own(params, 'conversationId');
  if (typeof workspaceId !== 'string') return undefined;
  if (typeof channelId === 'string') {
    return { workspaceId, channelId, isBatch: own(body, 'messageRequests') !== undefined };
  }
  return typeof conversationId === 'string' ? { workspaceId, conversationId, isBatch: false } : undefined;
}

/**
 * Ids from the path, matched as Express matches by default: any case, one slash more at the end, any prefix. Read from
 * the end, so that nothing backtracks.
 */
function targetOfPath(path: string): Target | undefined {
  const segments = path.split('/');
  if (segments.at(-1) === '') segments.pop();
  if (!isWord(segments.pop(), 'messages')) return undefined;
  const isBatch = isWord(segments.at(-1), 'batch');
  if (isBatch) segments.pop();
  const [workspaces, workspaceId = '', collection, id = ''] = segments.slice(-4);
  if (segments.length < 4 || !isWord(workspaces, 'workspaces')) return undefined;
  if (isWord(collection, 'channels'))
    return { workspaceId: decodeSegment(workspaceId), channelId: decodeSegment(id), isBatch };
  if (isBatch || !isWord(collection, 'conversations')) return undefined;
  return { workspaceId: decodeSegment(workspaceId), conversationId: decodeSegment(id), isBatch };
}

function pathOf(url = ''): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

function isWord(segment: string | undefined, word: string): boolean {
  return segment?.toLowerCase() === word;
}

/** An id that cannot be decoded stays as it is: it is no UUID then, and the answer is `bad_id`. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
