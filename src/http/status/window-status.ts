import type { IncomingMessage, ServerResponse } from 'node:http';
import { own } from '../../core/own.js';
import type { Guard } from '../../guard/guard.js';
import { type GuardInternals, internalsOf } from '../../guard/internals.js';
import type { WindowWatch } from '../../guard/watches/window-watches.js';
import { copyOfQuery, type WindowQuery, type WindowStatus } from '../../guard/window-query.js';
import { jsonAnswer, problemAnswer, type StatusAnswer, type StatusRequest, windowAnswer } from './answers.js';
import { type EventSink, EventStream } from './event-stream.js';
import { fetchRequest, fetchResponse } from './fetch-host.js';
import { answerNode, nodeRequest } from './node-host.js';
import { type ResolvedStatusOptions, resolveStatusOptions, type WindowStatusOptions } from './options.js';

/**
 * A request handler on `node:http` types, for Express 4 and 5, Connect and a plain server. It calls `next` only with an
 * error of `resolve`.
 */
export interface WindowStatusHandler {
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
  /** The same for hosts that take a `Request` and give a `Response`. Rejects only with an error of `resolve`. */
  fetch(request: Request): Promise<Response>;
}

/**
 * Tells an agent's page whether the customer can be written to freely: as JSON, and as a stream of changes to who
 * accepts `text/event-stream`, such as `<service-window>`. Mount it behind your own authentication.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options
 *
 * @example
 * app.get('/conversations/:id/window', windowStatus(guard, { resolve: (req) => windowOf(req.params.id, req.user) }));
 */
export function windowStatus<Req extends IncomingMessage | Request = IncomingMessage>(
  guard: Guard,
  options: WindowStatusOptions<Req>,
): WindowStatusHandler {
  const internals = internalsOf(guard);
  const teller = new Teller(guard, internals, resolveStatusOptions(options));

  const handler: (...args: Parameters<WindowStatusHandler>) => void = (req, res, next) => {
    teller
      .tell(nodeRequest(req), (answer) => answerNode(res, answer))
      .catch((error: unknown) => {
        if (next === undefined) answerNode(res, problemAnswer('status_failed'));
        else next(error);
      });
  };
  return Object.assign(handler, {
    fetch: (request: Request) => teller.tell(fetchRequest(request), (answer) => fetchResponse(answer, request)),
  });
}

class Teller {
  readonly #guard: Guard;
  readonly #internals: GuardInternals;
  readonly #options: ResolvedStatusOptions;

  constructor(guard: Guard, internals: GuardInternals, options: ResolvedStatusOptions) {
    this.#guard = guard;
    this.#internals = internals;
    this.#options = options;
  }

  /**
   * Rejects with what `resolve` throws, and for a query that is none.
   *
   * @param give is called at once where a stream has its place: one that settles in the same turn must find it taken
   */
  async tell<Given>(
    { method, accept = '', host }: StatusRequest,
    give: (answer: StatusAnswer) => Given,
  ): Promise<Given> {
    const { sender, maxConnections } = this.#options;
    if (method !== 'GET' && method !== 'HEAD') return give(problemAnswer('method_not_allowed'));
    const query = await this.#resolve(host);
    if (query === undefined) return give(problemAnswer('conversation_not_found'));
    if (method === 'GET' && accept.toLowerCase().includes('text/event-stream')) {
      const { watches } = this.#internals;
      const isFull = watches.isClosed || watches.count >= maxConnections;
      return give(isFull ? problemAnswer('too_many_streams') : { open: (sink) => this.#open(query, sink) });
    }
    const status = await this.#guard.window(query, { sender });
    return give(jsonAnswer(200, this.#answerOf(status, query)));
  }

  /** @throws what the hook throws, since it may be an answer of the framework's; it is told to `onError`, too */
  async #resolve(host: unknown): Promise<WindowQuery | undefined> {
    const { hooks } = this.#internals;
    const hook = { name: 'windowStatus resolve' };
    try {
      const query = await this.#options.resolve(host);
      const copy =
        query === undefined || query === null ? undefined : copyOfQuery(query, 'windowStatus: what resolve gives');
      hooks.worked(hook);
      return copy;
    } catch (error) {
      hooks.failed(hook, { cause: 'hook_failed', text: 'Hook failed, so the window is not told', error });
      throw error;
    }
  }

  #open(query: WindowQuery, sink: EventSink): EventStream {
    const { clock, watches } = this.#internals;
    let latest: WindowStatus | undefined;
    let watch: WindowWatch | undefined;
    const stream = new EventStream({
      sink,
      clock,
      latest: () => JSON.stringify(latest && this.#answerOf(latest, query)),
      onEnd: () => watch?.stop(),
    });
    const changed = (status: WindowStatus): void => {
      latest = status;
      stream.send();
    };
    const { sender } = this.#options;
    watch = watches.watch(query, { sender }, { changed, closed: () => stream.end() });
    // Where memory has answered while the watch began, `changed` was called already.
    if (latest === undefined && watch.status !== undefined) changed(watch.status);
    return stream;
  }

  #answerOf(status: WindowStatus, query: WindowQuery): object {
    const workspaceId = String(own(query, 'workspaceId')).toLowerCase();
    return windowAnswer(status, this.#internals.now(workspaceId));
  }
}
