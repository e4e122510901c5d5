import type { ServerResponse } from 'node:http';
import type { Middleware } from 'freeform-guard';

/** What one mounted guard did with one request. */
export interface Exchange {
  /** Calls of `next` by the guard. */
  readonly nexts: number;
  /** Responses that were ended before the guard called `next`. */
  readonly answers: number;
  /** Responses that anybody ended. */
  readonly ends: number;
  /** The response had been sent before the guard saw the request. */
  readonly wasOver: boolean;
  /** The client left before its response was complete. */
  readonly wasAborted: boolean;
}

/** The guard, with what it does counted. `onExchange` is called at the beginning; the counts go on changing. */
export function countedGuard(
  guard: Middleware,
  onExchange: (exchange: Exchange, res: ServerResponse) => void,
): Middleware {
  return (req, res, next) => {
    const wasOver = res.writableEnded;
    const exchange = { nexts: 0, answers: 0, ends: 0, wasOver, wasAborted: false };
    const end = res.end;
    res.end = function countedEnd(this: ServerResponse, ...args: unknown[]) {
      exchange.ends += 1;
      if (exchange.nexts === 0) exchange.answers += 1;
      return Reflect.apply(end, this, args);
    } as typeof res.end;
    res.once('close', () => {
      exchange.wasAborted = !res.writableFinished;
    });
    onExchange(exchange, res);
    guard(req, res, (error) => {
      exchange.nexts += 1;
      next(error);
    });
  };
}

/** Whether each request had exactly one of `next` and a response, and no more than one response in all. */
export function hasOneAnswer({ nexts, answers, ends, wasOver, wasAborted }: Exchange): boolean {
  const count = nexts + answers;
  if (ends > 1) return false;
  if (wasOver) return count === 0;
  return wasAborted ? count <= 1 : count === 1;
}
