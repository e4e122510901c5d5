import type { HttpAnswer } from '../request/answer.js';
import type { Problem } from '../request/problem.js';

/** A send that the guard has blocked, so that Bird was never asked. It holds no message text, phone number or key. */
export class SendBlockedError extends Error {
  /** The class by its name, for logs. */
  override readonly name = 'SendBlockedError';
  /** The decision's reason, such as `service_window_closed`. */
  readonly code: string;
  /** The status of the response that the middleware would give: 409 for a denial, 503 where facts are missing. */
  readonly status: number;
  /** The whole answer; `retryable` says whether the same send may succeed a little later. */
  readonly problem: Problem;

  /** Made by `guardedFetch` alone. */
  constructor({ status, body }: HttpAnswer) {
    super(body.detail);
    this.code = body.code;
    this.status = status;
    this.problem = body;
  }
}
