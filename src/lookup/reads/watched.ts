import { LookupError } from '../../errors.js';
import type { Lookup } from '../../ports.js';
import { decorate, type QuestionNature } from './decorate.js';

/** Hears how questions end that were really asked. */
export interface Watcher {
  answered(nature: QuestionNature): void;
  failed(nature: QuestionNature, error: LookupError): void;
}

/** The same lookup, of which a watcher hears. What a breaker, a hold or a budget refuses says nothing new. */
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
