import type { Lookup, ReadLimits } from '../ports.js';

/** What a decorator sees of a question: whether it is a read (a GET, which the provider rations) or a search. */
export type QuestionKind = 'channel' | 'contactId' | 'window';

/** Runs one question; may delay it, repeat it or refuse it. */
export type Around = <T>(kind: QuestionKind, ask: () => Promise<T>, limits: ReadLimits) => Promise<T>;

/** The same lookup with `around` run for every question. */
export function decorate(lookup: Lookup, around: Around): Lookup {
  return {
    channel: (ref, limits) => around('channel', () => lookup.channel(ref, limits), limits),
    contactId: (ref, limits) => around('contactId', () => lookup.contactId(ref, limits), limits),
    window: (ref, limits) => around('window', () => lookup.window(ref, limits), limits),
  };
}
