// The same worker, which receives Bird's events, too.
import { env } from 'cloudflare:workers';
import { webhookReceiver } from 'freeform-guard';
import worker, { guard } from './worker.js';

const { workspaceId, publicUrl, signingKey } = env;
const receiver = webhookReceiver(guard, { publicUrl, workspaceId, signingKeys: [signingKey] });

export default {
  fetch: (request) => (new URL(request.url).pathname === '/events' ? receiver.fetch(request) : worker.fetch(request)),
};
