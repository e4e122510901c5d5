import type { Lookup, ReadLimits } from '../../ports.js';

/** What a decorator sees of a question. */
export interface QuestionNature {
  /** All but `contactId`, which is a search, are reads, which the provider rations. */
  readonly kind: 'channel' | 'contactId' | 'window' | 'conversation' | 'identifiers';
  /** Questions of one lane compete with each other before they compete with others: the channel, where it is known. */
  readonly lane: string;
}

/** Runs one question; may delay it, repeat it or refuse it. */
export type Around = <T>(nature: QuestionNature, ask: () => Promise<T>, limits: ReadLimits) => Promise<T>;

/** The same lookup with `around` run for every question. */
export function decorate(lookup: Lookup, around: Around): Lookup {
  return {
    channel: (ref, limits) =>
      around({ kind: 'channel', lane: ref.channelId }, () => lookup.channel(ref, limits), limits),
    contactId: (ref, limits) => around({ kind: 'contactId', lane: '' }, () => lookup.contactId(ref, limits), limits),
    window: (ref, limits) => around({ kind: 'window', lane: ref.channelId }, () => lookup.window(ref, limits), limits),
    conversation: (ref, limits) =>
      around({ kind: 'conversation', lane: 'conversations' }, () => lookup.conversation(ref, limits), limits),
    identifiers: (ref, limits) =>
      around({ kind: 'identifiers', lane: 'identifiers' }, () => lookup.identifiers(ref, limits), limits),
  };
}
