import type { IncomingMessage } from 'node:http';
import { isObject } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import type { HookedRequest } from '../request/sends-of.js';

type ExpressRequest = IncomingMessage & {
  readonly originalUrl?: string;
  readonly baseUrl?: unknown;
  readonly params?: unknown;
  readonly route?: unknown;
  readonly body?: unknown;
};

/**
 * A request of node's or Express's as the guard reads it. Express gives each request another prototype, so that V8
 * remembers no place of a property: a read costs 0.2 to 0.6 µs, where the whole decision costs 3. So what nearly every
 * send is decided by is read once, and the rest where it is asked for.
 */
export class HostRequest implements HookedRequest<IncomingMessage> {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly params: unknown;
  readonly body: unknown;
  readonly host: ExpressRequest;
  readonly #middleware: unknown;

  constructor(req: ExpressRequest, middleware: unknown) {
    this.method = req.method;
    this.url = req.url;
    this.params = req.params;
    this.body = req.body;
    this.host = req;
    this.#middleware = middleware;
  }

  get originalUrl(): string | undefined {
    return this.host.originalUrl;
  }

  get baseUrl(): unknown {
    return this.host.baseUrl;
  }

  get route(): unknown {
    return ownRouteOf(this.host, this.#middleware);
  }
}

/**
 * Express leaves `req.route` there after the route was left, so it alone does not say that the guard stands on a route
 * of the application's own. It does where the guard is one of the route's handlers, or, wrapped in another function,
 * where the ids are in what the mount has left of the path: those of a mount were cut off.
 */
function ownRouteOf({ route, params, url, baseUrl }: ExpressRequest, middleware: unknown): unknown {
  if (route === undefined || route === null) return undefined;
  const stack: unknown = Reflect.get(Object(route), 'stack');
  if (Array.isArray(stack) && stack.some((layer) => own(layer, 'handle') === middleware)) return route;
  if (typeof baseUrl !== 'string' || baseUrl === '') return route;
  const ids = isObject(params) ? Object.values(params).filter((value) => typeof value === 'string') : [];
  const isLeft = ids.some((id) => url?.includes(encodeURIComponent(String(id))) === true);
  return isLeft ? route : undefined;
}
