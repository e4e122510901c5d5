import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LambdaEvent } from '../../examples/hosts/lambda.js';
import type { HostCall, HostReply, RunningHost } from './host.js';

/** A request listener on a real socket. */
export async function onSocket(listener: RequestListener): Promise<RunningHost> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return onListening(server, () => {
    server.closeAllConnections();
    server.close();
  });
}

export function onListening(server: Server, close: () => unknown): RunningHost {
  const { port } = server.address() as AddressInfo;
  const call: RunningHost['call'] = async ({ path, ...given }) =>
    replyOf(await fetch(`http://127.0.0.1:${port}${path}`, initOf(given)));
  return { server, call, close };
}

/** A handler of a web-standard host, which answers 500 where the handler throws. */
export function onFetch(handle: (request: Request) => Response | Promise<Response>): RunningHost {
  const answer = async (request: Request): Promise<Response> => handle(request);
  return {
    call: async ({ path, ...given }) => {
      const request = new Request(`https://host${path}`, initOf(given));
      return replyOf(await answer(request).catch(() => new Response(null, { status: 500 })));
    },
  };
}

/** A function behind an HTTP API of API Gateway, which sends bodies in base64. */
export function onLambda(handle: (event: LambdaEvent) => Promise<object>): RunningHost {
  return {
    async call({ method, path, text = '', headers = {} }) {
      const [rawPath = '', rawQueryString = ''] = path.split('?');
      const http = { method, path: rawPath, sourceIp: '127.0.0.1', protocol: 'HTTP/1.1', userAgent: '' };
      const body = Buffer.from(text).toString('base64');
      const event = {
        version: '2.0',
        rawPath,
        rawQueryString,
        requestContext: { http },
        headers,
        body,
        isBase64Encoded: true,
      };
      const failed = { statusCode: 500, headers: {}, body: '' };
      const answer = (await handle(event).catch(() => failed)) as typeof failed;
      const names = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
      return { status: answer.statusCode, headers: Object.fromEntries(names), text: answer.body };
    },
  };
}

function initOf({ method, text, headers = {}, signal }: Omit<HostCall, 'path'>): RequestInit {
  return { method, headers, ...(signal && { signal }), ...(text === undefined ? {} : { body: text }) };
}

async function replyOf(response: Response): Promise<HostReply> {
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
}
