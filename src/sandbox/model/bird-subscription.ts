import { randomUUID } from 'node:crypto';
import { own } from '../../core/own.js';
import type { Problems } from '../api/create-message.js';

/** A condition on the events of a subscription; all of them have to hold. */
export interface EventFilter {
  /** `channelId`, `messageStatus`, `interactionType`, `platformId` or `channelStatus`. */
  readonly key: string;
  /** What the event has to say there, exactly. */
  readonly value: string;
}

/** Bird's webhook subscription: which events go where. */
export interface BirdSubscription {
  /** A uuid, by which it is deleted. */
  readonly id: string;
  /** A uuid: the organization in whose path it was made. */
  readonly organizationId: string;
  /** The workspace whose events it is about. */
  readonly workspaceId: string;
  /** Which of Bird's services the events are of: `channels` for messages. */
  readonly service: string;
  /** Bird's name of the event: `whatsapp.inbound`, `sms.outbound` and so on. */
  readonly event: string;
  /** What an event has to fulfil; with an empty list, every one counts. */
  readonly eventFilters: readonly EventFilter[];
  /** Bird's template for what is posted; it changes nothing here. */
  readonly template: string;
  /** Where deliveries are posted: https, or http on loopback. */
  readonly url: string;
  /** Without one, deliveries are not signed. */
  readonly signingKey?: string | undefined;
  /** Always `active`: one that is deleted is gone. */
  readonly status: 'active';
  /** When it was created: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
}

/** What a subscription is made of. */
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

/** Bird's own pattern, and what Bird refuses and tests need: this machine. */
const publicUrl = /^https:\/\/([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}(\/[^\s]*)?$/;

function isCallable(url: unknown): boolean {
  return isText(url) && (publicUrl.test(url) || isLoopback(url));
}

/** The only hosts that the sandbox calls: nothing of a test may reach the world. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
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
