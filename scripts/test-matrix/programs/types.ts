// The types of every entry, in the strictest mode.
import { createServer } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createGuard, type Decision, freeformGuard, type Guard, type Middleware } from 'freeform-guard';
import { canSendFreeform, decideFreeform } from 'freeform-guard/core';
import type { ServiceWindow } from 'freeform-guard/element';
import { type FastifyGuardOptions, fastifyGuard } from 'freeform-guard/fastify';
import { type FetchGuard, fetchGuard } from 'freeform-guard/fetch';
import { recordMetrics } from 'freeform-guard/otel';
import { type RedisStore, redisStore } from 'freeform-guard/redis';
import { createSandbox, type Sandbox } from 'freeform-guard/sandbox';
import { createClient } from 'redis';

const guard: Guard = createGuard({ workspaces: {} });
const middleware: Middleware = freeformGuard(guard);
createServer((req, res) => middleware(req, res, () => void res.end()));
const decision: Decision = decideFreeform({ platformId: 'sms' }, {});
export const sandbox: Promise<Sandbox> = createSandbox();
export const decide: FetchGuard = fetchGuard(guard);
export const store: RedisStore = redisStore(createClient(), { secret: 'a secret of this deployment' });
export const stop: () => void = recordMetrics(guard);
export const mayBeSent: boolean = canSendFreeform({ platformId: 'sms' }, {});
export const endOf = (element: ServiceWindow): string | null | undefined => element.status?.openUntil;
export function guardAll(app: FastifyInstance, options: FastifyGuardOptions): void {
  app.register(fastifyGuard, options);
}

// @ts-expect-error: the answer is a union, and only an allowed one has an end.
decision.validUntil;
// @ts-expect-error: no such option.
createGuard({ workspaces: {}, onUnkown: 'block' });
// @ts-expect-error: the store needs a secret.
redisStore(createClient(), {});
