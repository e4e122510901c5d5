import { hasRival, own } from '../../core/own.js';
import type { Instant, UnknownReason } from '../../core/types.js';
import type { ReceiverContact } from './address.js';
import { classifyMessage } from './message.js';
import { type PathTarget, type RequestPaths, targetOfPaths } from './send-path.js';

/** One message to one recipient. */
export interface SendRequest {
  /** The workspace that sends, a UUID in either letter case. */
  readonly workspaceId: string;
  /** The channel to send on, a UUID in either letter case; left out only with `conversationId`. */
  readonly channelId?: string | undefined;
  /**
   * The conversation to send into. Its channel is the channel of the send, and its contact the recipient where
   * `contact` is absent.
   */
  readonly conversationId?: string | undefined;
  /** The recipient, as an entry of Bird's `receiver.contacts`. */
  readonly contact?: ReceiverContact | undefined;
  /** The whole create-message body. Its receiver is ignored in favour of `contact`. Absent: a free-form message. */
  readonly message?: unknown;
  /** When the message will be sent. Default: the message's `scheduledFor`, else now. */
  readonly sendAt?: Instant | undefined;
  /**
   * Whether a human or automation writes. Default: `human` where the message's `useCase` says so, else `automation`.
   */
  readonly sender?: 'human' | 'automation' | undefined;
  /** The position of the message in a batch. */
  readonly item?: number | undefined;
}

/** The largest batch that Bird accepts. */
export const MAX_BATCH = 100;

/** How many recipients a message may have by default. */
export const MAX_RECIPIENTS = 1000;

/** Why a send stands for several that are not read one by one. */
const UNDECIDABLE: unique symbol = Symbol('undecidable');

/** A send in place of more recipients or messages than are permitted. */
function tooMany(ids: Omit<SendRequest, 'message'>): SendRequest {
  return Object.assign({ ...ids, message: null }, { [UNDECIDABLE]: 'too_many_recipients' as const });
}

/** A send in place of a request that could not be read, after its reason was reported. */
export function unreadableSend(): SendRequest {
  return Object.assign({ workspaceId: '', message: null }, { [UNDECIDABLE]: 'unclassified_message' as const });
}

/** Why nothing can be decided about a send, if reading the request has already shown it. */
export function undecidableReason(send: SendRequest): UnknownReason | undefined {
  return (send as { readonly [UNDECIDABLE]?: UnknownReason })[UNDECIDABLE];
}

/** The parts of a request that show whether it is a send, named as in Node and Express. */
export interface HttpRequestLike extends RequestPaths {
  readonly method?: string | undefined;
  readonly params?: unknown;
  /** Set if the handler has a route of its own, so that `params` alone identify a send. */
  readonly route?: unknown;
  readonly body?: unknown;
}

/** The sends in a request to Bird's API, one per recipient; `undefined` if it is not a send. */
export function readSends(
  req: HttpRequestLike,
  maxRecipients: number = MAX_RECIPIENTS,
): readonly SendRequest[] | undefined {
  if (req.method !== 'POST' && !isPost(req.method)) return undefined;
  const byPath = targetOfPaths(req);
  if (byPath?.kind === 'new conversation') return readNewConversation(req.body, byPath, maxRecipients);
  // A mount with parameters in its path sees every route below it, so only the path identifies a send there.
  const isOwn = byPath !== undefined || req.route !== undefined || isMountedHere(req.url);
  const ids = (isOwn ? idsOfParams(req.params) : undefined) ?? idsOfPath(byPath);
  if (ids === undefined) return undefined;
  const message = req.body ?? null;
  if (byPath?.kind === 'message') return sendsOfMessage(message, ids, maxRecipients);
  const items = own(req.body, 'messageRequests');
  if (byPath?.kind === 'batch') return sendsOfBatch(req.body, ids, maxRecipients);
  // On the application's own route it is unknown which of the two it sends.
  if (items === undefined) return sendsOfMessage(message, ids, maxRecipients);
  const batch = sendsOfBatch(req.body, ids, maxRecipients);
  const isBoth = classifyMessage(message) !== 'unclassified';
  return isBoth ? [...batch, ...sendsOfMessage(message, ids, maxRecipients)] : batch;
}

type Ids = Pick<SendRequest, 'workspaceId' | 'channelId' | 'conversationId'>;

