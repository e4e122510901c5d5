import type { Answer } from './answer.js';
import type { ApiRequest } from './api-request.js';
import { getChannel, getChannelContact, listChannels } from './channel-operations.js';
import { listIdentifiers, searchContacts } from './contact-operations.js';
import { createConversationMessage, getConversation } from './conversation-operations.js';
import { createBatch, createMessage, getMessage, listMessages } from './message-operations.js';
import { getSubscription, listSubscriptions, subscribe, unsubscribe } from './webhook-operations.js';

/** The operation that a request calls; `unknown` where no route matches. */
export type RequestKind =
  | 'channels'
  | 'channel'
  | 'contact'
  | 'search'
  | 'identifiers'
  | 'send'
  | 'batch'
  | 'message'
  | 'messages'
  | 'conversation'
  | 'conversation-send'
  | 'webhooks'
  | 'unknown';

/** One operation of Bird's API. `:name` in the path matches one segment. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly kind: RequestKind;
  readonly answer: (request: ApiRequest) => Answer;
}

const workspace = '/workspaces/:workspaceId';
const channel = `${workspace}/channels/:channelId`;
const conversation = `${workspace}/conversations/:conversationId`;
const webhooks = 'webhook-subscriptions';
const organization = `/organizations/:organizationId${workspace}`;

/** All routes of the sandbox. The first match wins. */
const routes: readonly Route[] = [
  { method: 'GET', path: `${workspace}/channels`, kind: 'channels', answer: listChannels },
  { method: 'GET', path: `${workspace}/channels/messages`, kind: 'messages', answer: listMessages },
  { method: 'GET', path: channel, kind: 'channel', answer: getChannel },
  { method: 'GET', path: `${channel}/contacts/:contactId`, kind: 'contact', answer: getChannelContact },
  { method: 'POST', path: `${workspace}/contacts/search`, kind: 'search', answer: searchContacts },
  { method: 'GET', path: `${workspace}/contacts/:contactId/identifiers`, kind: 'identifiers', answer: listIdentifiers },
  { method: 'POST', path: `${channel}/messages`, kind: 'send', answer: createMessage },
  { method: 'POST', path: `${channel}/batch/messages`, kind: 'batch', answer: createBatch },
  { method: 'GET', path: `${channel}/messages`, kind: 'messages', answer: listMessages },
  { method: 'GET', path: `${channel}/messages/:messageId`, kind: 'message', answer: getMessage },
  { method: 'GET', path: conversation, kind: 'conversation', answer: getConversation },
  { method: 'POST', path: `${conversation}/messages`, kind: 'conversation-send', answer: createConversationMessage },
  { method: 'POST', path: `${organization}/${webhooks}`, kind: 'webhooks', answer: subscribe },
  { method: 'GET', path: `${organization}/${webhooks}`, kind: 'webhooks', answer: listSubscriptions },
  { method: 'GET', path: `${organization}/${webhooks}/:subscriptionId`, kind: 'webhooks', answer: getSubscription },
  { method: 'DELETE', path: `${organization}/${webhooks}/:subscriptionId`, kind: 'webhooks', answer: unsubscribe },
  { method: 'GET', path: `${workspace}/${webhooks}`, kind: 'webhooks', answer: listSubscriptions },
];

/** The match for a path: a route, or the methods that the path allows instead (none: the path is unknown). */
export type Match =
  | { readonly route: Route; readonly ids: Readonly<Record<string, string>> }
  | { readonly route: undefined; readonly allowed: readonly string[] };

/** Finds the route for a path without its query. Throws a `URIError` if the path cannot be decoded. */
export function matchRoute(method: string, path: string): Match {
  const segments = path.replace(/\/$/, '').split('/').map(decodeURIComponent);
  const fitting = routes.flatMap((route) => {
    const ids = idsIn(route.path.split('/'), segments);
    return ids === undefined ? [] : [{ route, ids }];
  });
  const match = fitting.find(({ route }) => route.method === method);
  return match ?? { route: undefined, allowed: fitting.map(({ route }) => route.method) };
}

function idsIn(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const pairs = pattern.map((part, index) => [part, segments[index] ?? ''] as const);
  const fits = pairs.every(([part, segment]) => (part.startsWith(':') ? segment !== '' : part === segment));
  if (!fits) return undefined;
  return Object.fromEntries(pairs.filter(([part]) => part.startsWith(':')).map(([part, id]) => [part.slice(1), id]));
}
