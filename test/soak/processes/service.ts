import { createServer, type Server, type ServerResponse } from 'node:http';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import {
  createGuard,
  decisionLog,
  freeformGuard,
  type Guard,
  holdUntilReply,
  memoryHeldStore,
  memoryStore,
  toTemplate,
  type WebhookReceiver,
  type WorkspaceOptions,
  webhookReceiver,
  windowStatus,
} from 'freeform-guard';
import { recordMetrics } from 'freeform-guard/otel';
import { type RedisClient, type RedisStore, redisStore } from 'freeform-guard/redis';
import { countedGuard, hasOneAnswer } from '../../support/counted-guard.js';
import { fillReceiver } from './fill-receiver.js';
import type { ServiceSetup, ServiceTotals } from './messages.js';
import { plants } from './planted.js';

/** So short that the queue has no more at the end of a run than in its middle. */
const HELD_FOR_MS = 30_000;
const MAX_HELD = 500;
/** What a request may take after the guard was closed. */
const MAX_LAST_ANSWERS_MS = 5_000;
/** The local Bird opens a connection for each event, and delivers thousands a second at times. */
const BACKLOG = 4_096;

/** A messaging service that uses what the package has for it. */
export interface Service {
  readonly guard: Guard;
  /** Requests that have no answer yet, but for streams. */
  inFlight(): number;
  totals(): Promise<Omit<ServiceTotals, 'mistakes' | 'stallMs'>>;
  /** Closes the guard, while requests go on to arrive. */
  closeGuard(timeoutMs: number): Promise<void>;
  /** Ends all that a service ends by itself after its guard. */
  stop(): Promise<void>;
}

interface Requests {
  count: number;
  open: number;
  /** A guard that was closed refuses streams and events; Bird repeats an event to the next process. */
  mayBeRefused: boolean;
}

export async function startService(
  setup: ServiceSetup,
  client: RedisClient | undefined,
  mistake: (text: string) => void,
): Promise<Service> {
  const { redis, max, logPath } = setup;
  const shared =
    client && redisStore(client, { secret: 'the secret of this soak', instances: redis?.processes ?? 1, max });
  const log = decisionLog(logPath);
  const guard = createGuard({
    workspaces: workspaces(setup, shared),
    store: shared ?? memoryStore({ max }),
    logger: { warn: () => {}, error: () => {} },
    onDecision: log,
    onError: ({ source, hook, error }) => source === 'guard' && mistake(`onError: ${hook} ${String(error)}`),
  });
  const reader = new OnDemandReader();
  const meters = new MeterProvider({ readers: [reader] });
  const stopMetrics = recordMetrics(guard, meters.getMeter('soak'));
  const receivers = createReceivers(guard, setup);
  if (setup.isFilled) {
    for (const { receiver, publicUrl } of receivers.values()) await fillReceiver(receiver, publicUrl, setup.signingKey);
  }
  const requests: Requests = { count: 0, open: 0, mayBeRefused: false };
  const server = createServer(app({ guard, setup, receivers, requests, mistake }));
  // Longer than a client leaves a connection idle, or a request could meet the end of it.
  server.keepAliveTimeout = 120_000;
  // On a busy machine the process may stand still for longer than node gives a client.
  Object.assign(server, { headersTimeout: 0, requestTimeout: 0 });
  await new Promise<void>((resolve) =>
    server.listen({ port: setup.port, host: '127.0.0.1', backlog: BACKLOG }, resolve),
  );
  return {
    guard,
    inFlight: () => requests.open,
    totals: async () => {
      const { actions, lookups } = guard.stats();
      const counted = Object.values(lookups).reduce((sum, count) => sum + count, 0);
      return { requests: requests.count, actions, lookups: counted, decisionsMeasured: await reader.decisions() };
    },
    closeGuard: (timeoutMs) => {
      requests.mayBeRefused = true;
      return guard.close({ timeoutMs });
    },
    stop: async () => {
      await closeServer(server, mistake);
      stopMetrics();
      await meters.shutdown();
      await log.close();
      shared?.close();
    },
  };
}

