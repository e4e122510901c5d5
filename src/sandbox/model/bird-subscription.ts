import { randomUUID } from 'node:crypto';
import { isLoopback } from '../../bird/api/base-url.js';
import { own } from '../../core/own.js';
import type { Problems } from './problems.js';

/** A condition on the events of a subscription; all conditions must match. */
export interface EventFilter {
  /** The field to compare: `channelId`, `messageStatus`, `interactionType`, `platformId` or `channelStatus`. */
  readonly key: string;
  /** The value that the field must have. */
  readonly value: string;
}

/** Bird's webhook subscription: which events are posted where. */
export interface BirdSubscription {
  /** The subscription's id, by which it is deleted, a UUID. */
  readonly id: string;
  /** The organization in the path of the request, a UUID. */
  readonly organizationId: string;
  /** The workspace of the events. */
  readonly workspaceId: string;
  /** Bird's service; `channels` for messages. */
  readonly service: string;
  /** Bird's name of the event: `whatsapp.inbound`, `sms.outbound` and so on. */
  readonly event: string;
  /** Conditions on the events; an empty list matches all. */
  readonly eventFilters: readonly EventFilter[];
  /** Bird's template for the payload; without effect here. */
  readonly template: string;
  /** Where events are posted: https, or http on loopback. */
  readonly url: string;
  /** The key that signs deliveries. Without one, they are not signed. */
  readonly signingKey?: string | undefined;
  /** Always `active`: a deleted subscription is gone. */
  readonly status: 'active';
  /** When it was created: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
}

/** The fields of a subscription to create. */
export type SubscriptionParts = Pick<BirdSubscription, 'organizationId' | 'workspaceId' | 'event' | 'url'> &
  Partial<Pick<BirdSubscription, 'service' | 'eventFilters' | 'template' | 'signingKey'>>;

export function createSubscription(parts: SubscriptionParts, now: number): BirdSubscription {
  const { organizationId, workspaceId, service = 'channels', event, eventFilters = [] } = parts;
  const { template = '', url, signingKey } = parts;
  const at = new Date(now).toISOString();
  const id = randomUUID();
  const ids = { id, organizationId, workspaceId };
  const what = { service, event, eventFilters, template, url };
  const times = { status: 'active', createdAt: at, updatedAt: at } as const;
  return signingKey === undefined ? { ...ids, ...what, ...times } : { ...ids, ...what, signingKey, ...times };
}

const services: readonly unknown[] = ['channels', 'numbers', 'payments', 'conversations'];
const filterKeys: readonly unknown[] = ['channelId', 'messageStatus', 'interactionType', 'platformId', 'channelStatus'];

/** What is wrong with a request for a subscription, by field. */
export function subscriptionProblems(body: unknown): Problems {
  const found: [string, boolean, string][] = [
    ['service', !services.includes(own(body, 'service')), `must be one of ${services.join(', ')}`],
    ['event', !isText(own(body, 'event')), 'is required'],
    ['url', !isCallable(own(body, 'url')), 'must be an https URL without a port, or an http URL on loopback'],
    ['eventFilters', !areFilters(own(body, 'eventFilters') ?? []), `keys must be among ${filterKeys.join(', ')}`],
    ['signingKey', !isOptionalText(own(body, 'signingKey')), 'must be a string'],
    ['template', !isOptionalText(own(body, 'template')), 'must be a string'],
  ];
  return Object.fromEntries(found.filter(([, isWrong]) => isWrong).map(([field, , text]) => [field, [text]]));
}

/** Bird's own pattern. Tests also need URLs on this machine, which Bird refuses. */
const publicUrl = /^https:\/\/([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}(\/[^\s]*)?$/;

function isCallable(url: unknown): boolean {
  return isText(url) && (publicUrl.test(url) || isLoopbackUrl(url));
}

/** Whether a URL is on loopback. The sandbox calls no other, so that no test reaches the network. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && isLoopback(hostname);
}

function areFilters(filters: unknown): boolean {
  return (
    Array.isArray(filters) && filters.every((one) => filterKeys.includes(own(one, 'key')) && isText(own(one, 'value')))
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}
