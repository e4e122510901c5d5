import { askBird, type BirdAnswer, type BirdApiOptions } from '../../bird/api/api-client.js';
import { readHttpDate } from '../../bird/api/http-date.js';
import { ServerClock } from '../../bird/api/server-clock.js';
import { LookupError } from '../../errors.js';
import { toHeaderValue } from '../printable.js';
import type {
  ClockReport,
  FailedFinding,
  Finding,
  RateLimitHeader,
  ReadFailure,
  ReadReport,
  ReadTarget,
} from './diagnosis.js';

/** The timeout of one read, far longer than the guard's, so that a slow Bird is reported as slow and not as silent. */
const MAX_READ_MS = 5_000;
const MAX_DIAGNOSIS_MS = 15_000;

export interface ReadRequest<Facts> {
  readonly target: ReadTarget;
  readonly path: string;
  /** Decodes the parsed answer. Throws a `LookupError` for an unreadable one. */
  readonly decode: (answer: unknown) => Facts;
}

/** Makes the reads of one diagnosis, one after the other, and collects clock, limits and times from their answers. */
export class BirdReads {
  readonly reports: ReadReport[] = [];
  readonly #options: BirdApiOptions;
  readonly #birdClock: ServerClock;
  readonly #giveUpAt: number;
  readonly #rateLimitHeaders = new Map<string, string | undefined>();
  #date: ClockReport['date'] = 'unknown';

  constructor(options: BirdApiOptions) {
    this.#options = options;
    this.#birdClock = new ServerClock(options.clock, () => {}, Number.POSITIVE_INFINITY);
    this.#giveUpAt = this.#elapsed() + MAX_DIAGNOSIS_MS;
  }

  async read<Facts>({ target, path, decode }: ReadRequest<Facts>): Promise<Finding<Facts>> {
    const startedAt = this.#elapsed();
    const finding = await this.#ask(path, decode);
    const durationMs = Math.max(0, this.#elapsed() - startedAt);
    this.reports.push({ target, result: finding.result, status: finding.status, durationMs });
    return finding;
  }

  /** The time by Bird's clock, as the guard uses it. */
  now(): number {
    return this.#birdClock.now();
  }

  clock(): ClockReport {
    return { date: this.#date, aheadMs: this.#birdClock.now() - this.#options.clock.now() };
  }

  rateLimitHeaders(): readonly RateLimitHeader[] {
    return [...this.#rateLimitHeaders].map(([name, value]) => ({ name, value }));
  }

  async #ask<Facts>(path: string, decode: (answer: unknown) => Facts): Promise<AskedFinding<Facts>> {
    const { clock } = this.#options;
    const leftMs = Math.min(MAX_READ_MS, this.#giveUpAt - this.#elapsed());
    if (leftMs <= 0) return { result: 'timed_out' };
    const sentAt = clock.now();
    try {
      const answer = await askBird(this.#options, { method: 'GET', path }, leftMs);
      this.#note(answer.headers, { sentAt, answeredAt: clock.now() });
      return findingOf(answer, decode);
    } catch (error) {
      return failureOf(error);
    }
  }

  #note(headers: Headers, exchange: { readonly sentAt: number; readonly answeredAt: number }): void {
    const date = headers.get('date');
    // Twice, because the clock accepts a large difference only from two answers; here it is only reported.
    for (const _ of [1, 2]) this.#birdClock.observe({ date, age: headers.get('age') }, exchange);
    this.#date = date === null ? 'absent' : readHttpDate(date) === undefined ? 'unreadable' : 'present';
    for (const [name, value] of headers) {
      if (RATE_LIMIT_HEADER.test(name)) this.#rateLimitHeaders.set(name, toHeaderValue(value));
    }
  }

  /** The monotonic clock if there is one: the duration of a read must not depend on a wall clock that is corrected. */
  #elapsed(): number {
    const { clock } = this.#options;
    return clock.monotonic?.() ?? clock.now();
  }
}

type AskedFinding<Facts> = { readonly result: 'ok'; readonly status: number; readonly facts: Facts } | FailedFinding;

const RATE_LIMIT_HEADER = /^(?:x-)?(?:[a-z]{1,20}-)?rate-?limit(?:-[a-z0-9-]{1,40})?$|^retry-after$/;

function findingOf<Facts>({ status, text }: BirdAnswer, decode: (answer: unknown) => Facts): AskedFinding<Facts> {
  if (status < 200 || status > 299) return { result: refusalOf(status, text), status };
  try {
    return { result: 'ok', status, facts: decode(JSON.parse(text)) };
  } catch {
    // The parser's error is dropped, since it quotes the answer.
    return { result: 'malformed', status };
  }
}

function refusalOf(status: number, text: string): ReadFailure {
  if (status < 400) return 'redirected';
  if (status === 401) return 'key_refused';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'throttled';
  if (status >= 500) return 'server_error';
  if (status !== 404) return 'unexpected_status';
  // Bird has one code for every 404. Only the message says what was not found.
  if (/channel not found/i.test(text)) return 'channel_not_found';
  return /contact not found/i.test(text) ? 'contact_not_found' : 'not_found';
}

function failureOf(error: unknown): FailedFinding {
  const code = error instanceof LookupError ? error.code : undefined;
  if (code === 'deadline_exceeded') return { result: 'timed_out' };
  if (code === 'malformed_answer') return { result: 'malformed' };
  return { result: 'unreachable', networkCode: networkCodeOf(error) };
}

/**
 * The code of the innermost error, since `fetch` wraps the system's. Messages are not read: they may quote a header.
 */
function networkCodeOf(error: unknown): string | undefined {
  let code: string | undefined;
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if ('code' in cause && typeof cause.code === 'string' && NETWORK_CODE.test(cause.code)) code = cause.code;
  }
  return code;
}

const NETWORK_CODE = /^[A-Z][A-Z0-9_]{2,50}$/;
