import { kindOf } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import { LookupError } from '../../errors.js';
import type { Clock } from '../../ports.js';
import { readerOf, readLimited } from './limited-body.js';

export interface BirdApiOptions {
  /** Origin and optional path prefix, without a slash at the end. */
  readonly baseUrl: string;
  /** Called for every request, so that a rotated key is used from the next one on. */
  readonly accessKey: () => string | Promise<string>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

export interface BirdAnswer {
  readonly status: number;
  /** The key that was used. */
  readonly accessKey: string;
  readonly headers: Headers;
  readonly text: string;
}

export interface BirdRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash. Every part from outside is a checked id or an encoded query value. */
  readonly path: string;
  readonly body?: unknown;
  /** A key that Bird has just refused: the request is made only with a different one. */
  readonly refusedKey?: string | undefined;
}

/** The characters that a header may contain. */
export const ACCESS_KEY: RegExp = /^[\x21-\x7e]+$/;

/** Larger answers are rejected; no answer that the guard needs comes near this. */
const MAX_ANSWER_BYTES = 64 * 1024;

const KEY_HANGS = 'the accessKey function took too long';

/**
 * Makes one request to Bird within `timeoutMs`, headers and body together. Never follows a redirect, because the access
 * key would be sent along.
 *
 * @throws {LookupError} `deadline_exceeded`, `malformed_answer` (too large), `lookup_failed` (no connection, or no key
 *   to ask with) or `access_denied` (no other key than the refused one)
 */
export async function askBird(options: BirdApiOptions, request: BirdRequest, timeoutMs: number): Promise<BirdAnswer> {
  const { clock } = options;
  const controller = new AbortController();
  let timer: unknown;
  let hasKey = false;
  const useKey = (): void => {
    hasKey = true;
  };
  const timeout = new Promise<never>((_, reject) => {
    timer = clock.setTimeout(() => {
      reject(hasKey ? noAnswer() : noKey('deadline_exceeded', KEY_HANGS));
      controller.abort();
    }, timeoutMs);
  });
  try {
    // A race, not only the signal: an injected `fetch` or key function may ignore the signal.
    return await Promise.race([exchange(options, request, { signal: controller.signal, useKey }), timeout]);
  } finally {
    clock.clearTimeout(timer);
  }
}

interface Attempt {
  readonly signal: AbortSignal;
  /** Called when the key function has returned a key. */
  useKey(): void;
}

async function exchange(
  options: BirdApiOptions,
  request: BirdRequest,
  { signal, useKey }: Attempt,
): Promise<BirdAnswer> {
  const accessKey = await keyOf(options);
  useKey();
  if (accessKey === request.refusedKey) {
    const details = { trouble: 'access_denied' } as const;
    throw new LookupError(
      'access_denied',
      'Bird has just refused the access key, and the accessKey function returned the same one',
      details,
    );
  }
  try {
    const { fetch, baseUrl } = options;
    const response = await fetch(`${baseUrl}${request.path}`, {
      method: request.method,
      redirect: 'manual',
      signal,
      headers: {
        authorization: `AccessKey ${accessKey}`,
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
    });
    return { status: response.status, accessKey, headers: response.headers, text: await readBody(response) };
  } catch (error) {
    if (error instanceof LookupError) throw error;
    const details = { isRetryable: true, trouble: 'no_connection', cause: error } as const;
    throw new LookupError('lookup_failed', `The connection to Bird failed${codeOf(error)}`, details);
  }
}

/** A key function may throw or return nothing; a request with `AccessKey undefined` would look like a refused key. */
async function keyOf({ accessKey }: BirdApiOptions): Promise<string> {
  let key: unknown;
  try {
    key = await accessKey();
  } catch {
    // The function's error is not passed on: it may contain anything.
    throw noKey('lookup_failed', 'the accessKey function failed');
  }
  if (typeof key === 'string' && ACCESS_KEY.test(key)) return key;
  const kind = typeof key === 'string' && key !== '' ? 'a string that is not a key' : kindOf(key);
  throw noKey('lookup_failed', `the accessKey function returned ${kind}`);
}

function noKey(code: 'lookup_failed' | 'deadline_exceeded', problem: string): LookupError {
  return new LookupError(code, `Bird was not asked: ${problem}`, { isRetryable: true, trouble: 'access_key_missing' });
}

function noAnswer(): LookupError {
  const details = { isRetryable: true, trouble: 'no_answer' } as const;
  return new LookupError('deadline_exceeded', 'Bird did not answer in time', details);
}

/** Node's code for the failure, such as ECONNREFUSED, which distinguishes a wrong URL from a closed firewall. */
function codeOf(error: unknown): string {
  const code = own(own(error, 'cause'), 'code') ?? own(error, 'code');
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : '';
}

/** Made once, and not used for streams: a new decoder for each answer costs 0.06 of the guard's part of a miss. */
const decoder = new TextDecoder();

async function readBody({ body }: Response): Promise<string> {
  if (body === null) return '';
  // `fetch` has already decoded the content, so this counts the bytes in memory.
  const bytes = await readLimited(readerOf(body), MAX_ANSWER_BYTES);
  if (bytes !== undefined) return decoder.decode(bytes);
  const details = { trouble: 'malformed_answer' } as const;
  throw new LookupError('malformed_answer', "Bird's answer is larger than 64 KiB", details);
}
