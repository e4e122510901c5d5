import type { Clock, Logger, Store } from '../ports.js';
import { withinDeadline } from './deadline.js';

/** A store that takes longer is as good as none: a read at Bird takes about as long. */
const PATIENCE_MS = 50;

/**
 * The same store, which cannot make a decision wrong or late: what it fails to give or takes too long for was never
 * remembered, and Bird is asked. Says so once until it works again.
 */
export function safeStore(store: Store, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Store {
  let isWell = true;
  const failed = (): undefined => {
    // The error is not logged: a store's may hold its keys, which are addresses.
    if (isWell) logger.warn({}, 'The store fails or is slow; what it holds is asked of Bird');
    isWell = false;
    return undefined;
  };
  const safely = <T>(act: () => T | PromiseLike<T>): T | undefined | Promise<T | undefined> => {
    try {
      const result = act();
      if (!isPromiseLike(result)) return result;
      return withinDeadline(clock, PATIENCE_MS, Promise.resolve(result)).then((value) => {
        isWell = true;
        return value;
      }, failed);
    } catch {
      return failed();
    }
  };
  return {
    get: (key) => safely(() => store.get(key)),
    merge: (key, evidence) => safely(() => store.merge(key, evidence)),
    forget: (target) => safely(() => store.forget(target)),
  };
}

/** Clients have promises of their own kinds. */
function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
