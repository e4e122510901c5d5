import { isMap, kindOf } from '../core/option-checks.js';
import { SharedReads } from '../lookup/shared-reads.js';
import { withinDeadline } from './deadline.js';
import {
  type GuardParts,
  type ResolvedWorkspace,
  resolveWorkspace,
  type WorkspaceOptions,
  type WorkspaceSource,
} from './options.js';
import { resolvePolicy } from './policy.js';
import type { Statistics } from './statistics.js';
import { Workspace } from './workspace.js';

/** A function's answer is asked for again after so long; until then it is believed. */
const FRESH_MS = 60_000;
/** When that fails, the old answer serves on for so long. */
const GRACE_MS = 10_000;

type WorkspaceFunction = Extract<WorkspaceSource, (id: string) => unknown>;

interface Entry {
  readonly workspace: Workspace;
  readonly freshUntil: number;
}

/** The workspaces by id: all of them at creation from a map, each at its first send from a function. */
export class Workspaces {
  readonly #parts: GuardParts;
  readonly #statistics: Statistics;
  readonly #onPut: (workspace: Workspace) => void;
  readonly #loads = new SharedReads<Workspace | 'unknown'>();
  #source: WorkspaceSource;
  #entries: Map<string, Entry>;

  /**
   * @param onPut called with each workspace that is there from now on, or has new options
   * @throws {TypeError | RangeError} for invalid options in a map
   */
  constructor(
    source: WorkspaceSource,
    parts: GuardParts,
    statistics: Statistics,
    onPut: (workspace: Workspace) => void,
  ) {
    this.#parts = parts;
    this.#statistics = statistics;
    this.#onPut = onPut;
    this.#source = source;
    this.#entries = new Map();
    this.reload(source);
  }

  /** What is known without asking; `undefined` where `load` has to ask. `id` is lower-case. */
  recall(id: string): Workspace | 'unknown' | undefined {
    const entry = this.#entries.get(id);
    if (entry !== undefined && this.#parts.clock.now() < entry.freshUntil) return entry.workspace;
    return typeof this.#source === 'function' ? undefined : 'unknown';
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
    const resolved = typeof source === 'function' ? undefined : this.#resolveAll(source);
    this.#source = source;
    if (resolved === undefined) {
      // What a function said before is asked for again at the next send; what is remembered stays until then.
      for (const [id, { workspace }] of this.#entries) this.#entries.set(id, { workspace, freshUntil: 0 });
      return;
    }
    for (const id of [...this.#entries.keys()]) if (!resolved.has(id)) this.#remove(id);
    for (const options of resolved.values()) this.#put(options, Number.POSITIVE_INFINITY);
  }

  #resolveAll(map: Readonly<Record<string, WorkspaceOptions>>): Map<string, ResolvedWorkspace> {
    const all = Object.entries(map).map(([id, options]) => resolveWorkspace(id, options, this.#parts.defaults));
    return new Map(all.map((options) => [options.id, options]));
  }

  async #ask(id: string): Promise<Workspace | 'unknown'> {
    const { clock, defaults } = this.#parts;
    const source = this.#source;
    if (typeof source !== 'function') return this.recall(id) ?? 'unknown';
    const asked = await this.#askInTime(source, id);
    // A reload came first: its word counts.
    if (source !== this.#source) return this.recall(id) ?? this.#ask(id);
    // The caller's error is not passed on: nobody knows what it holds.
    if (asked === 'failed') return this.#keep(id, 'the function for workspace options failed or took too long');
    if (asked === undefined) {
      this.#remove(id);
      return 'unknown';
    }
    try {
      return this.#put(resolveWorkspace(id, asked, defaults), clock.now() + FRESH_MS);
    } catch (error) {
      return this.#keep(id, error instanceof Error ? error.message : 'the options are invalid');
    }
  }

  /** A function that hangs must not keep a workspace hanging after it: others wait for the same answer. */
  async #askInTime(source: WorkspaceFunction, id: string): Promise<WorkspaceOptions | undefined | 'failed'> {
    const { clock, defaults } = this.#parts;
    const { deadlineMs } = resolvePolicy(defaults);
    // With old options to fall back on, time is left to decide with them.
    const patienceMs = this.#entries.has(id) ? deadlineMs / 2 : deadlineMs;
    try {
      return await withinDeadline(clock, patienceMs, Promise.resolve(source(id)));
    } catch {
      return 'failed';
    }
  }

  #keep(id: string, problem: string): Workspace | 'unknown' {
    const { clock, logger } = this.#parts;
    logger.error({ workspaceId: id, problem }, 'The options of a workspace could not be had');
    const old = this.#entries.get(id)?.workspace;
    if (old !== undefined) this.#entries.set(id, { workspace: old, freshUntil: clock.now() + GRACE_MS });
    return old ?? 'unknown';
  }

  #put(options: ResolvedWorkspace, freshUntil: number): Workspace {
    const old = this.#entries.get(options.id)?.workspace;
    const workspace = old?.isSamePlace(options)
      ? old.renew(options)
      : new Workspace(options, this.#parts, this.#statistics);
    this.#entries.set(options.id, { workspace, freshUntil });
    this.#onPut(workspace);
    return workspace;
  }

  #remove(id: string): void {
    if (this.#entries.delete(id)) void this.#parts.store.forget({ workspaceId: id });
  }
}
