import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { windowStatus } from 'freeform-guard';
import { rolldown } from 'rolldown';
import { onTestFinished } from 'vitest';
import { codeBlocks, readProjectFile } from '../docs/markdown.js';
import { createWorld, HOUR } from '../guard/support.js';
import { projectRoot } from '../packaging/staged-package.js';
import { PHONE, type World } from '../support/world.js';

/** The element as one file, as an application's own bundler would make it. */
export async function bundleElement(minify = false): Promise<string> {
  const bundle = await rolldown({ input: join(projectRoot, 'src/element/service-window.ts') });
  const { output } = await bundle.generate({ format: 'es', minify });
  return output[0].code;
}

/** The strictest policy: no inline style, no eval, and no text that becomes markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

export interface AgentPage extends World {
  readonly url: string;
  /** The clock as the window has it: the customer wrote at 0. */
  advance(duration: { hours?: number; minutes?: number; seconds?: number }): void;
  /** The customer writes, and the application tells the guard. */
  customerWrites(): void;
  /** From now on streams are refused, and those that are open end; or they are accepted again. */
  setReachable(isReachable: boolean): void;
}

export interface PageOptions {
  readonly lang?: string;
  readonly dir?: 'ltr' | 'rtl';
  /** More attributes of the element. */
  readonly attributes?: string;
}

const styles = 'body { font: 16px sans-serif; margin: 1rem } textarea { width: 100% }';

/** The page of docs/agent-screen.md: the element and a composer, years before the browser's own time. */
export async function serveAgentPage(
  element: string,
  { lang = 'en-GB', dir = 'ltr', attributes = '' }: PageOptions = {},
): Promise<AgentPage> {
  const world = await createWorld({ sandbox: { startAt: '2024-03-05T09:00:00Z' } });
  const { workspace, channel, sandbox, guard } = world;
  const tellWindow = windowStatus(guard, {
    resolve: () => ({ workspaceId: workspace.id, channelId: channel.id, address: PHONE }),
  });
  const [snippet = ''] = codeBlocks(readProjectFile('docs/agent-screen.md'), 'html');
  const html = `<!doctype html><html lang="${lang}" dir="${dir}"><title>A conversation</title>
    <meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css">
    <main><h1>Conversation</h1>${snippet.replace('<service-window', `<service-window ${attributes}`)}</main></html>`;
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': ['text/html', html],
    '/page.css': ['text/css', styles],
    '/element.js': ['text/javascript', element],
  };
  let isReachable = true;
  const open = new Set<ServerResponse>();
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    if (req.url === '/window' && !isReachable) return void res.writeHead(503).end();
    if (req.url === '/window') {
      open.add(res);
      return tellWindow(req, res);
    }
    const [type, text] = files[req.url ?? ''] ?? ['text/plain', ''];
    res.setHeader('Content-Security-Policy', POLICY);
    res.writeHead(text === '' ? 404 : 200, { 'Content-Type': `${type}; charset=utf-8` }).end(text);
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    ...world,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    advance: ({ hours = 0, minutes = 0, seconds = 0 }) =>
      sandbox.clock.advance(hours * HOUR + minutes * 60_000 + seconds * 1000),
    customerWrites: () => {
      world.customerWrites();
      const ids = { workspaceId: workspace.id, channelId: channel.id, address: PHONE };
      void guard.observeInbound({ ...ids, at: sandbox.clock.now() });
    },
    setReachable: (reachable) => {
      isReachable = reachable;
      if (!reachable) for (const res of open) res.destroy();
    },
  };
}
