// How vitest runs a test with each of its mutants switched on in turn, in one process. Starting vitest anew for each would take
// hours.
import { appendFileSync, readFileSync } from 'node:fs';
import { TestRunner } from 'vitest';

type Test = Parameters<TestRunner['onBeforeRunTask']>[0];

/** A mutant, and how often a test executes its place without it. */
type Hits = readonly [id: string, count: number];

interface Setup {
  /** Lines of JSON are added to it. */
  readonly results: string;
  /** By test. Without it, the run finds which places each test executes. */
  readonly tries?: Readonly<Record<string, readonly Hits[]>>;
}

/** What the instrumented code reads and writes. */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  /** The mutants that this process has found, whatever its files. */
  found?: Set<string>;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

const setup = JSON.parse(readFileSync(process.env.MUTATION_SETUP ?? '', 'utf8')) as Setup;
const instrumented = globalThis as unknown as { __stryker__?: Namespace };
instrumented.__stryker__ ??= {};
const namespace = instrumented.__stryker__;
namespace.found ??= new Set();
const { found } = namespace;
/** A loop that runs so much more often has no end. */
const MAX_TIMES_AS_OFTEN = 100;
const MIN_HIT_LIMIT = 10_000;

function record(line: object): void {
  appendFileSync(setup.results, `${JSON.stringify(line)}\n`);
}

/** The tries of one test: without a mutant, then with each, and without one again after each that was found. */
class Tries {
  readonly #waiting: Hits[];
  #current: Hits | undefined;
  #isDone = false;
  /** A mutant that was found, until the test is seen to pass without it. */
  #found: { id: string; status: string } | undefined;

  constructor(waiting: readonly Hits[]) {
    this.#waiting = [...waiting];
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  begin(test: Test): void {
    if (test.result !== undefined) {
      test.result.state = 'run';
      delete test.result.errors;
    }
    if (this.#current === undefined) return;
    const [id, count] = this.#current;
    record({ trying: id, test: test.id });
    namespace.activeMutant = id;
    namespace.hitCount = 0;
    namespace.hitLimit = Math.max(MIN_HIT_LIMIT, count * MAX_TIMES_AS_OFTEN);
  }

  end(test: Test): void {
    const isEndless = (namespace.hitCount ?? 0) > (namespace.hitLimit ?? Number.POSITIVE_INFINITY);
    switchOff();
    const hasFailed = test.result?.state === 'fail';
    if (this.#current === undefined) this.#endWithout(test, hasFailed);
    else if (hasFailed || isEndless) {
      this.#found = { id: this.#current[0], status: isEndless || isLate(test) ? 'late' : 'killed' };
      this.#current = undefined;
    } else this.#current = this.#next();
    if (this.#current === undefined && this.#found === undefined) this.#isDone = true;
  }

  /** A test that no longer passes by itself says nothing of mutants, nor of the one that was tried last. */
  #endWithout(test: Test, hasFailed: boolean): void {
    if (hasFailed) {
      record({
        broken: test.id,
        name: test.fullName,
        doubtful: this.#found?.id,
        why: test.result?.errors?.[0]?.message,
      });
      this.#isDone = true;
      return;
    }
    if (this.#found !== undefined) {
      record({ ...this.#found, test: test.id, by: test.fullName });
      found.add(this.#found.id);
    }
    this.#found = undefined;
    this.#current = this.#next();
  }

  /** One test is enough to find a mutant. */
  #next(): Hits | undefined {
    while (true) {
      const next = this.#waiting.shift();
      if (next === undefined || !found.has(next[0])) return next;
    }
  }
}

function switchOff(): void {
  namespace.activeMutant = undefined;
  namespace.hitCount = undefined;
  namespace.hitLimit = undefined;
}

function isLate(test: Test): boolean {
  return test.result?.errors?.some(({ message }) => message.includes('timed out')) === true;
}

/** The tests of one process take turns, so that what one executes is known. */
export default class MutationRunner extends TestRunner {
  #tries: Tries | undefined;

  override async onBeforeRunTask(test: Test): Promise<void> {
    await super.onBeforeRunTask(test);
    if (setup.tries === undefined) return;
    const waiting = setup.tries[test.id]?.filter(([id]) => !found.has(id)) ?? [];
    if (waiting.length === 0 || test.mode === 'skip') {
      test.mode = 'skip';
      return;
    }
    const tries = new Tries(waiting);
    this.#tries = tries;
    // Whether there is another is known only at the end of each.
    test.repeats = { valueOf: () => (tries.isDone ? -1 : Number.POSITIVE_INFINITY) } as unknown as number;
  }

  override onBeforeTryTask(test: Test): void {
    super.onBeforeTryTask(test);
    namespace.currentTestId = test.id;
    this.#tries?.begin(test);
  }

  onAfterRetryTask(test: Test): void {
    namespace.currentTestId = undefined;
    this.#tries?.end(test);
  }

  override onAfterRunTask(test: Test): void {
    super.onAfterRunTask(test);
    delete test.repeats;
    this.#tries = undefined;
    if (test.result !== undefined && setup.tries !== undefined) test.result.state = 'pass';
    if (setup.tries !== undefined) return;
    const hits = namespace.mutantCoverage?.perTest[test.id] ?? {};
    const { state, duration } = test.result ?? {};
    record({ test: test.id, file: test.file.name, name: test.fullName, state, ms: duration, hits });
  }

  onCollected(files: readonly Test['file'][]): void {
    for (const { name, result } of files) {
      const error = result?.errors?.[0];
      if (error !== undefined) record({ unloaded: name, why: error.message });
    }
  }

  override async onAfterRunFiles(): Promise<void> {
    super.onAfterRunFiles();
    record({ ended: true, atLoad: Object.keys(namespace.mutantCoverage?.static ?? {}) });
  }
}
