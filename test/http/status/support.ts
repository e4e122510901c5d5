import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WindowQuery } from 'freeform-guard';
import { onTestFinished } from 'vitest';
import { recordLetOut } from '../../support/canary.js';
import { PHONE, type World } from '../../support/world.js';

export function queryOf({ workspace, channel }: World, address: string = PHONE): WindowQuery {
  return { workspaceId: workspace.id, channelId: channel.id, address };
}

/** The URL of a server that is gone after the test. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/window`;
}

export type Told = Readonly<Record<string, unknown>>;

/** One client of a stream. */
export interface StreamClient {
  readonly res: IncomingMessage;
  /** All states so far. */
  readonly told: readonly Told[];
  /** All text so far. */
  text(): string;
  readonly isEnded: () => boolean;
  close(): void;
}

export async function openStream(url: string): Promise<StreamClient> {
  const req = get(url, { headers: { accept: 'text/event-stream' }, agent: false });
  onTestFinished(() => void req.destroy());
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  req.on('error', () => {});
  const told: Told[] = [];
  let text = '';
  let isEnded = false;
  res.setEncoding('utf8');
  res.on('data', (chunk: string) => {
    recordLetOut('a stream', [chunk]);
    text += chunk;
    told.splice(0, told.length, ...statesIn(text));
  });
  res.on('error', () => {});
  res.on('close', () => {
    isEnded = true;
  });
  return { res, told, text: () => text, isEnded: () => isEnded, close: () => void req.destroy() };
}

function statesIn(text: string): Told[] {
  return [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, json = '']) => JSON.parse(json));
}
