// A worker that answers for a service: 202 for what may be sent, and what the guard answers for the rest. The guard stands
// outside of the handler, so that all requests share it.
import { env } from 'cloudflare:workers';
import { createGuard } from 'freeform-guard';
import { decideFreeform } from 'freeform-guard/core';
import { fetchGuard } from 'freeform-guard/fetch';

const { workspaceId, accessKey, baseUrl } = env;
export const guard = createGuard({ workspaces: { [workspaceId]: { accessKey, baseUrl } } });
const decide = fetchGuard(guard);

export default {
  async fetch(request) {
    if (new URL(request.url).pathname === '/core') {
      return new Response(decideFreeform({ platformId: 'whatsapp' }, { serviceWindowExpireAt: null }).reason);
    }
    const { response, header } = await decide(request);
    return response ?? new Response(null, { status: 202, headers: { 'Freeform-Window': header ?? '' } });
  },
};
