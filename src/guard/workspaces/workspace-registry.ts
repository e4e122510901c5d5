import { withinDeadline } from '../../clock.js';
import { isMap, kindOf } from '../../core/option-checks.js';
import { CoalescedReads } from '../../lookup/coalesced-reads.js';
import type { Cache } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import type { Statistics } from '../../telemetry/statistics.js';
import { OptionsTroubles } from '../notices/options-troubles.js';
import type { GuardParts } from './options.js';
import { resolvePolicy, warnOfPolicies } from './policy.js';
import { Workspace } from './workspace.js';
import {
  type ResolvedWorkspace,
  resolveWorkspace,
  resolveWorkspaces,
  type WorkspaceOptions,
  type WorkspaceSource,
} from './workspace-options.js';

/** A function's answer is asked for again after so long; until then it is believed. */
const FRESH_MS = 60_000;
/** When that fails, the old answer serves on for so long; without one, the id is unknown for so long. */
const GRACE_MS = 10_000;
/** What a function may bring in, and how many ids it may not know: it answers for whatever id a stranger writes. */
const MAX_WORKSPACES = 10_000;
/** So many of the least used go at once, so that finding them costs little. */
const DROPPED_AT_ONCE = 1_000;

interface Entry {
  readonly workspace: Workspace;
  readonly freshUntil: number;
  usedAt: number;
}

export interface RegistryParts {
  readonly parts: GuardParts;
  readonly statistics: Statistics;
  readonly heldMessages: {
    /** Called with each workspace that is there from now on, or has new options. */
    attach(workspace: Workspace): void;
    /** Called with each workspace that is kept no longer because others are used more. Never rejects. */
    drop(workspace: Workspace): Promise<void>;
  };
}

/** The workspaces by id: all of them at creation from a map, each at its first send from a function. */
export class WorkspaceRegistry {
  readonly #parts: GuardParts;
  readonly #statistics: Statistics;
  readonly #heldMessages: RegistryParts['heldMessages'];
  readonly #loads = new CoalescedReads<Workspace | 'unknown'>();
  /** Ids that the function does not know, or has failed for, and until when it is not asked again. */
  readonly #absent: Cache<{ readonly until: number }> = memoryCache({ max: MAX_WORKSPACES });
  readonly #troubles: OptionsTroubles;
  #source: WorkspaceSource;
  readonly #entries = new Map<string, Entry>();

  /** @throws {TypeError | RangeError} for invalid options in a map */
  constructor(source: WorkspaceSource, { parts, statistics, heldMessages }: RegistryParts) {
    this.#parts = parts;
    this.#statistics = statistics;
    this.#heldMessages = heldMessages;
    this.#troubles = new OptionsTroubles(parts);
    this.#source = source;
    this.reload(source);
  }