function workspaces(
  { enforced, observed, birdUrl: baseUrl }: ServiceSetup,
  shared: RedisStore | undefined,
): Readonly<Record<string, WorkspaceOptions>> {
  const template = toTemplate({ projectId: crypto.randomUUID(), locale: 'en', variable: 'message' });
  const held = holdUntilReply({
    store: shared?.held ?? memoryHeldStore({ max: MAX_HELD }),
    lifetimeMs: HELD_FOR_MS,
    nudge: { projectId: crypto.randomUUID(), locale: 'en' },
  });
  return {
    [enforced.id]: {
      accessKey: enforced.accessKey,
      baseUrl,
      onClosed: template,
      onMixed: 'split',
      channels: {
        [enforced.holdChannelId]: { onClosed: held },
        [enforced.blockChannelId]: { onClosed: 'block' },
      },
    },
    [observed.id]: { accessKey: () => observed.accessKey, baseUrl, mode: 'observe' },
  };
}

/** By their paths. */
type Receivers = ReadonlyMap<string, { readonly receiver: WebhookReceiver; readonly publicUrl: string }>;

function createReceivers(guard: Guard, { enforced, observed, port, signingKey }: ServiceSetup): Receivers {
  const create = (workspaceId: string): [string, { receiver: WebhookReceiver; publicUrl: string }] => {
    const path = `/events/${workspaceId}`;
    const publicUrl = `http://127.0.0.1:${port}${path}`;
    const hooks = { onEvent: () => {}, onOptOut: () => {} };
    const receiver = webhookReceiver(guard, { publicUrl, workspaceId, signingKeys: [signingKey], ...hooks });
    return [path, { receiver, publicUrl }];
  };
  return new Map([create(enforced.id), create(observed.id)]);
}

interface AppParts {
  readonly guard: Guard;
  readonly setup: ServiceSetup;
  readonly receivers: Receivers;
  readonly requests: Requests;
  readonly mistake: (text: string) => void;
}

function app({ guard, setup, receivers, requests, mistake }: AppParts): Express {
  const { port, plant } = setup;
  const service = express();
  service.use((req, res, next) => {
    const isStream = req.headers.accept === 'text/event-stream';
    requests.count += isStream ? 0 : 1;
    requests.open += isStream ? 0 : 1;
    res.once('close', () => {
      requests.open -= isStream ? 0 : 1;
      const isRefused = res.statusCode === 503 && requests.mayBeRefused && (isStream || receivers.has(req.path));
      if (res.statusCode >= 500 && !isRefused)
        mistake(`${req.method} /${req.path.split('/')[1]} was answered with ${res.statusCode}`);
    });
    next();
  });
  for (const [path, { receiver }] of receivers) service.post(path, receiver);
  const resolve = ({ params }: Request): Request['params'] => ({ ...params });
  service.get('/windows/:workspaceId/:channelId/:contactId', windowStatus(guard, { resolve: resolve as never }));
  if (plant !== undefined) service.use(planted(plant, port));
  service.use(express.json());
  service.use(countedGuard(freeformGuard(guard), watchAnswers(mistake)));
  service.use((_req, res) => void res.status(202).json({ status: 'accepted' }));
  const failed: ErrorRequestHandler = (error, _req, res, _next) => {
    // A client that leaves in the middle of its body is none of ours.
    if (error.type !== 'request.aborted') mistake(`a handler failed: ${String(error)}`);
    res.status(error.status ?? 500).end();
  };
  return service.use(failed);
}

function planted(name: string, port: number): ReturnType<(typeof plants)[string]> {
  const plant = plants[name];
  if (plant === undefined) throw new RangeError(`--plant takes one of ${Object.keys(plants).join(', ')}`);
  return plant(port);
}

function watchAnswers(mistake: (text: string) => void): Parameters<typeof countedGuard>[1] {
  return (exchange, res: ServerResponse) => {
    res.once('close', () => {
      if (!hasOneAnswer(exchange)) mistake(`not one answer: ${JSON.stringify(exchange)}`);
    });
  };
}

async function closeServer(server: Server, mistake: (text: string) => void): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    mistake('a connection was still open, with a request that got no answer');
    server.closeAllConnections();
  }, MAX_LAST_ANSWERS_MS);
  await closed;
  clearTimeout(timer);
}

/** Metrics that are read when somebody wants them. */
class OnDemandReader extends MetricReader {
  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** How many decisions were counted. */
  async decisions(): Promise<number> {
    const { resourceMetrics } = await this.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    const counted = all.find(({ descriptor }: MetricData) => descriptor.name === 'freeform_guard.decisions');
    return (counted?.dataPoints ?? []).reduce((sum, { value }) => sum + Number(value), 0);
  }
}
