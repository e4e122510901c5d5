import { steadyClock, systemClock } from '../../clock.js';
import {
  aFunction,
  aMap,
  checkOptions,
  isFunction,
  isMap,
  type OptionCheck,
  objectWith,
} from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import { InFlight } from '../../in-flight.js';
import { ContactLinks } from '../../lookup/contact-links.js';
import type { Clock, Logger, Store } from '../../ports.js';
import { requireRuntime } from '../../runtime.js';
import { linksFor, memoryStore, windowMap } from '../../stores/memory-store.js';
import { BirdWatch } from '../../telemetry/health.js';
import type { OnDecision } from '../../telemetry/listeners.js';
import { Lookups } from '../../telemetry/lookups.js';
import { errorReporter, type ReportError, type ReportedError } from '../../telemetry/reported-error.js';
import { HookTroubles } from '../notices/hook-troubles.js';
import { LogOnce } from '../notices/log-once.js';
import { consoleLogger, safeLogger } from '../notices/loggers.js';
import { MountWatch } from '../notices/mount-watch.js';
import { safeStore } from './safe-store.js';
import { checkDefaults, type WorkspaceOptions, type WorkspaceSource } from './workspace-options.js';

/** The workspaces of a guard, and its store, clock, transport and logger. */
export interface GuardOptions {
  /** The workspaces that the guard knows. Sends of any other are `workspace_unknown`. */
  readonly workspaces: WorkspaceSource;
  /** Options of every workspace that does not set them itself. */
  readonly defaults?: Partial<WorkspaceOptions> | undefined;
  /** Where open windows are remembered. Default: `memoryStore()`. */
  readonly store?: Store | undefined;
  /** The source of every instant and every timer. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** The function that calls Bird's API. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The logger for what needs attention. Default: warnings and errors go to the console. */
  readonly logger?: Logger | undefined;
  /**
   * Called with each decision, at once; `decisionLog` makes one that writes a log. An error is logged once and changes
   * no decision; a promise is not awaited.
   */
  readonly onDecision?: OnDecision | undefined;
  /**
   * Called with each error of your own functions and of the store, which the log never shows. An error of its own is
   * logged once; a promise is not awaited.
   */
  readonly onError?: ((reported: ReportedError) => unknown) | undefined;
}

export interface GuardParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly logger: Logger;
  readonly logOnce: LogOnce;
  readonly hooks: HookTroubles;
  readonly mounts: MountWatch;
  readonly defaults: Partial<WorkspaceOptions>;
  readonly onDecision: GuardOptions['onDecision'];
  readonly reportError: ReportError;
  readonly lookups: Lookups;
  readonly bird: BirdWatch;
  readonly inFlight: InFlight;
  /** Which contact ids and addresses belong together, as far as the guard has observed. */
  readonly links: ContactLinks;
}

const guardChecks = {
  workspaces: {
    rule: 'a map of workspace options by id, or a function',
    hasType: (value) => isMap(value) || isFunction(value),
  },
  defaults: aMap,
  store: objectWith('get', 'merge', 'forget'),
  clock: objectWith('now', 'setTimeout', 'clearTimeout'),
  fetch: aFunction,
  logger: objectWith('warn', 'error'),
  onDecision: aFunction,
  onError: aFunction,
} satisfies Record<keyof GuardOptions, OptionCheck>;

/**
 * Checks the guard's own options and fills in the defaults; the workspaces are resolved one by one.
 *
 * @throws {TypeError | RangeError}
 */
export function resolveGuardOptions(given: GuardOptions): GuardParts {
  checkOptions(given, guardChecks, 'options');
  const options = ownFields(given);
  if (options.workspaces === undefined) throw new TypeError('options.workspaces is missing');
  requireRuntime('createGuard', runtimeFor(options));
  const defaults = ownFields(options.defaults ?? {});
  const clock = steadyClock(options.clock ?? systemClock);
  const { onDecision, onError } = options;
  const reportError = errorReporter(onError, () => {
    logOnce.warn('onError', '', { hook: 'onError' }, 'Hook threw; the error that it was given is lost');
  });
  const logger = safeLogger(options.logger ?? consoleLogger, reportError);
  const logOnce = new LogOnce({ clock, logger });
  // A function's workspaces come later: what is wrong for all of them must show now.
  checkDefaults(options.defaults ?? {}, 'options.defaults');
  const store = options.store === undefined ? memoryStore() : safeStore(options.store, { clock, logger, reportError });
  // Looked up at each call: tools that instrument or mock the global one come later than the guard.
  const fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
  const links = new ContactLinks({
    links: linksFor(options.store ?? store),
    lone: windowMap({ max: MAX_CHANNELS }),
  });
  const hooks = new HookTroubles({ clock, logger, logOnce }, reportError);
  const mounts = new MountWatch(logOnce);
  const told = { onDecision, reportError, lookups: new Lookups(clock), bird: new BirdWatch(clock) };
  const inFlight = new InFlight();
  return { store, clock, fetch, logger, logOnce, hooks, mounts, defaults, links, ...told, inFlight };
}

/** Of how many channels the customers are remembered whose contact id is not known. */
const MAX_CHANNELS = 100_000;

/** What a guard takes from the runtime: with a `fetch` or a `clock` of the user's own, not that of the runtime. */
function runtimeFor({ fetch, clock }: GuardOptions): Readonly<Record<string, unknown>> {
  const { AbortController, TextDecoder, structuredClone, setTimeout } = globalThis;
  return {
    AbortController,
    TextDecoder,
    structuredClone,
    ...(fetch === undefined && { fetch: globalThis.fetch }),
    ...(clock === undefined && { setTimeout }),
  };
}
