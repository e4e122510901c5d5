import type { RequestListener } from 'node:http';
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { guardRequest } from 'freeform-guard';
import type { Service } from './service.js';

interface Input {
  readonly workspaceId: string;
  readonly channelId: string;
  readonly message: Record<string, unknown>;
}

const codes = { 409: 'CONFLICT', 422: 'UNPROCESSABLE_CONTENT', 503: 'SERVICE_UNAVAILABLE' } as const;

export function createApp({ guard, receiver, sendToBird }: Service): RequestListener {
  const t = initTRPC.create({
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, problem: error.cause } }),
  });
  const router = t.router({
    send: t.procedure
      .input((input) => input as Input)
      .mutation(async ({ input, signal }) => {
        const { message, ...params } = input;
        const decision = await guardRequest(guard, { method: 'POST', url: '/', route: 'send', params, body: message });
        decision?.settle(signal?.aborted !== true);
        signal?.throwIfAborted();
        const { response, sends = [{ channelId: input.channelId, message }] } = decision ?? {};
        if (response?.status === 202) return { held: true, header: decision?.header };
        if (response !== undefined) {
          const code = codes[response.status as keyof typeof codes];
          throw new TRPCError({ code, message: response.body.detail, cause: response.body });
        }
        for (const send of sends) await sendToBird(send);
        return { sent: sends.length, header: decision?.header };
      }),
  });
  const handle = createHTTPHandler({ router, createContext: () => ({}) });
  return (req, res) => (req.url === '/webhooks/bird' ? receiver(req, res) : handle(req, res));
}
