import { connect } from 'node:net';
import type { Fault, FaultRequest } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import { PHONE, type Scene, startScene } from './support.js';

/** The bare answer, for faults that `fetch` smooths over. */
function fetchChannel({ sandbox, workspace, channel }: Scene, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `AccessKey ${workspace.accessKey}` };
  const url = `${sandbox.url}/workspaces/${workspace.id}/channels/${channel.id}`;
  return fetch(url, { headers, redirect: 'manual', ...init });
}

/** Reads `count` chunks of a body that may never end. */
async function firstChunks(response: Response, count: number): Promise<string[]> {
  const reader = response.body?.getReader();
  const chunks: string[] = [];
  while (reader !== undefined && chunks.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(Buffer.from(value).toString());
  }
  return chunks;
}

describe('the fault hook', () => {
  it('receives method, path and kind, and may leave a request alone', async () => {
    const asked: FaultRequest[] = [];
    const scene = await startScene({
      fault: (request) => {
        asked.push(request);
        return undefined;
      },
    });
    expect((await scene.window(PHONE)).status).toBe(200);
    const path = `/workspaces/${scene.workspace.id}/channels/${scene.channel.id}/contacts/${scene.contact.id}`;
    expect(asked).toEqual([{ method: 'GET', path, kind: 'contact' }]);
  });

  it('may take its time, be set later and be taken away', async () => {
    const scene = await startScene();
    scene.sandbox.setFault(async ({ kind }) => (kind === 'channel' ? { status: 503 } : undefined));
    expect((await fetchChannel(scene)).status).toBe(503);
    expect((await scene.window()).status).toBe(200);
    scene.sandbox.setFault(undefined);
    expect((await fetchChannel(scene)).status).toBe(200);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken hook');
      },
      'broken hook',
    ],
    ['rejects', () => Promise.reject(new Error('broken hook')), 'broken hook'],
    ['gives what is no fault', () => ({ stalled: true }) as unknown as Fault, 'stalled'],
  ])('that %s is a 500 which says so', async (_, fault, text) => {
    const scene = await startScene({ fault });
    const response = await fetchChannel(scene);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'FaultHookFailed', message: expect.stringContaining(text) });
  });
});

describe('a fault in place of the answer', () => {
  it.each([
    ['an object', { error: 'x' }, '{"error":"x"}'],
    ['a text', '<html>', '<html>'],
    ['bytes', new Uint8Array([0x7b]), '{'],
    ['nothing', undefined, ''],
  ])('is a status with %s, verbatim', async (_, body, text) => {
    const scene = await startScene({ fault: () => ({ status: 502, headers: { 'Retry-After': '3' }, body }) });
    const response = await fetchChannel(scene);
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([502, '3', text]);
  });

  it('may repeat a header, replace the content type and set the date', async () => {
    const date = 'Thu, 01 Jan 1970 00:00:00 GMT';
    const headers = { 'retry-after': ['1', '2'], 'Content-Type': 'text/html', Date: date };
    const scene = await startScene({ fault: () => ({ status: 429, headers }) });
    const response = await fetchChannel(scene);
    expect(response.headers.get('retry-after')).toBe('1, 2');
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('date')).toBe(date);
  });

  it('is a redirect', async () => {
    const scene = await startScene({ fault: () => ({ redirect: 'http://127.0.0.1:1/elsewhere' }) });
    const response = await fetchChannel(scene);
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/elsewhere']);
  });

  it('is silence, which the client ends', async () => {
    const scene = await startScene({ fault: () => ({ stall: 'headers' }) });
    const aborter = new AbortController();
    const pending = fetchChannel(scene, { signal: aborter.signal }).catch((error: Error) => error.name);
    await expect.poll(() => scene.sandbox.requests().length).toBe(1);
    aborter.abort();
    expect(await pending).toBe('AbortError');
    expect(scene.sandbox.requests()).toMatchObject([{ kind: 'channel', status: null }]);
  });

  it('is a socket that breaks', async () => {
    const scene = await startScene({ fault: () => ({ reset: true }) });
    await expect(fetchChannel(scene)).rejects.toMatchObject({ cause: { code: 'UND_ERR_SOCKET' } });
  });

  it('processes nothing and counts against no limit', async () => {
    const scene = await startScene({ sendsPerSecond: 1, fault: () => ({ status: 500, body: {} }) });
    expect((await scene.sendText()).status).toBe(500);
    expect(scene.sandbox.messages()).toEqual([]);
    scene.sandbox.setFault(undefined);
    expect((await scene.sendText()).status).toBe(202);
  });
});

