import type { MessageReader } from '../bird/send/message.js';
import type { SendRequest } from '../bird/send/send-request.js';
import { typeName } from '../core/option-checks.js';
import type { ChannelFacts, ChannelRef, Clock, Logger } from '../ports.js';
import type { Decisions } from '../telemetry/decisions.js';
import type { Lookups } from '../telemetry/lookups.js';
import type { ReportError } from '../telemetry/reported-error.js';
import type { HookTroubles } from './notices/hook-troubles.js';
import type { LogOnce } from './notices/log-once.js';
import type { MountWatch } from './notices/mount-watch.js';
import type { Observations } from './observations/observations.js';
import type { PlannedSend } from './planned-send.js';
import type { WindowWatches } from './watches/window-watches.js';

/** What an adapter needs of a guard beside its decisions: the same clock, logger and patience. */
export interface GuardInternals {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is said once. */
  readonly logOnce: LogOnce;
  readonly hooks: HookTroubles;
  readonly mounts: MountWatch;
  readonly reportError: ReportError;
  /** The defaults' `deadlineMs`. */
  readonly deadlineMs: number;
  /** What is to be done with a send, and nothing done yet; at once where memory can tell. Never rejects. */
  readonly plan: (send: SendRequest, messages?: MessageReader) => PlannedSend | Promise<PlannedSend>;
  /** Who makes a decision of what was planned says so here. */
  readonly decisions: Decisions;
  /** Tells of each request to Bird. */
  readonly lookups: Lookups;
  /** Whether the guard has options for a workspace, as far as it knows without asking. */
  readonly isKnown: (workspaceId: string) => boolean;
  /** Everything that can be observed, with more kinds of it than the public methods take. */
  readonly observations: Observations;
  /** The windows that somebody watches. */
  readonly watches: WindowWatches;
  /** The time as the provider of a workspace has it, epoch ms. */
  readonly now: (workspaceId: string) => number;
  /**
   * A workspace's channel, from memory for ten minutes; `undefined`: the guard has no options for the workspace. Ids
   * are lower-case UUIDs.
   *
   * @throws {LookupError} `channel_not_found` where the channel is not the workspace's
   */
  channel(ref: ChannelRef): Promise<ChannelFacts | undefined>;
  /** The same, where it is remembered and fresh. */
  knownChannel(ref: ChannelRef): ChannelFacts | undefined;
  /** The `signingKeys` of a workspace's options; none for a workspace that has none. */
  signingKeys(workspaceId: string): Promise<readonly string[]>;
  /** The same, where they are known at once: from a map of workspaces, but not always from a function. */
  knownSigningKeys(workspaceId: string): readonly string[] | undefined;
}

const internals = new WeakMap<object, GuardInternals>();

/** Lets adapters reach what is behind a guard. */
export function exposeInternals(guard: object, parts: GuardInternals): void {
  internals.set(guard, parts);
}

/** @throws {TypeError} for what `createGuard` did not make */
export function internalsOf(guard: object): GuardInternals {
  const found = internals.get(guard);
  if (found === undefined) throw new TypeError(`guard must come from createGuard; received ${typeName(guard)}`);
  return found;
}
