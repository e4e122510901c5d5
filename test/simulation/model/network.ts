import type { FaultSource } from '../faults/answer-faults.js';
import { type BirdAnswer, type FakeBird, SlidingSecond } from './fake-bird.js';
import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

export type RequestKind = 'channel' | 'search' | 'window';

/** One request to Bird and what became of it, in true time. */
export interface Exchange {
  readonly kind: RequestKind;
  readonly path: string;
  readonly workspaceId: string;
  readonly startedAt: number;
  /** The fault that it met. */
  fault?: string | undefined;
}

export interface NetworkParts {
  readonly timeline: Timeline;
  readonly bird: FakeBird;
  readonly random: Random;
  readonly faults: FaultSource;
  /** Called with each read: how many of its workspace left within the 1000 ms that end with it. */
  readonly onRead: (inThisSecond: number) => void;
}

/** Called with each answer that reached the process whole, as Bird gave it or as the fault changed it. */
export type AnswerListener = (exchange: Exchange, answer: BirdAnswer) => void;

/** What lies between the guards and Bird: time, and faults. It stands in the place of `fetch`. */
export class Network {
  /** The most GET requests that left within any 1000 ms, over all workspaces. */
  busiestSecond = 0;
  reads = 0;
  searches = 0;
  readonly #parts: NetworkParts;
  readonly #departures = new Map<string, SlidingSecond>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** What a process calls, which lives in this timeline. */
  fetchIn(process: Timeline, onAnswer: AnswerListener): typeof globalThis.fetch {
    return (input, init) => this.#fetch(process, onAnswer, String(input), init ?? {});
  }

  #fetch(process: Timeline, onAnswer: AnswerListener, url: string, init: RequestInit): Promise<Response> {
    const { timeline, bird, random, faults } = this.#parts;
    const method = init.method ?? 'GET';
    const path = url.slice('https://api.bird.com'.length);
    const workspaceId = path.split('/', 3)[2] ?? '';
    const kind = method === 'POST' ? 'search' : path.includes('/contacts/') ? 'window' : 'channel';
    const exchange: Exchange = { kind, path, workspaceId, startedAt: timeline.now };
    this.#count(exchange);
    const { authorization } = (init.headers ?? {}) as Record<string, string>;
    const body = typeof init.body === 'string' ? init.body : undefined;
    const fault = faults.of(exchange, timeline.now);
    exchange.fault = fault?.name;
    return new Promise((resolve, reject) => {
      timeline.at(timeline.now + random.between(2, 20), () => {
        const answer = bird.answer({ method, path, authorization, body }, timeline.now);
        const faulty = fault === undefined ? { answer, delayMs: 0 } : fault.apply(answer, random, timeline.now);
        if (faulty === 'silence') return;
        const date = new Date(timeline.now).toUTCString();
        const arrivesAt = timeline.now + latency(random) + faulty.delayMs;
        // The bytes arrive whether or not the process is awake; it sees them when it is.
        process.inProcess(arrivesAt, () => {
          process.flushPromises();
          if (faulty.answer === 'reset') return reject(new TypeError('fetch failed'));
          if (faulty.body === undefined) onAnswer(exchange, faulty.answer);
          resolve(responseOf(faulty.answer, date, faulty.body));
        });
      });
    });
  }

  #count({ kind, workspaceId }: Exchange): void {
    if (kind === 'search') {
      this.searches += 1;
      return;
    }
    this.reads += 1;
    const departures = this.#departures.get(workspaceId) ?? new SlidingSecond();
    this.#departures.set(workspaceId, departures);
    const inThisSecond = departures.add(this.#parts.timeline.now);
    this.busiestSecond = Math.max(this.busiestSecond, inThisSecond);
    this.#parts.onRead(inThisSecond);
  }
}

/** Most answers take 20 to 60 ms, one in fifty up to 600. */
function latency(random: Random): number {
  return random.chance(0.02) ? random.spread(60, 600) : random.between(18, 40);
}

const encoder = new TextEncoder();

/** As much of a `Response` as a client needs that reads status, headers and body. */
function responseOf(answer: BirdAnswer, date: string, body: AsyncIterable<Uint8Array> | undefined): Response {
  const headers: Readonly<Record<string, string>> = { date, ...answer.headers };
  return {
    status: answer.status,
    ok: answer.status >= 200 && answer.status < 300,
    headers: { get: (name: string) => headers[name.toLowerCase()] ?? null },
    body: body ?? [encoder.encode(answer.body)],
    json: async () => JSON.parse(answer.body),
  } as unknown as Response;
}
