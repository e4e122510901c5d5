import { aFunction, anObject, checkOptionsOf, type OptionCheck } from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { ReroutedSend } from '../../core/reroute/policy.js';
import type { Guard } from '../../guard/guard.js';
import type { Outcome } from '../../guard/outcome.js';
import { requestChecks, requireResolve } from '../request/guard-request.js';
import type { ResolvedSends } from '../request/sends-of.js';

/** A request of Fastify's, as far as the guard reads and rewrites it. Hooks may take Fastify's own type. */
export interface FastifyGuardRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  params: unknown;
  body?: unknown;
}

/** A reply of Fastify's, as far as the guard answers with it. */
export interface FastifyGuardReply {
  readonly sent: boolean;
  code(status: number): this;
  header(name: string, value: string): this;
  headers(values: Readonly<Record<string, string>>): this;
  send(body?: unknown): this;
}

/** The guard of the plugin, how it finds sends, and how it answers. */
export interface FastifyGuardOptions {
  /** The guard, from `createGuard`. */
  readonly guard: Guard;
  /** Guards only what is below this path. Default: all routes of the instance and of those below. */
  readonly prefix?: string;
  /** Whether a request passes untouched: true skips it. Not awaited: a promise skips nothing. */
  skip?(request: FastifyGuardRequest): boolean;
  /**
   * Extracts sends from a custom request shape. `undefined` leaves the request to the built-in paths, and `null` says
   * that it is no send, so that it passes untouched.
   */
  resolve?(request: FastifyGuardRequest): ResolvedSends | Promise<ResolvedSends>;
  /**
   * What becomes of a reroute where `resolve` has read the request. A function changes `request.body` or returns a
   * new one, and may be async. Where it fails, the request is refused. `'handler-sends'`: the handler sends
   * `request.freeformGuard.sends`. Default: the request is refused.
   */
  readonly rewrite?: 'handler-sends' | Rewrite['write'] | undefined;
  /**
   * Answers a blocked request instead of the guard, by `reply.send`. Where it throws, or has not done so within the
   * defaults' `deadlineMs`, the guard answers.
   */
  handler?(request: FastifyGuardRequest, reply: FastifyGuardReply, outcomes: readonly Outcome[]): unknown;
  /** The status of the response to a denied request. Default 409; 400 to 599. */
  readonly statusCode?: number | undefined;
  /**
   * How many recipients a message may have. With more, the send is `too_many_recipients`. Default 1000; 1 to 100 000.
   */
  readonly maxRecipients?: number | undefined;
}

/** A method, so that a hook of the user's may take Fastify's own type of a request. */
interface Rewrite {
  write(request: FastifyGuardRequest, rerouted: { readonly sends: readonly ReroutedSend[] }): unknown;
}

const aPath: OptionCheck = {
  rule: "a path that begins with '/'",
  hasType: (value) => typeof value === 'string',
  isInRange: (value: string) => value === '' || value.startsWith('/'),
};

const checks = {
  guard: anObject,
  prefix: aPath,
  ...requestChecks,
  skip: aFunction,
  handler: aFunction,
} satisfies Record<keyof FastifyGuardOptions, OptionCheck>;

/** @throws {TypeError | RangeError} naming the option */
export function resolveFastifyOptions(options: FastifyGuardOptions): FastifyGuardOptions {
  checkOptionsOf('fastifyGuard', options, checks);
  const resolved = ownFields(options);
  requireResolve(resolved, 'fastifyGuard');
  return resolved;
}
