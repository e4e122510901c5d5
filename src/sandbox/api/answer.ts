/** A response before it is sent. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** 201: created. */
export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** 202: accepted; the result shows later. */
export function accepted(body: unknown): Answer {
  return { status: 202, body };
}

/** Bird's `RequestError`. Bird documents no codes: only `InvalidPayload` was observed, and the others are ours. */
export function requestError(status: number, code: string, message: string): Answer {
  return { status, body: { code, message } };
}

/** 404 with Bird's message, e.g. `The requested resource does not exist: channel not found`. */
export function notFound(resource: string): Answer {
  return requestError(404, 'ResourceNotFound', `The requested resource does not exist: ${resource} not found`);
}

/** Bird's `ValidationError`: what is wrong, by field. */
export function invalidPayload(details: Readonly<Record<string, readonly string[]>>): Answer {
  const message = `The request did not pass validation: ${Object.keys(details).join(', ')}`;
  return { status: 422, body: { code: 'InvalidPayload', message, details } };
}
