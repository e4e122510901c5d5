import { createGuard, type Guard } from '../../../src/guard/guard.js';
import type { GuardOptions } from '../../../src/guard/workspaces/options.js';
import type { WorkspaceOptions } from '../../../src/guard/workspaces/workspace-options.js';
import { createClock, type SandboxClock } from '../../../src/sandbox/clock.js';
import { memoryStore } from '../../../src/stores/memory-store.js';
import { uncounted } from '../property.js';
import { KEY, NOW, refuseSecrets, WORKSPACE } from './ids.js';

/** What Bird answers a request. */
export interface BirdsAnswer {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The bytes, or what is written as JSON. */
  readonly body?: unknown;
}

/** A guard before a Bird that answers at once. Its time begins at `NOW`, and goes on only where something waits for it. */
export interface World {
  readonly guard: Guard;
  readonly clock: SandboxClock;
  /** The URLs that Bird was asked for. */
  readonly urls: string[];
  /** What became of a promise of the guard's, once its time has come. */
  settled<T>(promise: Promise<T>): Promise<T>;
}

export interface WorldOptions {
  readonly bird: (path: string) => BirdsAnswer;
  readonly guard?: Partial<GuardOptions>;
  readonly workspace?: Partial<WorkspaceOptions>;
}

/** Whatever is logged is searched for secrets at once. */
export function createWorld(options: WorldOptions): World {
  return uncounted(() => makeWorld(options));
}

function makeWorld({ bird, guard: given, workspace }: WorldOptions): World {
  const clock = createClock(NOW);
  const urls: string[] = [];
  const fetch = async (input: unknown): Promise<Response> => {
    const url = String(input);
    urls.push(url);
    return responseOf(bird(url.replace('https://api.bird.com', '')));
  };
  const leaks: unknown[] = [];
  const note =
    (isDefect: boolean) =>
    (fields: object, text: string): void => {
      try {
        refuseSecrets('the log', [fields, text]);
        if (isDefect) throw new Error(`an error was logged: ${text}`);
      } catch (error) {
        leaks.push(error);
      }
    };
  const limits = { lookupsPerSecond: 10_000, lookupBurst: 10_000 };
  const guard = createGuard({
    workspaces: { [WORKSPACE]: { accessKey: KEY, ...limits, ...workspace } },
    store: memoryStore({ max: 20 }),
    clock,
    fetch,
    logger: { warn: note(false), error: note(true) },
    ...given,
  });
  return {
    guard,
    clock,
    urls,
    settled: async (promise) => {
      const result = await settled(promise, clock);
      if (leaks.length > 0) throw leaks[0];
      return result;
    },
  };
}

/** The parts of a response that the guard reads. A true one takes ten times as long to make. */
function responseOf({ status = 200, headers = {}, body }: BirdsAnswer): Response {
  const bytes = body instanceof Uint8Array ? body : encoder.encode(JSON.stringify(body) ?? '');
  const named = new Map(Object.entries(headers));
  return { status, headers: { get: (name: string) => named.get(name) ?? null }, body: [bytes] } as unknown as Response;
}

const encoder = new TextEncoder();

/** Longer than any deadline. */
const MAX_SECONDS = 30;

/** Nothing is waited for but what comes at once. What still waits then waits for time. */
async function settled<T>(promise: Promise<T>, clock: SandboxClock): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  promise.then(done, done);
  for (let turn = 0; turn < 60 && !isDone; turn += 1) await undefined;
  for (let second = 0; !isDone; second += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isDone) break;
    if (second === MAX_SECONDS) throw new Error('the guard gave no answer');
    clock.advance(1_000);
  }
  return promise;
}
