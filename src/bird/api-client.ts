import { LookupError } from '../errors.js';
import type { Clock } from '../ports.js';

export interface BirdApiOptions {
  /** Origin and optional path prefix, without a slash at the end. */
  readonly baseUrl: string;
  /** Asked for at every request, so that a rotated key is used from the next one on. */
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
  /** Begins with a slash; every part of it that came from outside is a checked id or an encoded query value. */
  readonly path: string;
  readonly body?: unknown;
  /** A key that Bird has just refused: the request is made only with another one. */
  readonly refusedKey?: string | undefined;
}

/** Larger answers are cut off: nothing that the guard asks for comes near it. */
const LARGEST_ANSWER_BYTES = 64 * 1024;

/**
 * Makes one request to Bird within `timeoutMs`, headers and body together, and never follows a redirect: the access
 * key must not travel.
 *
 * @throws {LookupError} `deadline_exceeded`, `malformed_answer` (too large), `lookup_failed` (no connection) or
 *   `access_denied` (no other key than the refused one)
 */
export async function askBird(options: BirdApiOptions, request: BirdRequest, timeoutMs: number): Promise<BirdAnswer> {
  const { clock } = options;
  const controller = new AbortController();
  let timer: unknown;
  const timeout = new Promise<never>((_, reject) => {
    timer = clock.setTimeout(() => {
      reject(new LookupError('deadline_exceeded', 'Bird did not answer in time', { isRetryable: true }));
      controller.abort();
    }, timeoutMs);
  });
  try {
    // The race, not only the signal: an injected fetch or a key function may ignore the signal.
    return await Promise.race([exchange(options, request, controller.signal), timeout]);
  } finally {
    clock.clearTimeout(timer);
  }
}

async function exchange(options: BirdApiOptions, request: BirdRequest, signal: AbortSignal): Promise<BirdAnswer> {
  try {
    const { fetch, baseUrl } = options;
    const accessKey = await options.accessKey();
    if (accessKey === request.refusedKey) throw new LookupError('access_denied', 'Bird refused the access key');
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
    throw new LookupError('lookup_failed', 'The connection to Bird failed', { isRetryable: true, cause: error });
  }
}

async function readBody(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // `fetch` has already undone the content encoding: what is counted here is what memory would hold.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER_BYTES) throw new LookupError('malformed_answer', "Bird's answer is larger than 64 KiB");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
