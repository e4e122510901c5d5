import type { UnknownReason } from '../core/types.js';
import { LookupError } from '../errors.js';
import type { Clock } from '../ports.js';
import { lookupChannel } from './channels.js';

/** A request to Bird. */
export interface LookupQuestion {
  readonly workspaceId: string;
  /** The channel, where the request is about one. */
  readonly channelId: string | undefined;
  readonly kind: 'channel' | 'contactId' | 'window' | 'conversation' | 'identifiers';
}

export interface LookupEvent extends LookupQuestion {
  /** `answered`, or why there is no answer that can be used. */
  readonly outcome: 'answered' | UnknownReason;
  readonly durationMs: number;
}

export type LookupListener = (event: LookupEvent) => void;

type Result<T> = { readonly answer: T } | { readonly error: unknown };

/** Tells of each request to Bird to whoever listens. */
export class Lookups {
  readonly #clock: Clock;
  readonly #channel = lookupChannel();
  readonly #listeners = new Set<LookupListener>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns a function that ends it */
  listen(listener: LookupListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Makes a request. */
  ask<T>(question: LookupQuestion, ask: () => Promise<T>): Promise<T> {
    const isTraced = this.#channel?.hasSubscribers === true;
    return isTraced || this.#listeners.size > 0 ? this.#watch(question, ask) : ask();
  }

  async #watch<T>(question: LookupQuestion, ask: () => Promise<T>): Promise<T> {
    const begunAt = this.#passed();
    const result = await this.#trace(question, ask);
    const durationMs = this.#passed() - begunAt;
    const event = { ...question, outcome: outcomeOf(result), durationMs };
    for (const listener of this.#listeners) listener(event);
    if ('answer' in result) return result.answer;
    throw result.error;
  }

  /** Neither Bird's answer nor the cause of an error is published: both may hold a phone number. */
  async #trace<T>(question: LookupQuestion, ask: () => Promise<T>): Promise<Result<T>> {
    let result: Result<T> | undefined;
    const context: { outcome?: LookupEvent['outcome'] } & LookupQuestion = { ...question };
    const traced = async (): Promise<void> => {
      result = await resultOf(ask);
      context.outcome = outcomeOf(result);
      if ('error' in result) throw publicError(result.error);
    };
    const channel = this.#channel;
    await (channel?.hasSubscribers === true ? channel.tracePromise(traced, context) : traced()).catch(() => {});
    return result ?? { error: undefined };
  }

  #passed(): number {
    return this.#clock.monotonic?.() ?? this.#clock.now();
  }
}

async function resultOf<T>(ask: () => Promise<T>): Promise<Result<T>> {
  try {
    return { answer: await ask() };
  } catch (error) {
    return { error };
  }
}

function outcomeOf(result: Result<unknown>): LookupEvent['outcome'] {
  if ('answer' in result) return 'answered';
  return result.error instanceof LookupError ? result.error.code : 'lookup_failed';
}

function publicError(error: unknown): Error {
  return error instanceof LookupError
    ? new LookupError(error.code, error.message)
    : new Error('The guard itself failed');
}