describe('a fault in the answer', () => {
  it('stops it half-way', async () => {
    const scene = await startScene({ fault: () => ({ stall: 'body' }) });
    const response = await fetchChannel(scene);
    expect(response.status).toBe(200);
    const [half = ''] = await firstChunks(response, 1);
    expect(half).toContain(scene.channel.id);
    expect(half.length).toBe(Math.ceil(Number(response.headers.get('content-length')) / 2));
  });

  it('breaks it half-way', async () => {
    const scene = await startScene({ fault: () => ({ reset: 'body' }) });
    const response = await fetchChannel(scene);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('drips it, one byte each time that the clock lets it', async () => {
    const scene = await startScene({ fault: ({ kind }) => (kind === 'contact' ? { dripMs: 100 } : undefined) });
    const received = await rawAnswer(scene);
    const bytes = '{"serviceWindowExpireAt":null}';
    await expect.poll(() => received.body()).toBe('{');
    scene.sandbox.clock.advance(99);
    expect(received.body()).toBe('{');
    scene.sandbox.clock.advance(1);
    await expect.poll(() => received.body()).toBe('{"');
    scene.sandbox.clock.advance(100 * bytes.length);
    await expect.poll(() => received.body()).toBe(bytes);
  });

  it('swells it beyond every limit, without telling its length, and leaves it readable', async () => {
    const scene = await startScene({ fault: () => ({ oversize: 300_000 }) });
    const response = await fetchChannel(scene);
    expect(response.headers.get('content-length')).toBeNull();
    const text = await response.text();
    expect([text.length, JSON.parse(text).id]).toEqual([300_000, scene.channel.id]);
  });

  it('holds it: what it says is from the moment of the request', async () => {
    let release = (): void => {};
    const holdUntil = new Promise<void>((resolve) => {
      release = resolve;
    });
    const scene = await startScene({ fault: () => ({ holdUntil }) });
    const { sandbox, workspace, channel, contact, window } = scene;
    const pending = window(PHONE);
    await expect.poll(() => sandbox.requests().length).toBe(1);
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    sandbox.clock.advance({ seconds: 5 });
    expect(sandbox.requests()[0]?.status).toBeNull();
    release();
    const { body, headers } = await pending;
    expect(body.serviceWindowExpireAt).toBeNull();
    expect(headers.get('date')).toBe('Mon, 05 Jan 2026 09:00:00 GMT');
    expect((await window(PHONE)).body.serviceWindowExpireAt).toBe('2026-01-06T09:00:00.000Z');
  });

  it('holds it until the promise settles, be it by a rejection', async () => {
    const scene = await startScene({ fault: () => ({ holdUntil: Promise.reject(new Error('over')) }) });
    expect((await fetchChannel(scene)).status).toBe(200);
  });
});

/** A contact read over a bare socket, to see the bytes as they come. */
async function rawAnswer({ sandbox, workspace, channel, contact }: Scene): Promise<{ body(): string }> {
  const { hostname, port } = new URL(sandbox.url);
  const path = `/workspaces/${workspace.id}/channels/${channel.id}/contacts/${contact.id}`;
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bird\r\nAuthorization: AccessKey ${workspace.accessKey}\r\n\r\n`);
  return { body: () => received.split('\r\n\r\n').slice(1).join('\r\n\r\n') };
}
