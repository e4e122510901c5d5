import { LookupError } from '../../errors.js';
import type { Clock, Lookup } from '../../ports.js';
import { decorate, type QuestionNature } from './decorate.js';

/** After a refused key nobody asks for so long: asking again with the same key cannot help. */
const HOLD_MS = 30_000;

/**
 * Remembers which kinds of questions the provider refuses the key for. A key may be good for channels and not for
 * contacts, so each kind is held for itself.
 */
export class AccessHold {
  readonly #clock: Clock;
  readonly #heldUntil = new Map<QuestionNature['kind'], number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isHeld(kind: QuestionNature['kind']): boolean {
    return this.#clock.now() < (this.#heldUntil.get(kind) ?? Number.NEGATIVE_INFINITY);
  }

  hold(kind: QuestionNature['kind']): void {
    this.#heldUntil.set(kind, this.#clock.now() + HOLD_MS);
  }

  /** There may be a new key. */
  release(): void {
    this.#heldUntil.clear();
  }
}

/** Asks nothing for which the key was just refused. */
export function holdingLookup(lookup: Lookup, hold: AccessHold): Lookup {
  return decorate(lookup, async ({ kind }, ask) => {
    if (hold.isHeld(kind)) throw new LookupError('access_denied', 'Bird refused the access key a moment ago');
    try {
      return await ask();
    } catch (error) {
      if (error instanceof LookupError && error.code === 'access_denied') hold.hold(kind);
      throw error;
    }
  });
}
