import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireObject } from '../../core/argument-checks.js';
import { own } from '../../core/own.js';
import type { Guard } from '../../guard/guard.js';
import { type GuardInternals, internalsOf } from '../../guard/internals.js';
import type { WindowWatch } from '../../guard/watches/window-watches.js';
import type { WindowQuery, WindowStatus } from '../../guard/window-query.js';
import { answerJson, answerProblem, windowAnswer } from './answers.js';
import { EventStream } from './event-stream.js';
import { type ResolvedStatusOptions, resolveStatusOptions, type WindowStatusOptions } from './options.js';

/**
 * A request handler on `node:http` types, for Express 4 and 5, Connect and a plain server. It calls `next` only with an
 * error of `resolve`.
 */
export type WindowStatusHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;

/**
 * Tells an agent's page whether the customer can be written to freely: as JSON, and as a stream of changes to who
 * accepts `text/event-stream`, such as `<service-window>`. Mount it behind your own authentication.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options
 *
 * @example
 * app.get('/conversations/:id/window', windowStatus(guard, { resolve: (req) => windowOf(req.params.id, req.user) }));
 */
export function windowStatus<Req extends IncomingMessage = IncomingMessage>(
  guard: Guard,
  options: WindowStatusOptions<Req>,
): WindowStatusHandler {
  const internals = internalsOf(guard);
  // What the framework gives the handler is what `resolve` gets.
  const resolved = resolveStatusOptions(options as unknown as WindowStatusOptions);
  const teller = new Teller(guard, internals, resolved);

  return function windowStatusHandler(req, res, next) {
    teller.tell(req, res).catch((error: unknown) => {
      if (next === undefined) answerProblem(res, 'status_failed');
      else next(error);
    });
  };
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

  /** Rejects with what `resolve` throws, and for a query that is none. */
  async tell(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'HEAD') return answerProblem(res, 'method_not_allowed');
    const query = await this.#options.resolve(req);
    if (query === undefined) return answerProblem(res, 'conversation_not_found');
    requireObject(query, 'windowStatus: what resolve gives', '{ workspaceId, channelId, contact }');
    // The client may have gone, and somebody else may have answered.
    if (res.destroyed || res.headersSent) return;
    if (req.method === 'GET' && acceptsStream(req)) this.#stream(res, query);
    else await this.#answer(res, query);
  }

  async #answer(res: ServerResponse, query: WindowQuery): Promise<void> {
    const { sender } = this.#options;
    const status = await this.#guard.window(query, { sender });
    answerJson(res, 200, this.#answerOf(status, query));
  }

  #stream(res: ServerResponse, query: WindowQuery): void {
    const { sender, maxConnections } = this.#options;
    const { clock, watches } = this.#internals;
    if (watches.isClosed || watches.count >= maxConnections) return answerProblem(res, 'too_many_streams');
    let latest: WindowStatus | undefined;
    let watch: WindowWatch | undefined;
    const stream = new EventStream({
      res,
      clock,
      latest: () => JSON.stringify(latest && this.#answerOf(latest, query)),
      onEnd: () => watch?.stop(),
    });
    const changed = (status: WindowStatus): void => {
      latest = status;
      stream.send();
    };
    watch = watches.watch(query, { sender }, { changed, closed: () => stream.end() });
    // Where memory has answered while the watch began, `changed` was called already.
    if (latest === undefined && watch.status !== undefined) changed(watch.status);
  }

  #answerOf(status: WindowStatus, query: WindowQuery): object {
    const workspaceId = String(own(query, 'workspaceId')).toLowerCase();
    return windowAnswer(status, this.#internals.now(workspaceId));
  }
}

function acceptsStream({ headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.toLowerCase().includes('text/event-stream');
}
