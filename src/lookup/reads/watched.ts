import { LookupError } from '../../errors.js';
import type { Lookup } from '../../ports.js';
import { decorate, type QuestionNature } from './decorate.js';

/** Observes how the questions end that reach the provider. */
export interface Watcher {
  answered(nature: QuestionNature): void;
  failed(nature: QuestionNature, error: LookupError): void;
}

/** A lookup with a watcher, which is not called for what a breaker, a cooldown or a budget refuses. */
export function watchedLookup(lookup: Lookup, watcher: Watcher): Lookup {
  return decorate(lookup, async (nature, ask) => {
    try {
      const answer = await ask();
      watcher.answered(nature);
      return answer;
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      if (error.trouble !== undefined) watcher.failed(nature, error);
      else if (error.code.endsWith('_not_found')) watcher.answered(nature);
      throw error;
    }
  });
}
