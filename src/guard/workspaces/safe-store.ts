import { withinDeadline } from '../../clock.js';
import { own } from '../../core/own.js';
import { isPromiseLike } from '../../core/promise-like.js';
import type { StoreHealth } from '../../core/store-health.js';
import type { Clock, Logger, Store, WindowKey } from '../../ports.js';
import { linksOf } from '../../stores/memory-store.js';
import type { ReportError } from '../../telemetry/reported-error.js';
import { Troubles } from '../notices/troubles.js';
import { readEvidence } from './stored-evidence.js';

/** A store that takes longer is as good as none: a read at Bird takes about as long. */
const PATIENCE_MS = 50;

const CAUSE = 'store';

type Operation = 'get' | 'merge' | 'forget';

export interface SafeStoreParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reportError: ReportError;
}

/**
 * The same store, which cannot make a decision wrong or late: what it fails to give or takes too long for was never
 * remembered, and Bird is asked. Says when that begins and when it is over.
 */
export function safeStore(store: Store, { clock, logger, reportError }: SafeStoreParts): Store {
  const troubles = new Troubles({ clock, logger });
  const lenient = readingFirst(clock);
  const failed = (operation: Operation, error: unknown, part: string = operation): undefined => {
    reportError({ source: 'store', hook: operation, error });
    // The error is not logged: a store's may hold its keys, which are addresses. Each operation counts by itself: a
    // store that is full still answers, and that does not mean that it works again.
    troubles.failed({
      cause: CAUSE,
      part,
      fields: { operation },
      text: 'Store unavailable or slow; falling back to Bird',
      overText: 'The store works again',
    });
    return undefined;
  };
  const safely = <T>(name: Operation, act: () => T | PromiseLike<T>): T | undefined | Promise<T | undefined> => {
    try {
      const result = act();
      if (!isPromiseLike(result)) {
        // With each hit: nearly always there is nothing to end.
        if (troubles.isOpen(CAUSE)) troubles.worked(atOnce(name));
        return result;
      }
      const settled = withinDeadline(lenient, PATIENCE_MS, Promise.resolve(result));
      return settled.then(
        (value) => {
          troubles.worked(name);
          troubles.worked(atOnce(name));
          return value;
        },
        (error: unknown) => failed(name, error),
      );
    } catch (error) {
      return failed(name, error, atOnce(name));
    }
  };
  const read = (key: WindowKey): ReturnType<Store['get']> => {
    const given: unknown = store.get(key);
    return isPromiseLike(given) ? Promise.resolve(given).then(readEvidence) : readEvidence(given);
  };
  // What a memory store gives is complete. To read it again makes a hit cost 1.1 times as much.
  const get = linksOf(store) === undefined ? read : (key: WindowKey) => store.get(key);
  return {
    get: (key) => safely('get', () => get(key)),
    merge: (key, evidence) => safely('merge', () => store.merge(key, evidence)),
    forget: (target) => safely('forget', () => store.forget(target)),
    health: () =>
      healthOf(store) ?? (troubles.isOpen(CAUSE) ? { reachable: false, reason: 'failing' } : { reachable: true }),
    fleet: own(store, 'fleet') as Store['fleet'],
  };
}

/**
 * An operation that did not wait for anything. That it works says so of what failed in the same way: a store may have a
 * memory in front, which answers while the place behind it cannot be reached.
 */
function atOnce(operation: Operation): string {
  return `${operation} at once`;
}

/**
 * A clock whose timers give way to what has arrived. After a stall of the event loop, timers run before the answers that
 * came meanwhile are read: a window that is remembered as open would be given up with its evidence already here. They give
 * way twice, because a store that gives way itself falls back to its memory once its own timer has run, and Node may
 * run that one after a longer one.
 */
function readingFirst(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    setTimeout: (callback, ms) => clock.setTimeout(() => clock.setTimeout(() => clock.setTimeout(callback, 0), 0), ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

/** What a store says of itself, and nothing that may be a secret. */
function healthOf(store: Store): StoreHealth | undefined {
  try {
    const given = store.health?.();
    if (typeof given?.reachable !== 'boolean') return undefined;
    const { reachable, reason } = given;
    return isWord(reason) ? { reachable, reason } : { reachable };
  } catch {
    return undefined;
  }
}

function isWord(reason: unknown): boolean {
  return typeof reason === 'string' && /^[a-z_]{1,40}$/.test(reason);
}
