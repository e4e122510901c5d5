import type { HookWatcher } from '../core/hook.js';
import type { SendToReroute } from '../core/reroute/policy.js';
import type { Decision } from '../core/types.js';
import type { Clock, Logger } from '../ports.js';
import type { ReportError } from '../telemetry/reported-error.js';
import type { ReleasedMessage } from './options.js';

/** What a workspace's guard offers to the dispatcher of held messages. */
export interface DispatchHost {
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Receives whether the policy's functions work. */
  readonly hooks: HookWatcher;
  /** Receives what the store of held messages throws. */
  readonly reportError: ReportError;
  /** The time by Bird's clock, epoch ms. */
  now(): number;
  /** The decision by the facts, with a read from Bird if memory does not decide. */
  decide(send: SendToReroute): Promise<Decision>;
  /** Whether memory alone allows the send. */
  isKnownOpen(send: SendToReroute): boolean;
  /** Sends by Bird's API. Rejects if another attempt may succeed. */
  post(message: ReleasedMessage): Promise<'accepted' | 'rejected'>;
}
