import type { RequestKind } from '../api/routes.js';

/**
 * What goes wrong with one answer. `status`, `redirect`, `stall: 'headers'` and `reset: true` come instead of the
 * answer: the request is not processed and counts against no limit. The others process the request at once, from the
 * state of its arrival, and spoil or delay what goes over the wire.
 */
export type Fault =
  /** This answer, verbatim. An object becomes JSON; a list of header values becomes one line each. */
  | {
      /** HTTP status, e.g. 503. */
      readonly status: number;
      /** Headers by name. Default: `content-type: application/json`, the length and the date. */
      readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
      /** What is sent; text and bytes as they are. Default: nothing. */
      readonly body?: string | Uint8Array | object | undefined;
    }
  | {
      /** Answers 302 to this address. */
      readonly redirect: string;
    }
  | {
      /** `'headers'`: nothing is ever answered. `'body'`: headers and half of the body, then nothing more. */
      readonly stall: 'headers' | 'body';
    }
  | {
      /** The socket is destroyed: `true` before the headers, `'body'` after half of the body. */
      readonly reset: true | 'body';
    }
  | {
      /** The body comes one byte at a time, this many ms of the sandbox's clock apart. */
      readonly dripMs: number;
    }
  | {
      /** The true answer, but only when the promise settles: by then the state may be another. */
      readonly holdUntil: Promise<unknown>;
    }
  | {
      /** The true answer, padded with spaces to this many bytes and sent without `Content-Length`. */
      readonly oversize: number;
    };

/** What a fault hook gets to know of a request. */
export interface FaultRequest {
  /** HTTP method, in capital letters. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Which of Bird's operations it asks for. */
  readonly kind: RequestKind;
}

/** Asked for every request, before it is processed; `undefined`: nothing goes wrong. It may take its time. */
export type FaultHook = (request: FaultRequest) => Fault | undefined | Promise<Fault | undefined>;

const faultNames: readonly string[] = ['status', 'redirect', 'stall', 'reset', 'dripMs', 'holdUntil', 'oversize'];

/** Throws a `TypeError` for anything that is not a fault: a misspelt one must not pass as a normal answer. */
export function checkFault(fault: Fault | undefined): Fault | undefined {
  if (fault === undefined || Object.keys(fault).some((name) => faultNames.includes(name))) return fault;
  throw new TypeError(
    `A fault must have one of ${faultNames.join(', ')}; received { ${Object.keys(fault).join(', ')} }`,
  );
}
