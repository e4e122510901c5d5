import type { FastifyInstance } from 'fastify';
import * as fastify from '../../examples/hosts/fastify.js';
import { describeHost } from './host.contract.js';
import type { RunningHost } from './host.js';

describeHost({
  name: 'Fastify 5',
  recipe: 'fastify.ts',
  echoes: true,
  start: (service) => {
    const app = fastify.createApp(service);
    app.register(async (api) => void api.post('/echo', async ({ body }) => body));
    return onFastify(app);
  },
});

/** Without a socket: Fastify's own way of testing. */
function onFastify(app: FastifyInstance): RunningHost {
  return {
    async call({ method, path, text, headers = {} }) {
      const url = path;
      const reply = await app.inject({
        method: method as 'POST',
        url,
        headers,
        ...(text === undefined ? {} : { payload: text }),
      });
      return { status: reply.statusCode, headers: reply.headers as Record<string, string>, text: reply.payload };
    },
    close: () => app.close(),
  };
}
