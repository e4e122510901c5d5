import type { EventEmitter } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';

/** How often there is each thing that a process can leave behind, by its name. */
export type Inventory = Readonly<Record<string, number>>;

type Callback = (...args: unknown[]) => void;

/**
 * The timers that have neither fired nor been cleared, by the place that has set them. Node lists only those that keep the
 * process alive, and the guard's do not.
 */
export class LiveTimers {
  /** With the stack of who has set it, which is written out only where it is asked for: that takes long. */
  readonly #places = new Map<unknown, { readonly stack?: string }>();

  /** From now on each timer of the process is watched. */
  watch(): void {
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
    const places = this.#places;
    const watchedTimeout = (callback: Callback, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
      const fire = (): void => {
        places.delete(timer);
        callback(...args);
      };
      const timer = setTimeout(fire, ms);
      places.set(timer, stackOfCaller(watchedTimeout));
      return timer;
    };
    const watchedInterval = (callback: Callback, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
      const timer = setInterval(callback, ms, ...args);
      places.set(timer, stackOfCaller(watchedInterval));
      return timer;
    };
    const forgetting =
      (clear: typeof clearTimeout) =>
      (timer: NodeJS.Timeout | undefined): void => {
        places.delete(timer);
        clear(timer);
      };
    Object.assign(globalThis, {
      setTimeout: Object.assign(watchedTimeout, setTimeout),
      setInterval: Object.assign(watchedInterval, setInterval),
      clearTimeout: forgetting(clearTimeout),
      clearInterval: forgetting(clearInterval),
    });
  }

  get inventory(): Inventory {
    return counted([...this.#places.values()].map((place) => `timer of ${placeOf(place)}`));
  }
}

export interface Emitters {
  readonly [name: string]: EventEmitter;
}

/** What the process has open, and who listens. */
export function takeInventory(timers: LiveTimers, emitters: Emitters): Inventory {
  const listeners = Object.entries(emitters).flatMap(([name, emitter]) =>
    emitter.eventNames().map((event) => [`listener of ${name} '${String(event)}'`, emitter.listenerCount(event)]),
  );
  // Node lists those timers that keep the process alive once more.
  const resources = process.getActiveResourcesInfo().filter((resource) => resource !== 'Timeout');
  return { ...timers.inventory, ...counted([...resources, ...openSockets()]), ...Object.fromEntries(listeners) };
}

/** Those too that do not keep the process alive. Only Linux tells. */
function openSockets(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith('socket:') ? ['open socket'] : [];
    } catch {
      // The descriptor of this listing itself.
      return [];
    }
  });
}

/** What there is more of than before, in words. */
export function leftBehind(before: Inventory, after: Inventory): string[] {
  return Object.entries(after).flatMap(([name, count]) => {
    const surplus = count - (before[name] ?? 0);
    return surplus > 0 ? [`${surplus} x ${name}`] : [];
  });
}

function counted(names: readonly string[]): Inventory {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function stackOfCaller(callee: (...args: never[]) => unknown): { readonly stack?: string } {
  const holder = {};
  Error.captureStackTrace(holder, callee);
  return holder;
}

/** The package's nearest frames, or else the first one. */
function placeOf({ stack = '' }: { readonly stack?: string }): string {
  const frames = stack.split('\n').slice(1);
  const own = frames.filter((line) => line.includes('/dist/')).slice(0, 3);
  return (own.length > 0 ? own : frames.slice(0, 1)).map(nameOf).join(' < ');
}

function nameOf(frame: string): string {
  return frame.trim().replace(/^at (.*?)\(?(?:file:|node:)?[^(]*[/\\]([^/\\]+:\d+):\d+\)?$/, '$1$2');
}
