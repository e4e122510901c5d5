import type { SendRequest } from '../bird/send/send-request.js';
import { toId } from '../core/uuid.js';
import type { ReplyEvent } from '../held/options.js';
import type { WindowKey } from '../ports.js';
import { linksOf } from '../stores/memory-store.js';
import { Decisions } from '../telemetry/decisions.js';
import type { GuardHealth } from '../telemetry/health.js';
import { callingListener, flushListener, loggingListener } from '../telemetry/listeners.js';
import { Statistics } from '../telemetry/statistics.js';
import {
  type CheckOptions,
  type CloseOptions,
  type Deadline,
  deadlineOf,
  readCheckOptions,
  readCloseOptions,
} from './deadline.js';
import { Decider } from './decider.js';
import { Directory } from './directory.js';
import { HeldMessages } from './held-messages.js';
import type { GuardInternals } from './internals.js';
import { Notices } from './notices/notices.js';
import { Observations } from './observations/observations.js';
import { type ForgetTarget, identifierOf } from './observations/observed.js';
import type { Outcome } from './outcome.js';
import type { RerouteSupport } from './planned-send.js';
import { recalledWindow } from './watches/recalled-window.js';
import { WindowWatches } from './watches/window-watches.js';
import {
  readWindowOptions,
  sendOfQuery,
  statusOf,
  type WindowQuery,
  type WindowQueryOptions,
  type WindowStatus,
} from './window-query.js';
import { type GuardOptions, type GuardParts, resolveGuardOptions } from './workspaces/options.js';
import { type Policy, resolvePolicy } from './workspaces/policy.js';
import type { Workspace } from './workspaces/workspace.js';
import { WorkspaceRegistry } from './workspaces/workspace-registry.js';

/** A guard's parts, wired: what decides, what is remembered, what waits, and what is said about it. */
export class GuardEngine {
  readonly workspaces: WorkspaceRegistry;
  readonly observations: Observations;
  readonly statistics: Statistics = new Statistics();
  readonly #decisions: Decisions;
  readonly #parts: GuardParts;
  readonly #deadlineMs: number;
  readonly #directory: Directory;
  readonly #decider: Decider;
  readonly #heldMessages: HeldMessages;
  readonly #watches: WindowWatches;