  /** What is known without asking; `undefined` where `load` has to ask. `id` is lower-case. */
  recall(id: string): Workspace | 'unknown' | undefined {
    const entry = this.#entries.get(id);
    if (entry?.freshUntil === Number.POSITIVE_INFINITY) return entry.workspace;
    const now = this.#parts.clock.now();
    if (entry !== undefined && now < entry.freshUntil) {
      entry.usedAt = now;
      return entry.workspace;
    }
    if (typeof this.#source !== 'function') return 'unknown';
    const absent = this.#absent.get(id);
    return absent !== undefined && now < absent.until ? 'unknown' : undefined;
  }

  known(): readonly Workspace[] {
    return [...this.#entries.values()].map(({ workspace }) => workspace);
  }

  /** Whether an id is unknown because its options could not be obtained, which has been logged. */
  isFailing(id: string): boolean {
    return this.#troubles.isOpen(id);
  }

  /** The time as Bird has it, epoch ms; the local time for a workspace that has not been asked for yet. */
  now(id: string): number {
    return this.#entries.get(id)?.workspace.now() ?? this.#parts.clock.now();
  }

  /** Asks the function; a failure leaves the old options in force. */
  load(id: string): Promise<Workspace | 'unknown'> {
    return this.#loads.read(
      id,
      () => this.#ask(id),
      () => true,
    );
  }

  /**
   * Takes new options from the next decision on; invalid ones throw and leave the old ones in force.
   *
   * @throws {TypeError | RangeError}
   */
  reload(source: WorkspaceSource): void {
    if (!isMap(source) && typeof source !== 'function') {
      throw new TypeError(`workspaces must be a map of options by id, or a function; received ${kindOf(source)}`);
    }
    const resolved = typeof source === 'function' ? undefined : resolveWorkspaces(source, this.#parts.defaults);
    if (resolved?.size === 0) {
      const text = 'workspaces is empty, so every send is workspace_unknown; give the options of each by its id';
      this.#parts.logger.warn({ option: 'workspaces' }, text);
    }
    this.#source = source;
    this.#absent.clear();
    if (resolved === undefined) {
      // What a function said before is asked for again at the next send; what is remembered stays until then.
      for (const [id, entry] of this.#entries) this.#entries.set(id, { ...entry, freshUntil: 0 });
      return;
    }
    for (const id of [...this.#entries.keys()]) if (!resolved.has(id)) this.#remove(id);
    for (const options of resolved.values()) this.#put(options, Number.POSITIVE_INFINITY);
  }

  /** Ends the wait of the reads that give way to others. */
  close(): void {
    for (const { workspace } of this.#entries.values()) workspace.close();
  }

  async #ask(id: string): Promise<Workspace | 'unknown'> {
    const source = this.#source;
    if (typeof source !== 'function') return this.recall(id) ?? 'unknown';
    const answer = (async () => source(id))();
    const asked = await this.#inTime(id, answer);
    // A reload came first: it counts.
    if (source !== this.#source) return this.recall(id) ?? this.#ask(id);
    if (asked !== 'failed') return this.#take(id, asked);
    // The caller's error is not passed on: nobody knows what it holds.
    const kept = this.#keep(id, 'the function for workspace options failed or took too long');
    const state = this.#state(id);
    // An answer that is late still counts, unless something else was heard since.
    void answer.then(
      (late) => (this.#state(id) === state ? this.#take(id, late) : undefined),
      () => undefined,
    );
    return kept;
  }

  #state(id: string): object | undefined {
    return this.#absent.get(id) ?? this.#entries.get(id);
  }

  #take(id: string, asked: WorkspaceOptions | undefined): Workspace | 'unknown' {
    const { clock, defaults } = this.#parts;
    if (asked === undefined) {
      this.#remove(id);
      this.#absent.set(id, { until: clock.now() + FRESH_MS });
      this.#troubles.worked(id);
      return 'unknown';
    }
    try {
      const workspace = this.#put(resolveWorkspace(id, asked, defaults), clock.now() + FRESH_MS);
      this.#troubles.worked(id);
      return workspace;
    } catch (error) {
      return this.#keep(id, this.#troubles.problemOf(id, error));
    }
  }

  /** A function that hangs must not keep a workspace hanging after it: others wait for the same answer. */
  #inTime<T>(id: string, answer: Promise<T>): Promise<T | 'failed'> {
    const { clock, defaults } = this.#parts;
    const { deadlineMs } = resolvePolicy(defaults);
    // With old options to fall back on, time is left to decide with them.
    const timeoutMs = this.#entries.has(id) ? deadlineMs / 2 : deadlineMs;
    return withinDeadline<T | 'failed'>(clock, timeoutMs, answer).catch((error) => this.#troubles.threw(id, error));
  }

  #keep(id: string, problem: string): Workspace | 'unknown' {
    const until = this.#parts.clock.now() + GRACE_MS;
    this.#troubles.failed(id, problem);
    const old = this.#entries.get(id);
    if (old === undefined) this.#absent.set(id, { until });
    else this.#entries.set(id, { ...old, freshUntil: until });
    return old?.workspace ?? 'unknown';
  }

  #put(options: ResolvedWorkspace, freshUntil: number): Workspace {
    const old = this.#entries.get(options.id)?.workspace;
    const workspace = old?.isSamePlace(options)
      ? old.renew(options)
      : new Workspace(options, this.#parts, this.#statistics);
    this.#absent.delete(options.id);
    this.#entries.set(options.id, { workspace, freshUntil, usedAt: this.#parts.clock.now() });
    this.#dropLeastUsed();
    this.#heldMessages.attach(workspace);
    warnOfPolicies(workspace, this.#parts.logOnce);
    return workspace;
  }

  /** Those of a map are the caller's own, and stay. */
  #dropLeastUsed(): void {
    if (typeof this.#source !== 'function' || this.#entries.size <= MAX_WORKSPACES) return;
    const byUse = [...this.#entries].toSorted(([, one], [, other]) => one.usedAt - other.usedAt);
    for (const [id, { workspace }] of byUse.slice(0, DROPPED_AT_ONCE)) {
      this.#entries.delete(id);
      void this.#heldMessages.drop(workspace);
    }
  }

  #remove(id: string): void {
    this.#entries.get(id)?.workspace.remove();
    if (!this.#entries.delete(id)) return;
    for (const memory of [this.#parts.links, this.#parts.store]) void memory.forget({ workspaceId: id });
  }
}
