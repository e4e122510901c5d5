import type { ReroutePolicy } from '../core/reroute/policy.js';
import { requireRuntime } from '../runtime.js';
import type { HeldMessage } from '../stores/held-store.js';
import { type HoldUntilReplyOptions, resolveHold } from './options.js';
import { Holding } from './queue.js';

/** The reroute policy of `holdUntilReply`, which can list the messages it holds. */
export interface HoldPolicy extends ReroutePolicy {
  /** The held messages of a workspace, by window and in order. */
  pending(workspaceId: string): Promise<readonly HeldMessage[]>;
}

/** The Holding behind a policy, by which the guard tells it what customers do. */
const holdings = new WeakMap<object, Holding>();

export function holdingOf(policy: ReroutePolicy | 'block'): Holding | undefined {
  return typeof policy === 'function' ? holdings.get(policy) : undefined;
}

/**
 * Holds a message until the customer writes (`observeInbound`, or Bird's event), then sends it, in order and once per
 * `reference`. Declines with `hold_full`, `hold_store_failed`, `address_unresolved`, `content_not_carried`, or
 * `reason_not_time` where a reply would not help.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options, and where the runtime has no `crypto.randomUUID`
 *
 * @example
 * const onClosed = holdUntilReply({ store, lifetimeMs: 24 * 3_600_000, onExpired: tellTheAgent });
 */
export function holdUntilReply(options: HoldUntilReplyOptions = {}): HoldPolicy {
  requireRuntime('holdUntilReply', { 'crypto.randomUUID': globalThis.crypto?.randomUUID });
  const holding = new Holding(resolveHold(options));
  const policy: ReroutePolicy = (context) => holding.hold(context);
  holdings.set(policy, holding);
  return Object.assign(policy, { pending: (workspaceId: string) => holding.pending(workspaceId.toLowerCase()) });
}
