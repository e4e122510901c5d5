import type { RequestKind } from '../api/routes.js';

/**
 * A fault in one response. `status`, `redirect`, `stall: 'headers'` and `reset: true` replace the response: the request
 * is not processed and counts against no limit. The others process the request at once, with the state at its arrival,
 * and then damage or delay the response.
 */
export type Fault =
  /** This answer, verbatim. An object becomes JSON; a list of header values becomes one line each. */
  | {
      /** HTTP status, e.g. 503. */
      readonly status: number;
      /** Headers by name. Default: `content-type: application/json`, the length and the date. */
      readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
      /** The response body; strings and bytes as they are. Default: empty. */
      readonly body?: string | Uint8Array | object | undefined;
    }
  | {
      /** Answers 302 to this address. */
      readonly redirect: string;
    }
  | {
      /** `'headers'`: no response ever. `'body'`: headers and half of the body, then nothing more. */
      readonly stall: 'headers' | 'body';
    }
  | {
      /** The socket is destroyed: `true` before the headers, `'body'` after half of the body. */
      readonly reset: true | 'body';
    }
  | {
      /** Sends the body one byte at a time, this many ms of the sandbox's clock apart. */
      readonly dripMs: number;
    }
  | {
      /** Sends the true response only when the promise settles. By then the state may have changed. */
      readonly holdUntil: Promise<unknown>;
    }
  | {
      /** Pads the true response with spaces to this many bytes, and sends it without `Content-Length`. */
      readonly oversize: number;
    };

/** The request, as a fault hook receives it. */
export interface FaultRequest {
  /** HTTP method, in capital letters. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Which of Bird's operations it asks for. */
  readonly kind: RequestKind;
}

/** Called for every request before it is processed. `undefined`: no fault. It may return a promise. */
export type FaultHook = (request: FaultRequest) => Fault | undefined | Promise<Fault | undefined>;

const faultNames: readonly string[] = ['status', 'redirect', 'stall', 'reset', 'dripMs', 'holdUntil', 'oversize'];

/** Throws a `TypeError` for anything that is not a fault: a misspelt one must not pass as a normal answer. */
export function checkFault(fault: Fault | undefined): Fault | undefined {
  if (fault === undefined || Object.keys(fault).some((name) => faultNames.includes(name))) return fault;
  throw new TypeError(
    `A fault must have one of ${faultNames.join(', ')}; received { ${Object.keys(fault).join(', ')} }`,
  );
}
