import type { SendRequest } from '../bird/send/send-request.js';
import { requireArray } from '../core/argument-checks.js';
import type { GuardHealth } from '../telemetry/health.js';
import type { GuardStats } from '../telemetry/statistics.js';
import { type CheckOptions, type CloseOptions, readCheckOptions } from './deadline.js';
import { GuardEngine } from './engine.js';
import { exposeInternals } from './internals.js';
import type { ForgetTarget, ObservedInbound, ObservedOptOut, ObservedRefusal } from './observations/observed.js';
import type { Outcome } from './outcome.js';
import type { WindowQuery, WindowQueryOptions, WindowStatus } from './window-query.js';
import type { GuardOptions } from './workspaces/options.js';
import type { WorkspaceSource } from './workspaces/workspace-options.js';

/** Decides about sends and remembers which windows are open. One guard serves a whole process. */
export interface Guard {
  /**
   * Decides about one message to one recipient and applies the policy. Settles within `deadlineMs`. Never rejects, but
   * for invalid options.
   *
   * @throws {TypeError | RangeError} for an invalid option; it rejects with it
   */
  check(send: SendRequest, options?: CheckOptions): Promise<Outcome>;
  /**
   * Runs `check` on each send independently; outcomes come in the order of the sends. What one send holds stays held
   * when another is blocked: for the sends of one request, use `guardRequest`.
   *
   * @throws {TypeError | RangeError} for what is no list, and for an invalid option; it rejects with it
   */
  checkAll(sends: readonly SendRequest[], options?: CheckOptions): Promise<Outcome[]>;
  /** Decides from memory alone, synchronously and without I/O; `undefined` where Bird must be asked. */
  peek(send: SendRequest): Outcome | undefined;
  /**
   * Tells whether a contact can be written to freely, and until when: a question without side effects. No policy and no
   * hook runs, nothing is held and no decision is counted; it answers in mode `off` too. Reads that it needs count as
   * reads. Never rejects, but for invalid options.
   *
   * @throws {TypeError | RangeError} for an invalid option; it rejects with it
   */
  window(query: WindowQuery, options?: WindowQueryOptions): Promise<WindowStatus>;
  /**
   * Records that a customer wrote. Call it from your webhook consumer before you reply, so that Bird's delay cannot
   * matter. Order and repetition make no difference.
   *
   * @throws {TypeError} for an invalid id, address or instant
   */
  observeInbound(inbound: ObservedInbound): void | Promise<void>;
  /**
   * Records that the provider refused a message as too late. Only a customer message newer than the refused one opens
   * the window again.
   *
   * @throws {TypeError} for an invalid id, address or instant
   */
  observeRefusal(refusal: ObservedRefusal): void | Promise<void>;
  /**
   * Records that a contact opted out of free-form messages, or in again. It is as durable as the store: with a database
   * of your own, use the option `isOptedOut`. Only `forget` with the contact forgets it.
   *
   * @throws {TypeError} for an invalid id, address or instant, and where `optedOut` is neither true nor false
   */
  observeOptOut(optOut: ObservedOptOut): void | Promise<void>;
  /**
   * Drops what is remembered about a window, a channel or a workspace, so that Bird is asked again.
   *
   * @throws {TypeError} for an invalid id or address
   */
  forget(target: ForgetTarget): void | Promise<void>;
  /** What the guard has done since it was created. */
  stats(): GuardStats;
  /**
   * Replaces the workspaces, from the next decision on. Memory is kept, except for workspaces that are gone.
   *
   * @throws {TypeError | RangeError} for invalid options; the old ones then stay in force
   */
  reload(workspaces: WorkspaceSource): void;
  /** Whether Bird and the store answer, and what keeps each workspace's sends from being decided. Asks nobody. */
  health(): GuardHealth;
  /**
   * Stops reading from Bird, at once: later sends pass, flagged `lookup_failed`. Settles when the decisions, reads and
   * releases under way have ended, or after `timeoutMs`. A warning says how many held messages are lost with the
   * process.
   *
   * @throws {TypeError | RangeError} for an invalid option; it rejects with it, and nothing is closed
   */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Creates a guard with its own memory and its own budget of reads. Options are checked here, never in a request.
 *
 * @throws {TypeError} for a misspelt option, a missing one or a wrong type; {RangeError} for a value out of range;
 *   {TypeError} also where the runtime lacks what a guard needs, such as `fetch`
 *
 * @example
 * const guard = createGuard({ workspaces: { [workspaceId]: { accessKey } } });
 * const { action } = await guard.check({ workspaceId, channelId, contact: { identifierKey, identifierValue } });
 */
export function createGuard(options: GuardOptions): Guard {
  const guard = new GuardEngine(options);
  const face: Guard = {
    check: (send, options) => guard.check(send, options),
    checkAll: async (sends, options) => {
      requireArray(sends, 'checkAll: sends', 'sends');
      readCheckOptions('checkAll', options);
      return Promise.all(sends.map((send) => guard.check(send, options)));
    },
    peek: (send) => guard.peek(send),
    window: (query, options) => guard.window(query, options),
    observeInbound: (inbound) => guard.observations.inbound(inbound),
    observeRefusal: (refusal) => guard.observations.refusal(refusal),
    observeOptOut: (optOut) => guard.observations.optOut(optOut),
    forget: (target) => guard.forget(target),
    stats: () => guard.statistics.read(),
    reload: (workspaces) => guard.workspaces.reload(workspaces),
    health: () => guard.health,
    close: (options) => guard.close(options),
  };
  exposeInternals(face, guard.internals);
  return face;
}
