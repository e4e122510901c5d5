import { LookupError } from '../../errors.js';
import type { Lookup, ReadLimits } from '../../ports.js';
import { askBird, type BirdAnswer, type BirdApiOptions, type BirdRequest } from './api-client.js';
import { decodeChannel, decodeContactSearch, decodeConversation, decodeIdentifiers, decodeWindow } from './decode.js';
import { pauseOf } from './retry-after.js';
import type { DatedHeaders, Exchange } from './server-clock.js';

/** A first attempt leaves half of the time for a second one, but has at least this long. */
const MIN_TIMEOUT_MS = 400;

/** Bird's limit for one page. No contact has more. */
const MAX_IDENTIFIERS = 100;

/** A refused key is not sent again for this long. It covers the one retry, which is meant for a key just rotated. */
const REFUSAL_KEPT_MS = 1_000;

export interface BirdLookupOptions extends BirdApiOptions {
  /** Called with the date headers of each successful answer. */
  readonly onDate?: ((headers: DatedHeaders, exchange: Exchange) => void) | undefined;
}

/** Reads from Bird's Channels and Contacts APIs. Ids must have passed `toId`. */
export function birdLookup(options: BirdLookupOptions): Lookup {
  let refused = { key: '', until: Number.NEGATIVE_INFINITY };
  const ask = async (asked: BirdRequest, { giveUpAt }: ReadLimits): Promise<unknown> => {
    const sentAt = options.clock.now();
    const leftMs = giveUpAt - sentAt;
    if (leftMs <= 0) throw new LookupError('deadline_exceeded', 'No time is left to ask Bird');
    const request = sentAt < refused.until ? { ...asked, refusedKey: refused.key } : asked;
    const timeoutMs = Math.min(leftMs, Math.max(MIN_TIMEOUT_MS, leftMs / 2));
    const answer = await askBird(options, request, timeoutMs);
    const answeredAt = options.clock.now();
    if (isGood(answer)) options.onDate?.(datedHeaders(answer), { sentAt, answeredAt });
    if (isRefused(answer)) refused = { key: answer.accessKey, until: answeredAt + REFUSAL_KEPT_MS };
    return readAnswer(answer, request.path, answeredAt);
  };
  return {
    async channel({ workspaceId, channelId }, limits) {
      const path = `/workspaces/${workspaceId}/channels/${channelId}`;
      return decodeChannel(await ask({ method: 'GET', path }, limits), channelId);
    },
    async contactId({ workspaceId, key, value }, limits) {
      const path = `/workspaces/${workspaceId}/contacts/search`;
      return decodeContactSearch(await ask({ method: 'POST', path, body: { identifier: { key, value } } }, limits));
    },
    async window({ workspaceId, channelId, contactId, address }, limits) {
      const query = address === undefined ? '' : `?contactIdentifierValue=${encodeURIComponent(address)}`;
      const path = `/workspaces/${workspaceId}/channels/${channelId}/contacts/${contactId}${query}`;
      return decodeWindow(await ask({ method: 'GET', path }, limits));
    },
    async conversation({ workspaceId, conversationId }, limits) {
      const path = `/workspaces/${workspaceId}/conversations/${conversationId}`;
      return decodeConversation(await ask({ method: 'GET', path }, limits));
    },
    async identifiers({ workspaceId, contactId }, limits) {
      const path = `/workspaces/${workspaceId}/contacts/${contactId}/identifiers?limit=${MAX_IDENTIFIERS}`;
      return decodeIdentifiers(await ask({ method: 'GET', path }, limits));
    },
  };
}

function readAnswer(answer: BirdAnswer, path: string, now: number): unknown {
  const { status, text, headers } = answer;
  if (isGood(answer)) return parse(text);
  if (isRefused(answer)) {
    // The key may just have been rotated: a second attempt is made, but only with a different key.
    const details = { isRetryable: true, trouble: 'access_denied' } as const;
    throw new LookupError('access_denied', `Bird refused the access key (${status})`, details);
  }
  if (status === 404) throw notFound(text, path);
  if (status === 429) {
    throw new LookupError('lookup_failed', 'Bird received too many requests (429)', {
      isThrottled: true,
      trouble: 'throttled',
      pauseMs: pauseOf(headers.get('retry-after'), now),
    });
  }
  const isRetryable = status === 500 || (status >= 502 && status <= 504);
  throw new LookupError('lookup_failed', `Bird answered with status ${status}`, {
    isRetryable,
    trouble: 'error_status',
  });
}

/** Only Bird itself answers with success; a proxy in between may answer with an error and its own clock. */
function isGood({ status }: BirdAnswer): boolean {
  return status >= 200 && status < 300;
}

function datedHeaders({ headers }: BirdAnswer): DatedHeaders {
  return { date: headers.get('date'), age: headers.get('age') };
}

function isRefused({ status }: BirdAnswer): boolean {
  return status === 401 || status === 403;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error quotes the text, which may contain a phone number, so it is not kept as the cause.
    const details = { isRetryable: true, trouble: 'malformed_answer' } as const;
    throw new LookupError('malformed_answer', "Bird's answer is not JSON", details);
  }
}

/**
 * Bird has one code for every 404. If the path names a channel and a contact, only the message says which is missing.
 */
function notFound(text: string, path: string): LookupError {
  if (path.includes('/conversations/')) {
    return new LookupError('address_unresolved', 'Bird does not know the conversation');
  }
  if (!path.includes('/contacts/') || /channel not found/i.test(text)) {
    return new LookupError('channel_not_found', 'Bird does not know the channel');
  }
  return new LookupError('contact_not_found', 'Bird does not know the contact');
}
