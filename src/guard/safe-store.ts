import { own } from '../core/own.js';
import { mergeEvidence, noEvidence, type WindowEvidence } from '../core/service-window.js';
import type { Clock, Logger, Store } from '../ports.js';
import { withinDeadline } from './deadline.js';

/** A store that takes longer is as good as none: a read at Bird takes about as long. */
const PATIENCE_MS = 50;

type Operation = 'get' | 'merge' | 'forget';

/**
 * The same store, which cannot make a decision wrong or late: what it fails to give or takes too long for was never
 * remembered, and Bird is asked. Says so once until it works again.
 */
export function safeStore(store: Store, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Store {
  // Kept apart: a store that is full still answers, and that does not mean that it works again.
  const failing = new Set<Operation>();
  const failed = (name: Operation): undefined => {
    // The error is not logged: a store's may hold its keys, which are addresses.
    if (failing.size === 0) logger.warn({}, 'The store fails or is slow; what it holds is asked of Bird');
    failing.add(name);
    return undefined;
  };
  const safely = <T>(name: Operation, act: () => T | PromiseLike<T>): T | undefined | Promise<T | undefined> => {
    try {
      const result = act();
      if (!isPromiseLike(result)) return result;
      const settled = withinDeadline(clock, PATIENCE_MS, Promise.resolve(result));
      return settled.then(
        (value) => {
          failing.delete(name);
          return value;
        },
        () => failed(name),
      );
    } catch {
      return failed(name);
    }
  };
  return {
    get: (key) => completed(safely('get', () => store.get(key))),
    merge: (key, evidence) => safely('merge', () => store.merge(key, evidence)),
    forget: (target) => safely('forget', () => store.forget(target)),
    fleet: own(store, 'fleet') as Store['fleet'],
  };
}

/** With every field as its own: what a store leaves out must not come from a prototype. */
function completed(given: ReturnType<Store['get']>): ReturnType<Store['get']> {
  if (given instanceof Promise) return given.then(complete);
  return complete(given);
}

function complete(evidence: WindowEvidence | undefined): WindowEvidence | undefined {
  return evidence === undefined ? undefined : mergeEvidence(evidence, noEvidence);
}

/** Clients have promises of their own kinds. */
function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
