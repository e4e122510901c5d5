import type { Lookup, ReadLimits } from '../../ports.js';

/** What a decorator knows about a question to the provider. */
export interface QuestionNature {
  /** `contactId` is a search; all others are reads, which the provider limits. */
  readonly kind: 'channel' | 'contactId' | 'window' | 'conversation' | 'identifiers';
  /** The lane of the token bucket, in which lanes take turns: the channel, if known. */
  readonly lane: string;
}

/** Runs one question. It may delay, repeat or refuse it. */
export type Around = <T>(nature: QuestionNature, ask: () => Promise<T>, limits: ReadLimits) => Promise<T>;

/** A lookup that runs `around` for every question. */
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
