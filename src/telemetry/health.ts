import type { StoreHealth } from '../core/store-health.js';
import type { LookupTrouble } from '../errors.js';
import type { Clock } from '../ports.js';

/** Whether Bird's facts can be obtained, from the latest requests. */
export interface BirdHealth {
  /** False while the latest request got no answer, or an error of Bird's. True before the first request. */
  readonly reachable: boolean;
  /** When Bird last answered a request, epoch ms; `null`: not yet. */
  readonly lastSuccessAt: number | null;
  /** The latest request without a usable answer; absent where there was none. */
  readonly lastFailure?: LookupFailure | undefined;
}

/** A request to Bird without a usable answer. */
export interface LookupFailure {
  /** When it failed, epoch ms. */
  readonly at: number;
  /** Why, in the same words as in the log. */
  readonly cause: LookupTrouble;
  /** The workspace, a lower-case UUID. */
  readonly workspaceId: string;
}

/** What may keep a workspace's sends from being decided. */
export interface WorkspaceHealth {
  /** The workspace, a lower-case UUID. */
  readonly workspaceId: string;
  /** The workspace's own mode. Its channels may have others. */
  readonly mode: 'enforce' | 'observe' | 'off';
  /** How many reads of Bird may start at once. 0 for long: the limit is too low, or Bird answers 429. */
  readonly readsLeft: number;
  /** Whether so many requests have failed that only one a second is tried. */
  readonly isBreakerOpen: boolean;
  /** Whether Bird has refused the access key within the last 30 s. */
  readonly isAccessDenied: boolean;
}

/** The state of a guard, as it knows it without asking anybody. */
export interface GuardHealth {
  /** Bird, over all workspaces. */
  readonly bird: BirdHealth;
  /** The store of windows. */
  readonly store: StoreHealth;
  /** Each workspace that the guard knows. */
  readonly workspaces: readonly WorkspaceHealth[];
}

const outages: ReadonlySet<LookupTrouble> = new Set(['no_connection', 'no_answer', 'error_status']);

/** Notes how requests to Bird end. */
export class BirdWatch {
  readonly #clock: Clock;
  #reachable = true;
  #lastSuccessAt: number | null = null;
  #lastFailure: LookupFailure | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  answered(): void {
    this.#reachable = true;
    this.#lastSuccessAt = this.#clock.now();
  }

  failed(workspaceId: string, cause: LookupTrouble): void {
    this.#lastFailure = { at: this.#clock.now(), cause, workspaceId };
    // Without a key nobody was asked.
    if (cause !== 'access_key_missing') this.#reachable = !outages.has(cause);
  }

  read(): BirdHealth {
    const lastFailure = this.#lastFailure && { lastFailure: this.#lastFailure };
    return { reachable: this.#reachable, lastSuccessAt: this.#lastSuccessAt, ...lastFailure };
  }
}