/** Node has methods in upper case; hapi passes them on in lower case. */
export function isPost(method: unknown): boolean {
  return typeof method === 'string' && method.toUpperCase() === 'POST';
}

/** `app.use('/...', guard)`: the mount has consumed the whole path. */
function isMountedHere(url: string | undefined): boolean {
  return url === undefined || url === '' || url === '/' || /^\/?[?#]/.test(url);
}

function sendsOfBatch(body: unknown, ids: Ids, maxRecipients: number): readonly SendRequest[] {
  const items = own(body, 'messageRequests');
  const isAmbiguous = hasRival(body, ['messageRequests']);
  // A batch that cannot be read is one send that cannot be classified.
  if (!Array.isArray(items) || items.length === 0 || isAmbiguous) return [{ ...ids, message: null }];
  if (items.length > MAX_BATCH) return [tooMany(ids)];
  return items.flatMap((message, item) => sendsOfMessage(message ?? null, { ...ids, item }, maxRecipients));
}

/** A conversation may begin with a message, which goes to the recipients named in it, else to the participants. */
function readNewConversation(
  body: unknown,
  { workspaceId }: PathTarget,
  maxRecipients: number,
): readonly SendRequest[] | undefined {
  const isAmbiguous = hasRival(body, ['initialMessage', 'channelId', 'participants']);
  const message = own(body, 'initialMessage') ?? undefined;
  if (message === undefined && !isAmbiguous) return undefined;
  const channelId = own(body, 'channelId');
  const ids = { workspaceId, channelId: typeof channelId === 'string' ? channelId : undefined };
  if (isAmbiguous || hasRival(message, ['recipients'])) return [{ ...ids, message: null }];
  const [recipients, participants] = [own(message, 'recipients'), own(body, 'participants')];
  const all = Array.isArray(recipients) && recipients.length > 0 ? recipients : participants;
  const contacts = Array.isArray(all) ? all.filter((one) => own(one, 'type') !== 'accessKey') : [];
  return sendsTo(contacts, message, ids, maxRecipients);
}

/** One message's sends, one per recipient; a message that lists none is one send without a contact. */
export function sendsOfMessage(
  message: unknown,
  ids: Omit<SendRequest, 'message'>,
  maxRecipients: number = MAX_RECIPIENTS,
): readonly SendRequest[] {
  const isConversation = ids.conversationId !== undefined;
  const receiver = own(message, 'receiver');
  const contacts = isConversation ? own(message, 'recipients') : own(receiver, 'contacts');
  const isAmbiguous = isConversation
    ? hasRival(message, ['recipients'])
    : hasRival(message, ['receiver']) || hasRival(receiver, ['contacts']);
  // Without a contact it is unknown whose window counts, and the reason says so; a conversation has its own contacts.
  if (isConversation && isAmbiguous) return [{ ...ids, contact: {}, message }];
  if (!Array.isArray(contacts) || isAmbiguous) return [{ ...ids, message }];
  return sendsTo(contacts, message, ids, maxRecipients);
}

function sendsTo(
  contacts: readonly unknown[],
  message: unknown,
  ids: Omit<SendRequest, 'message'>,
  maxRecipients: number,
): readonly SendRequest[] {
  if (contacts.length === 0) return [{ ...ids, message }];
  if (contacts.length > maxRecipients) return [tooMany(ids)];
  const { workspaceId, channelId, conversationId, item } = ids;
  // Laid out at once: with a spread an allowed request costs 1.05 times as much.
  return contacts.map((contact) => ({
    workspaceId,
    channelId,
    conversationId,
    contact: contact as ReceiverContact,
    message,
    item,
  }));
}

/** Ids from the route's parameters, if it has any. */
function idsOfParams(params: unknown): Ids | undefined {
  const workspaceId = own(params, 'workspaceId');
  const channelId = own(params, 'channelId');
  const conversationId = own(params, 'conversationId');
  if (typeof workspaceId !== 'string') return undefined;
  if (typeof channelId === 'string') return { workspaceId, channelId };
  return typeof conversationId === 'string' ? { workspaceId, conversationId } : undefined;
}

function idsOfPath(target: PathTarget | undefined): Ids | undefined {
  if (target === undefined) return undefined;
  const { workspaceId, channelId, conversationId } = target;
  return channelId === undefined ? { workspaceId, conversationId } : { workspaceId, channelId };
}
