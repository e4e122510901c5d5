import * as fastify from '../../examples/hosts/fastify.js';
import { describeHost } from './host.contract.js';
import { onListening } from './running.js';

describeHost({
  name: 'Fastify 5',
  recipe: 'fastify.ts',
  echoes: true,
  start: async (service) => {
    const app = fastify.createApp(service);
    app.register(async (api) => void api.post('/echo', async ({ body }) => body));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return onListening(app.server, () => app.close());
  },
});
