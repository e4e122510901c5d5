import { own } from '../../core/own.js';
import {
  type BirdSubscription,
  createSubscription,
  type EventFilter,
  type SubscriptionParts,
  subscriptionProblems,
} from '../model/bird-subscription.js';
import { type Answer, created, invalidPayload, notFound, ok } from './answer.js';
import type { ApiRequest } from './api-request.js';
import { pageOf } from './page.js';

const MAX_SUBSCRIPTIONS = 100;

/** `POST /organizations/{org}/workspaces/{ws}/webhook-subscriptions`. */
export function subscribe({ state, workspace, ids, body }: ApiRequest): Answer {
  const problems = subscriptionProblems(body);
  if (Object.keys(problems).length > 0) return invalidPayload(problems);
  const given = body as Pick<BirdSubscription, 'event' | 'url' | 'service' | 'template' | 'signingKey'>;
  const { event, url, service, template, signingKey } = given;
  const eventFilters = (own(body, 'eventFilters') ?? []) as readonly EventFilter[];
  const owner = { organizationId: ids.organizationId ?? '', workspaceId: workspace.id };
  const parts = { ...owner, event, url, service, template, signingKey, eventFilters };
  const subscription = createSubscription(withoutAbsent(parts), state.clock.now());
  workspace.subscriptions.set(subscription.id, subscription);
  return created(subscription);
}

/** `GET .../webhook-subscriptions`: Bird never shows a key again. */
export function listSubscriptions({ workspace, query }: ApiRequest): Answer {
  const page = pageOf([...workspace.subscriptions.values()].map(withoutKey), query, MAX_SUBSCRIPTIONS);
  return 'results' in page ? ok(page) : page;
}

/** `GET .../webhook-subscriptions/{subscription}`. */
export function getSubscription({ workspace, ids }: ApiRequest): Answer {
  const subscription = workspace.subscriptions.get(ids.subscriptionId ?? '');
  return subscription === undefined ? notFound('webhook subscription') : ok(withoutKey(subscription));
}

/** `DELETE .../webhook-subscriptions/{subscription}`. */
export function unsubscribe({ workspace, ids }: ApiRequest): Answer {
  const isGone = workspace.subscriptions.delete(ids.subscriptionId ?? '');
  return isGone ? { status: 204, body: undefined } : notFound('webhook subscription');
}

function withoutKey({ signingKey, ...shown }: BirdSubscription): Omit<BirdSubscription, 'signingKey'> {
  return shown;
}

function withoutAbsent<T extends SubscriptionParts>(parts: T): T {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== null)) as T;
}
