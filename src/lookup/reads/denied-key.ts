import { LookupError } from '../../errors.js';
import type { Clock, Lookup } from '../../ports.js';
import { decorate, type QuestionNature } from './decorate.js';

/** Repeating a question with the same refused key cannot help. */
const COOLDOWN_MS = 30_000;

/**
 * Remembers for which kinds of questions the provider refused the key. A key may be good for channels and not for
 * contacts, so each kind has a cooldown of its own.
 */
export class DeniedKeyCooldown {
  readonly #clock: Clock;
  readonly #endsAt = new Map<QuestionNature['kind'], number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isActive(kind: QuestionNature['kind']): boolean {
    return this.#clock.now() < (this.#endsAt.get(kind) ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether the key was refused for any kind of question. */
  get isActiveForAny(): boolean {
    return [...this.#endsAt.keys()].some((kind) => this.isActive(kind));
  }

  start(kind: QuestionNature['kind']): void {
    this.#endsAt.set(kind, this.#clock.now() + COOLDOWN_MS);
  }

  /** Ends every cooldown: there may be a new key. */
  clear(): void {
    this.#endsAt.clear();
  }
}

/** Refuses the kinds of questions for which the provider has just refused the key. */
export function cooldownLookup(lookup: Lookup, cooldown: DeniedKeyCooldown): Lookup {
  return decorate(lookup, async ({ kind }, ask) => {
    if (cooldown.isActive(kind)) throw new LookupError('access_denied', 'Bird refused the access key a moment ago');
    try {
      return await ask();
    } catch (error) {
      if (error instanceof LookupError && error.code === 'access_denied') cooldown.start(kind);
      throw error;
    }
  });
}
