// Mistakes on purpose: each of them has to fail the run. `npm run soak -- --plant timer`
import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import type { Middleware } from 'freeform-guard';

const kept: unknown[] = [];
let requests = 0;

const pass: Middleware = (_req, _res, next) => next();

/** Every so many requests. */
const rarely =
  (act: Middleware): Middleware =>
  (req, res, next) => {
    requests += 1;
    if (requests % 500 === 0) act(req, res, next);
    else next();
  };

const once =
  (act: () => unknown): (() => Middleware) =>
  () => {
    kept.push(act());
    return pass;
  };

/** What each of them does to the requests, once it has begun. */
export const plants: Readonly<Record<string, (port: number) => Middleware>> = {
  map: () => (_req, _res, next) => {
    kept.push({ text: `${Math.random()}`.repeat(100) });
    next();
  },
  listener: once(() => process.on('SIGUSR2', () => {})),
  timer: once(() => setInterval(() => {}, 60_000).unref()),
  socket: (port) => once(() => connect(port, '127.0.0.1').unref())(),
  handle: once(() => setInterval(() => {}, 60_000)),
  rejection: () =>
    rarely((_req, _res, next) => {
      void Promise.reject(new Error('planted'));
      next();
    }),
  warning: once(() => {
    const emitter = new EventEmitter();
    for (let count = 0; count < 11; count += 1) emitter.on('planted', () => {});
    return emitter;
  }),
  status: () =>
    rarely((_req, res) => {
      res.statusCode = 503;
      res.end();
    }),
  silence: () => rarely(() => {}),
  twice: () =>
    rarely((_req, res, next) => {
      next();
      res.end();
    }),
};
