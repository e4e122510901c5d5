import { type HttpRequestLike, isPost } from '../../bird/send/send-request.js';
import { own } from '../../core/own.js';
import type { LogOnce } from './log-once.js';

const MANY = 20;

/** Notices where a guard is mounted so that sends pass it undecided, of which nobody would hear. */
export class MountWatch {
  readonly #logOnce: LogOnce;
  /** To be set with the first send. */
  hasSeenSend = false;
  #others = 0;

  constructor(logOnce: LogOnce) {
    this.#logOnce = logOnce;
  }

  /** A request came that is no send, as far as its path and the hooks tell. */
  sawOther({ method, body }: HttpRequestLike): void {
    if (!isPost(method)) return;
    if (isMessage(body)) {
      const text =
        'A POST carries a message, but nothing says where it goes, so it passes undecided; ' +
        'give `resolve`, or name the parameters of its route workspaceId and channelId';
      this.#logOnce.warn('mount', 'message', { option: 'resolve' }, text);
    }
    this.#others += 1;
    if (this.#others !== MANY || this.hasSeenSend) return;
    const text =
      `The guard has seen ${MANY} POSTs and no send; mount it behind the body parser and in front of the routes that ` +
      'send, and give `resolve` where their paths are not those of Bird';
    this.#logOnce.warn('mount', 'no send', { posts: MANY }, text);
  }
}

/** What only a create-message body, or a batch of them, has. */
function isMessage(body: unknown): boolean {
  if (Array.isArray(own(body, 'messageRequests'))) return true;
  const content = own(body, 'body') ?? own(body, 'template') ?? null;
  return content !== null && Array.isArray(own(own(body, 'receiver'), 'contacts'));
}
