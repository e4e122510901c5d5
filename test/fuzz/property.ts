import fc from 'fast-check';

/** Something that must hold for each value of an input. */
export interface Property {
  /** Says what holds. It selects the property on the command line. */
  readonly name: string;
  /** Its share of all runs: the less, the more a run costs. */
  readonly weight: number;
  run(params: RunParams): Promise<RunResult>;
}

export interface RunParams {
  readonly runs: number;
  readonly seed: number;
  /** Where fast-check found a failure: it begins there. */
  readonly path?: string | undefined;
  /** Whether each run is timed. */
  readonly isTimed?: boolean | undefined;
}

export interface RunResult {
  readonly runs: number;
  /** What failed, with the smallest value that does; `undefined`: nothing. */
  readonly failure: { readonly seed: number; readonly path: string; readonly text: string } | undefined;
  /** The run that took the guard longest; `undefined`: they were not timed. */
  readonly slowest: Slowest | undefined;
}

export interface Slowest {
  readonly ms: number;
  /** The beginning of the value. */
  readonly value: string;
}

/** A property whose check throws for a value that breaks it. */
export function property<T>(
  name: string,
  weight: number,
  values: fc.Arbitrary<T>,
  check: (value: T) => void,
): Property {
  return {
    name,
    weight,
    run: async ({ isTimed = false, ...params }) => {
      const watch = new Stopwatch<T>((value) => check(value));
      const timed = isTimed ? (value: T) => watch.run(value) : check;
      const details = fc.check(
        fc.property(values, (value) => {
          timed(value);
        }),
        parametersOf<[T]>(params),
      );
      return resultOf(details, isTimed ? watch.slowest : undefined);
    },
  };
}

/** The same for a check that waits. Whatever it waits for comes at once, so that its time is the processor's. */
export function asyncProperty<T>(
  name: string,
  weight: number,
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
): Property {
  return {
    name,
    weight,
    run: async ({ isTimed = false, ...params }) => {
      const watch = new Stopwatch<T>((value) => check(value));
      const timed = isTimed ? (value: T) => watch.runAsync(value) : check;
      const details = await fc.check(fc.asyncProperty(values, timed), parametersOf<[T]>(params));
      return resultOf(details, isTimed ? watch.slowest : undefined);
    },
  };
}

function parametersOf<T>({ runs, seed, path }: RunParams): fc.Parameters<T> {
  return { numRuns: runs, seed, ...(path === undefined ? {} : { path }) };
}

function resultOf<T>(details: fc.RunDetails<[T]>, slowest: Slowest | undefined): RunResult {
  const { failed, numRuns: runs, seed, counterexamplePath, counterexample, errorInstance } = details;
  if (!failed) return { runs, failure: undefined, slowest };
  const error = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const text = `${beginningOf(counterexample?.[0], 4000)}\n${error}`;
  return { runs, failure: { seed, path: counterexamplePath ?? '', text }, slowest };
}

function beginningOf(value: unknown, length: number): string {
  const text = fc.stringify(value);
  return text.length > length ? `${text.slice(0, length)}... (${text.length} characters)` : text;
}

/** The longest that a run may take: longer, and other requests of the process wait. */
const LIMIT_MS = 20;

let uncountedMs = 0;

/** Does what prepares a run, and is no part of what an input costs. */
export function uncounted<T>(prepare: () => T): T {
  const startedAt = performance.now();
  try {
    return prepare();
  } finally {
    uncountedMs += performance.now() - startedAt;
  }
}

/** The time that counts, in ms. */
function countedNow(): number {
  return performance.now() - uncountedMs;
}

/** Of a machine that is busy with others, the processor's time says more. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 - uncountedMs;
}

/** Times the runs of a property. A machine that is busy makes single runs slow, so the slow ones are run again. */
class Stopwatch<T> {
  readonly #check: (value: T) => void | Promise<void>;
  #slowest: Slowest = { ms: 0, value: '' };

  constructor(check: (value: T) => void | Promise<void>) {
    this.#check = check;
  }

  get slowest(): Slowest {
    return this.#slowest;
  }

  run(value: T): void {
    const startedAt = countedNow();
    void this.#check(value);
    let ms = countedNow() - startedAt;
    for (let again = 0; again < REPETITIONS && ms > this.#slowest.ms; again += 1) {
      const started = [countedNow(), processorMs()] as const;
      void this.#check(value);
      ms = Math.min(ms, passedSince(started));
    }
    this.#note(ms, value);
  }

  async runAsync(value: T): Promise<void> {
    const startedAt = countedNow();
    await this.#check(value);
    let ms = countedNow() - startedAt;
    for (let again = 0; again < REPETITIONS && ms > this.#slowest.ms; again += 1) {
      const started = [countedNow(), processorMs()] as const;
      await this.#check(value);
      ms = Math.min(ms, passedSince(started));
    }
    this.#note(ms, value);
  }

  #note(ms: number, value: T): void {
    if (ms <= this.#slowest.ms) return;
    this.#slowest = { ms, value: beginningOf(value, 300) };
    if (ms > LIMIT_MS) throw new Error(`a run took ${ms.toFixed(1)} ms each time, and at most ${LIMIT_MS} are allowed`);
  }
}

const REPETITIONS = 8;

function passedSince([wall, processor]: readonly [number, number]): number {
  return Math.min(countedNow() - wall, processorMs() - processor);
}
