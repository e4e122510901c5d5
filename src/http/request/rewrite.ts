import { decodePath, targetOfPaths } from '../../bird/send/send-path.js';
import { MAX_BATCH, type SendRequest } from '../../bird/send/send-request.js';
import { isObject } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import type { ReroutedSend } from '../../core/reroute/policy.js';
import type { Outcome } from '../../guard/outcome.js';
import type { HookedRequest } from './sends-of.js';

/** What goes out in the place of a request. */
export interface Rewrite {
  /** Everything that is to be sent, in this order; empty where all of it waits or is stopped. */
  readonly sends: readonly ReroutedSend[];
  /** The request's new body: the first of them, or the batch of all; `undefined` where it stays as it came. */
  readonly body: unknown;
  /** Where the first goes to another channel than the request names. */
  readonly channel?: { readonly from: string; readonly to: string } | undefined;
}

export interface DecidedRequest {
  readonly outcomes: readonly Outcome[];
  readonly sends: readonly SendRequest[];
  readonly req: Pick<HookedRequest, 'url' | 'body' | 'isToldChannel'>;
}

/** What is sent instead; the reason where the request cannot be changed so that its handler would send just that. */
export function rewriteOf({ outcomes, sends, req }: DecidedRequest): Rewrite | string {
  const { body } = req;
  const items = own(body, 'messageRequests');
  const isBatch = Array.isArray(items) && sends.every(({ item, message }) => items[item ?? -1] === message);
  // A hook has read it from a shape that only the application knows.
  if (!isBatch && !sends.every(({ message }) => message === body)) return 'request_not_rewritable';
  const instead = positionsByItem(sends).flatMap((positions) => sendsOfMessage(positions, { outcomes, sends }));
  const from = sends.find(({ channelId }) => channelId !== undefined)?.channelId;
  const [first] = instead;
  if (!isBatch) {
    const isElsewhere = first !== undefined && from !== undefined && !isSameId(first.channelId, from);
    if (isElsewhere && req.isToldChannel !== true && !namesChannel(req, from)) return 'channel_not_rewritable';
    return { sends: instead, body: first?.message, channel: isElsewhere ? { from, to: first.channelId } : undefined };
  }
  if (instead.length > MAX_BATCH) return 'batch_too_large';
  if (instead.some(({ channelId }) => !isSameId(channelId, from))) return 'batch_of_one_channel';
  return { sends: instead, body: { ...Object(body), messageRequests: instead.map(({ message }) => message) } };
}

function positionsByItem(sends: readonly SendRequest[]): readonly (readonly number[])[] {
  const groups = new Map<number | undefined, number[]>();
  for (const [position, { item }] of sends.entries()) {
    const group = groups.get(item) ?? [];
    group.push(position);
    groups.set(item, group);
  }
  return [...groups.values()];
}

/** What becomes of one message with all its recipients. */
function sendsOfMessage(
  positions: readonly number[],
  { outcomes, sends }: Pick<DecidedRequest, 'outcomes' | 'sends'>,
): readonly ReroutedSend[] {
  const kept = positions.filter((position) => outcomes[position]?.action === 'send');
  const rerouted = positions.flatMap((position) => outcomes[position]?.sends ?? []);
  const [first] = kept;
  if (first === undefined) return rerouted;
  const { channelId = '', conversationId, message } = sends[first] ?? {};
  if (!isRecord(message)) return rerouted;
  const contacts = kept.map((position) => sends[position]?.contact);
  const only = conversationId === undefined ? { receiver: { contacts } } : { recipients: contacts };
  const isWhole = kept.length === positions.length;
  return [{ channelId, message: isWhole ? message : { ...message, ...only } }, ...rerouted];
}

/**
 * The same for sends that `resolve` gave, each a message of its own; `undefined` where one of them passes and has no
 * message, so that nobody but the application can say what it is.
 */
export function sendsOfEach({ outcomes, sends }: Omit<DecidedRequest, 'req'>): readonly ReroutedSend[] | undefined {
  const instead = sends.map((send, position): readonly ReroutedSend[] | undefined => {
    const outcome = outcomes[position];
    return outcome?.action === 'send' ? asItCame(send) : (outcome?.sends ?? []);
  });
  return instead.includes(undefined) ? undefined : instead.flatMap((some) => some ?? []);
}

function asItCame({
  channelId = '',
  conversationId,
  contact,
  message,
}: SendRequest): readonly ReroutedSend[] | undefined {
  if (!isRecord(message)) return undefined;
  const isAddressed = conversationId !== undefined || contact === undefined;
  return [{ channelId, message: isAddressed ? message : { ...message, receiver: { contacts: [contact] } } }];
}

/**
 * Parameters alone are not enough: Express reads them from the URL again for the next handler, and what a mount has cut
 * off the URL comes back as it was.
 */
function namesChannel({ url }: Pick<HookedRequest, 'url'>, channelId: string): boolean {
  return withChannel(url, { from: channelId, to: channelId }) !== undefined;
}

/** The URL with another channel in the place of its path that names the one; `undefined`: none does. */
export function withChannel(
  url: string | undefined,
  { from, to }: NonNullable<Rewrite['channel']>,
): string | undefined {
  const [path = '', ...rest] = (url ?? '').split(/(?=[?#])/);
  const segments = path.split('/');
  const changed = (position: number, id: string): string => segments.with(position, id).join('/') + rest.join('');
  const isOfBird = targetOfPaths({ url }) !== undefined;
  // In Bird's paths the channel may stand elsewhere too, before the send or in what `..` takes back.
  const counts = (position: number): boolean => targetOfPaths({ url: changed(position, PROBE) })?.channelId === PROBE;
  const position = segments.findLastIndex(
    (segment, index) => isSameId(decodePath(segment), from) && (!isOfBird || counts(index)),
  );
  return position === -1 ? undefined : changed(position, to);
}

/** No id, so that it is not in the URL already. */
const PROBE = 'probe';

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value);
}

export function isSameId(one: unknown, other: unknown): boolean {
  return typeof one === 'string' && typeof other === 'string' && one.toLowerCase() === other.toLowerCase();
}
