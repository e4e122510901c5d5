/**
 * The guard as a plugin for Fastify 5.
 *
 * @module freeform-guard/fastify
 */
/// <reference types="fastify" preserve="true" />

import { decodePath } from '../../bird/send/send-path.js';
import { withinDeadline } from '../../clock.js';
import { type GuardInternals, internalsOf } from '../../guard/internals.js';
import { handlerFailure, handlerHook } from '../request/answer.js';
import { applyRewrite, type RequestHead } from '../request/apply-rewrite.js';
import { decideHooked } from '../request/decide-hooked.js';
import { DecidedSends, type GuardedSends, type HostDecision, isDecidedAlready } from '../request/decide-request.js';
import { WINDOW_HEADER } from '../request/window-header.js';
import {
  type FastifyGuardOptions,
  type FastifyGuardReply,
  type FastifyGuardRequest,
  resolveFastifyOptions,
} from './options.js';

export type { FastifyGuardOptions, FastifyGuardReply, FastifyGuardRequest };

declare module 'fastify' {
  interface FastifyRequest {
    /** What the guard has made of the request; `undefined` where it was no send. */
    freeformGuard: GuardedSends | undefined;
  }
}

interface Request extends FastifyGuardRequest {
  readonly raw: RequestHead;
  freeformGuard: GuardedSends | undefined;
}

interface Reply extends FastifyGuardReply {
  readonly raw: { readonly destroyed: boolean };
  hijack(): this;
}

interface Fastify {
  hasRequestDecorator(name: string): boolean;
  decorateRequest(name: string, value: undefined): unknown;
  addHook(name: 'preHandler', hook: (request: Request, reply: Reply) => Promise<unknown>): unknown;
}

/**
 * A plugin for Fastify 5 that stops free-form sends which the customer service window would lose. It guards the instance
 * that it is registered on, and those below. It reads the parsed body, and after a reroute changes `request.body`,
 * `request.params`, the URL and the headers of the body.
 *
 * @throws {TypeError | RangeError} at registration, for invalid options
 *
 * @example
 * await app.register(fastifyGuard, { guard });
 */
export async function fastifyGuard(app: object, given: FastifyGuardOptions): Promise<void> {
  const { guard, prefix = '', handler, ...options } = resolveFastifyOptions(given);
  const internals = internalsOf(guard);
  const fastify = app as Fastify;
  if (!fastify.hasRequestDecorator('freeformGuard')) fastify.decorateRequest('freeformGuard', undefined);
  fastify.addHook('preHandler', async (request, reply) => {
    if (!isBelow(prefix, request.url) || isDecidedAlready(request) || isDecidedAlready(request.raw)) return undefined;
    const { method, url, originalUrl, params, body } = request;
    const read = { method, url, originalUrl, params, body, host: request };
    const decision = await decideHooked<FastifyGuardRequest>(read, options, internals);
    if (decision === undefined) return undefined;
    if (decision.isBlocked && handler !== undefined && !isOver(reply)) {
      request.freeformGuard = { outcomes: decision.outcomes, original: body };
      const { outcomes } = decision;
      await answerByHandler(() => handler(request, reply.header(WINDOW_HEADER, decision.header), outcomes), internals);
    }
    return conclude(decision, { request, reply, original: body });
  });
}

// What the package fastify-plugin does: the hook is the instance's own, and not that of a context of its own.
Object.assign(fastifyGuard, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'freeform-guard',
  [Symbol.for('plugin-meta')]: { name: 'freeform-guard', fastify: '5.x' },
});

/** For `app.register(import('freeform-guard/fastify'), { guard })`. */
export { fastifyGuard as default };

interface Exchange {
  readonly request: Request;
  readonly reply: Reply;
  readonly original: unknown;
}

/** Gives the reply where the handler must not run. */
function conclude(decision: HostDecision, { request, reply, original }: Exchange): Reply | undefined {
  const { outcomes, header, response, rewrite, sends, settle, isDecided, isBlocked } = decision;
  if (isOver(reply)) {
    // The client has gone or somebody else has answered: nobody is left to send for.
    settle(false);
    return reply.sent ? reply : reply.hijack();
  }
  settle(!isBlocked);
  const guarded = isDecided ? new DecidedSends(outcomes, original) : { outcomes, original };
  request.freeformGuard = guarded;
  if (rewrite !== undefined) Object.assign(guarded, { rewritten: rewrite.body, sends });
  reply.header(WINDOW_HEADER, header);
  if (response !== undefined) {
    return reply.code(response.status).headers(response.headers).send(JSON.stringify(response.body));
  }
  if (rewrite?.body !== undefined) applyRewrite(request, request.raw, rewrite);
  return undefined;
}

function isOver({ sent, raw }: Reply): boolean {
  return sent || raw.destroyed;
}

/** In any spelling that a router may accept: in either letter case, encoded, or with more slashes. */
function isBelow(prefix: string, url: string): boolean {
  if (prefix === '') return true;
  const segments = segmentsOf(url);
  return segmentsOf(prefix).every((segment, position) => segment === segments[position]);
}

function segmentsOf(url: string): readonly string[] {
  const [path = ''] = url.split(/[?#]/, 1);
  const segments = decodePath(path).toLowerCase().split('/');
  return segments.filter((segment) => segment !== '');
}

/** Where the handler has not answered afterwards, the guard does. */
async function answerByHandler(handle: () => unknown, { clock, hooks, deadlineMs }: GuardInternals): Promise<void> {
  try {
    await withinDeadline(clock, deadlineMs, (async () => handle())());
    hooks.worked(handlerHook);
  } catch (error) {
    hooks.failed(handlerHook, handlerFailure(error));
  }
}
