/** Servers that parse a body, run one middleware and answer 204. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';

/** @param handle the middleware; `undefined`: none */
export function expressApp(handle) {
  const app = express();
  app.use(express.json());
  if (handle !== undefined) app.use(handle);
  app.use((_req, res) => accept(res));
  return app;
}

export function bareListener(handle) {
  return (req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      req.body = JSON.parse(Buffer.concat(chunks).toString());
      // What Express has and express-rate-limit asks for.
      req.ip = req.socket.remoteAddress;
      handle(req, res, () => accept(res));
    });
  };
}

function accept(res) {
  res.statusCode = 204;
  res.end();
}

/** The server and its port on loopback. No connection is closed because it was quiet for a while. */
export async function listen(listener) {
  const server = createServer({ keepAliveTimeout: 0 }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: server.address().port, close };
}
