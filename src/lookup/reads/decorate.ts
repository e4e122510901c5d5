import type { Lookup, ReadLimits } from '../../ports.js';

/** What a decorator knows about a question to the provider. */
export interface QuestionNature {
  /** `contactId` is a search; all others are reads, which the provider limits. */
  readonly kind: 'channel' | 'contactId' | 'window' | 'conversation' | 'identifiers';
  /** The lane of the token bucket, in which lanes take turns: the channel, if known. */
  readonly lane: string;
}

/** Asks, within the caller's limits or others. */
export type Ask<T> = (limits?: ReadLimits) => Promise<T>;

/** Runs one question. It may delay, repeat or refuse it. */
export type Around = <T>(nature: QuestionNature, ask: Ask<T>, limits: ReadLimits) => Promise<T>;

/** A lookup that runs `around` for every question. */
export function decorate(lookup: Lookup, around: Around): Lookup {
  return {
    channel: (ref, limits) =>
      around({ kind: 'channel', lane: ref.channelId }, (other = limits) => lookup.channel(ref, other), limits),
    contactId: (ref, limits) =>
      around({ kind: 'contactId', lane: '' }, (other = limits) => lookup.contactId(ref, other), limits),
    window: (ref, limits) =>
      around({ kind: 'window', lane: ref.channelId }, (other = limits) => lookup.window(ref, other), limits),
    conversation: (ref, limits) =>
      around(
        { kind: 'conversation', lane: 'conversations' },
        (other = limits) => lookup.conversation(ref, other),
        limits,
      ),
    identifiers: (ref, limits) =>
      around({ kind: 'identifiers', lane: 'identifiers' }, (other = limits) => lookup.identifiers(ref, other), limits),
  };
}
