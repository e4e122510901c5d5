/** An answer of the HTTP face before it goes over the wire. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** It is there now. */
export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** Bird took it over; what becomes of it shows later. */
export function accepted(body: unknown): Answer {
  return { status: 202, body };
}

/** Bird's `RequestError`. Bird lists no codes; only `InvalidPayload` was observed, the others are ours. */
export function requestError(status: number, code: string, message: string): Answer {
  return { status, body: { code, message } };
}

/** 404 in Bird's words, e.g. `The requested resource does not exist: channel not found`. */
export function notFound(resource: string): Answer {
  return requestError(404, 'ResourceNotFound', `The requested resource does not exist: ${resource} not found`);
}

/** Bird's `ValidationError`: what is wrong, by field. */
export function invalidPayload(details: Readonly<Record<string, readonly string[]>>): Answer {
  const message = `The request did not pass validation: ${Object.keys(details).join(', ')}`;
  return { status: 422, body: { code: 'InvalidPayload', message, details } };
}
