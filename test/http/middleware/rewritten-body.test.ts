import type { IncomingMessage } from 'node:http';
import express from 'express';
import express4 from 'express4';
import { type Middleware, toTemplate } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import {
  createSmallWorld,
  onConnect,
  onExpress4,
  onExpress5,
  onNodeHttp,
  startService,
} from '../../support/service.js';
import { textMessage } from '../../support/world.js';

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: unknown;
  readonly rawBody: unknown;
}

const onClosed = toTemplate({ projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', locale: 'en', variable: 'message' });

/** What a handler behind the guard finds of a request that was rerouted. */
async function rerouted(framework = onExpress5, keep?: (bytes: Buffer) => unknown): Promise<Seen> {
  const seen: Seen[] = [];
  const handler: Middleware = (req, res) => {
    const { headers, rawHeaders, body, rawBody } = req as IncomingMessage & { body: unknown; rawBody?: unknown };
    seen.push({ headers, rawHeaders, body, rawBody });
    res.end();
  };
  const world = await createSmallWorld({ workspace: { onClosed } });
  const before: Middleware[] = keep === undefined ? [] : [keepRaw(keep)];
  const service = await startService(world, { framework, handler, before });
  const headers = { 'content-md5': 'x', digest: 'sha-256=x', 'x-kept': 'yes' };
  await service.call(service.path, textMessage(), { headers });
  return seen[0] as Seen;
}

const keepRaw =
  (keep: (bytes: Buffer) => unknown): Middleware =>
  (req, _res, next) => {
    Object.assign(req, { rawBody: keep(Buffer.from(JSON.stringify((req as { body?: unknown }).body))) });
    next();
  };

describe.each([
  ['Express 5', onExpress5],
  ['Express 4', onExpress4],
  ['Connect', onConnect],
  ['node:http', onNodeHttp],
])('after a reroute on %s (field B3)', (_, framework) => {
  it('the headers are those of the new body, and none speaks of the old one', async () => {
    const { headers, rawHeaders, body } = await rerouted(framework);
    const length = String(Buffer.byteLength(JSON.stringify(body)));
    expect(headers).toMatchObject({ 'content-length': length, 'content-type': 'application/json', 'x-kept': 'yes' });
    for (const name of ['transfer-encoding', 'content-encoding', 'content-md5', 'digest']) {
      expect(headers).not.toHaveProperty(name);
      expect(rawHeaders.map((each) => each.toLowerCase())).not.toContain(name);
    }
    expect(rawHeaders).toContain(length);
    expect(rawHeaders).toContain('x-kept');
  });

  it('raw bytes are those of the new body, in the form in which they were kept [S16]', async () => {
    const bytes = await rerouted(framework, (raw) => raw);
    expect(JSON.parse(String(bytes.rawBody))).toEqual(bytes.body);
    expect(Buffer.isBuffer(bytes.rawBody)).toBe(true);
    const text = await rerouted(framework, String);
    expect(JSON.parse(text.rawBody as string)).toEqual(text.body);
    expect((await rerouted(framework)).rawBody).toBeUndefined();
  });
});

it('the parsers of both versions of Express keep what a request came with where nothing is rerouted', async () => {
  for (const json of [express.json(), express4.json()]) {
    const seen: unknown[] = [];
    const handler: Middleware = (req, res) => {
      seen.push(req.headers['content-length']);
      res.end();
    };
    const world = await createSmallWorld();
    world.customerWrites();
    const service = await startService(world, { parser: json as Middleware, handler });
    await service.send();
    expect(seen).toEqual([String(Buffer.byteLength(JSON.stringify(textMessage())))]);
  }
});
