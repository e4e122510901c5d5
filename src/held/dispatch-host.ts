import type { HookWatcher } from '../core/hook.js';
import type { SendToReroute } from '../core/reroute/policy.js';
import type { Decision } from '../core/types.js';
import type { Clock, Logger } from '../ports.js';
import type { ReleasedMessage } from './options.js';

/** What a workspace's guard does for messages that wait. */
export interface HoldingHost {
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears whether the functions that the policy was given work. */
  readonly hooks: HookWatcher;
  /** The time as Bird has it, epoch ms. */
  now(): number;
  /** What the facts say; Bird is asked where it has to be. */
  decide(send: SendToReroute): Promise<Decision>;
  /** The same from memory alone. */
  isKnownOpen(send: SendToReroute): boolean;
  /** Sends by Bird's API. Rejects where another attempt may succeed. */
  post(message: ReleasedMessage): Promise<'accepted' | 'rejected'>;
}
