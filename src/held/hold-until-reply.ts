import type { ReroutePolicy } from '../core/reroute/policy.js';
import { requireRuntime } from '../runtime.js';
import type { HeldMessage } from '../stores/held-store.js';
import { type HoldUntilReplyOptions, resolveHold } from './options.js';
import { HeldMessageQueue } from './queue.js';

/** The reroute policy of `holdUntilReply`, which can list the messages it holds. */
export interface HoldPolicy extends ReroutePolicy {
  /** The held messages of a workspace, by window and in order. */
  pending(workspaceId: string): Promise<readonly HeldMessage[]>;
}

/** The queue behind a policy: the guard wakes it when a customer writes. */
const queues = new WeakMap<object, HeldMessageQueue>();

export function queueOf(policy: ReroutePolicy | 'block'): HeldMessageQueue | undefined {
  return typeof policy === 'function' ? queues.get(policy) : undefined;
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
  const queue = new HeldMessageQueue(resolveHold(options));
  const policy: ReroutePolicy = (context) => queue.hold(context);
  queues.set(policy, queue);
  return Object.assign(policy, { pending: (workspaceId: string) => queue.pending(workspaceId.toLowerCase()) });
}