  constructor(options: GuardOptions) {
    this.#parts = resolveGuardOptions(options);
    const { clock, logger, logOnce, hooks, store, links, defaults, onDecision, reportError, inFlight } = this.#parts;
    const { statistics } = this;
    this.#decisions = new Decisions(clock, statistics.others);
    for (const listener of [loggingListener(logger), onDecision && callingListener(onDecision, hooks)]) {
      if (listener !== undefined) this.#decisions.listen(listener);
    }
    const notices = new Notices(this.#parts);
    const defaultPolicy = resolvePolicy(defaults);
    this.#deadlineMs = defaultPolicy.deadlineMs;
    this.#directory = new Directory({ clock, notices, load: (id) => this.#decider.load(id) });
    const support: RerouteSupport = {
      clock,
      logger,
      hooks,
      reportError,
      inFlight,
      directory: this.#directory,
      decide: (send, deadline) => this.#decider.decideAlone(send, deadline),
    };
    this.#heldMessages = new HeldMessages(support, defaultPolicy);
    this.#watches = new WindowWatches({
      clock,
      now: (id) => this.workspaces.now(id),
      recall: (query, watched) => recalledWindow(this.#decider.recallWindow(sendOfQuery(query, watched)), clock.now),
      ask: (query, watched) => this.window(query, watched),
      isStoreShared: linksOf(store) === undefined,
    });
    const registryParts = { parts: this.#parts, statistics, heldMessages: this.#heldMessages };
    this.workspaces = new WorkspaceRegistry(options.workspaces, registryParts);
    const onAnswered = this.#watches.answered;
    this.#decider = new Decider({ clock, workspaces: this.workspaces, defaultPolicy, notices, support, onAnswered });
    this.observations = new Observations({
      store,
      links,
      logOnce,
      now: (id) => this.workspaces.now(id),
      onWindowMayOpen: (key, reply) => this.#wake(key, reply),
      onChange: this.#watches.observed,
    });
  }

  get internals(): GuardInternals {
    const { clock, logger, logOnce, hooks, mounts, reportError, lookups } = this.#parts;
    return {
      clock,
      logger,
      logOnce,
      hooks,
      reportError,
      mounts,
      deadlineMs: this.#deadlineMs,
      plan: this.#decider.plan,
      decisions: this.#decisions,
      lookups,
      isKnown: (workspaceId) => typeof this.#decider.recall(workspaceId) === 'object',
      observations: this.observations,
      watches: this.#watches,
      now: (workspaceId) => this.workspaces.now(workspaceId),
      channel: (ref) => this.#directory.channel(ref),
      knownChannel: ({ workspaceId, channelId }) => {
        const workspace = this.#decider.recall(workspaceId);
        return typeof workspace === 'object' ? workspace.channels.recallFresh(channelId) : undefined;
      },
      signingKeys: async (workspaceId) => signingKeysOf(await this.#decider.load(workspaceId)),
      knownSigningKeys: (workspaceId) => {
        const workspace = this.#decider.recall(workspaceId);
        return workspace && signingKeysOf(workspace);
      },
    };
  }

  peek(send: SendRequest): Outcome | undefined {
    const begunAt = this.#decisions.begin();
    const planned = this.#decider.planFromMemory(send);
    // A reroute policy may take I/O, so it is for `check`.
    if (planned === undefined || planned.plan === 'reroute') return undefined;
    const outcome = planned.outcome();
    this.#decisions.made([planned], [outcome], begunAt);
    return outcome;
  }

  async check(send: SendRequest, options: CheckOptions | undefined): Promise<Outcome> {
    const deadlineMs = readCheckOptions('check', options);
    const begunAt = this.#decisions.begin();
    const planned = await this.#decider.planWithin(deadlineMs, send);
    const { outcome, settle } = await planned.carryOut();
    this.#decisions.made([planned], [outcome], begunAt);
    await settle(true);
    return outcome;
  }

  async window(query: WindowQuery, given: WindowQueryOptions = {}): Promise<WindowStatus> {
    const options = readWindowOptions(given);
    const { clock } = this.#parts;
    const calledAt = clock.now();
    const deadline = (policy: Policy): Deadline => deadlineOf(policy, calledAt, options.deadlineMs);
    return statusOf(
      await this.#decider.lookUp(sendOfQuery(query, options), deadline, { asksForOptOut: false }),
      clock.now(),
    );
  }

  forget(target: ForgetTarget): void | Promise<void> {
    // First of all: it checks the target.
    const forgotten = this.observations.forget(target);
    const { workspaceId, channelId, contactId, address } = target;
    const workspace = this.#decider.recall(toId(workspaceId));
    if (typeof workspace !== 'object') return forgotten;
    const identifier = identifierOf(target);
    if (identifier !== undefined) workspace.forgetContact(identifier);
    else if (contactId === undefined && address === undefined) workspace.forget(toId(channelId));
    return forgotten;
  }

  get health(): GuardHealth {
    const { bird, store } = this.#parts;
    const workspaces = this.workspaces.known().map(({ health }) => health);
    return { bird: bird.read(), store: store.health?.() ?? { reachable: true }, workspaces };
  }

  async close(options: CloseOptions | undefined): Promise<void> {
    const timeoutMs = readCloseOptions(options);
    const { clock, inFlight, onDecision, hooks } = this.#parts;
    let timer: unknown;
    const isLate = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, timeoutMs);
    });
    this.#decider.close();
    this.workspaces.close();
    this.#watches.close();
    await Promise.all([this.#heldMessages.close(isLate), Promise.race([inFlight.settled(), isLate])]);
    await Promise.race([flushListener(onDecision, hooks), isLate]);
    clock.clearTimeout(timer);
  }

  /** A window may have opened: what waits for that may go. */
  #wake(key: WindowKey, reply: ReplyEvent | undefined): void {
    const workspace = this.#decider.recall(key.workspaceId);
    if (typeof workspace === 'object') this.#heldMessages.wake(key, reply);
    else if (workspace === undefined) {
      void this.workspaces
        .load(key.workspaceId)
        .then((loaded) => loaded !== 'unknown' && this.#heldMessages.wake(key, reply));
    }
  }
}

function signingKeysOf(workspace: Workspace | 'unknown'): readonly string[] {
  return workspace === 'unknown' ? [] : workspace.signingKeys;
}
