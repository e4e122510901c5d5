import { holdUntilReply, toChannel } from 'freeform-guard';
import { type FetchGuardOptions, type FetchGuardRequest, fetchGuard } from 'freeform-guard/fetch';
import { describe, expect, it, vi } from 'vitest';
import { aTemplate, createRerouteWorld, templateOf } from '../../support/reroute.js';
import { createSmallWorld, sendPath } from '../../support/service.js';
import { TEXT, templateMessage, textMessage, type World } from '../../support/world.js';

const CLOSED = 'verdict=deny;reason=service_window_closed, source=bird';

function requestTo(path: string, body: unknown = textMessage(), init: RequestInit = {}): Request {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'x-own': 'kept', 'content-digest': 'of the old body' };
  return new Request(`https://host/api${path}`, { method: 'POST', headers, body: text, ...init });
}

async function codeOf(response: Response | undefined): Promise<unknown> {
  return Object(await response?.json()).code;
}

describe('fetchGuard', () => {
  it('gives the request itself, which can be read still, while the window is open', async () => {
    const world = await createSmallWorld();
    world.customerWrites();
    const incoming = requestTo(sendPath(world));
    const decision = await fetchGuard(world.guard)(incoming);
    expect(decision).toEqual({
      response: undefined,
      request: incoming,
      header: 'verdict=allow;reason=service_window_open, source=bird',
      outcomes: [expect.objectContaining({ action: 'send' })],
    });
    expect(await decision.request.json()).toEqual(textMessage());
  });

  it('gives the answer to a blocked one', async () => {
    const world = await createSmallWorld();
    const { response, header } = await fetchGuard(world.guard, { statusCode: 400 })(requestTo(sendPath(world)));
    expect(response?.status).toBe(400);
    expect(response?.headers.get('content-type')).toBe('application/problem+json');
    expect([response?.headers.get('freeform-window'), header]).toEqual([CLOSED, CLOSED]);
    expect(await response?.json()).toMatchObject({ code: 'service_window_closed', status: 400 });
  });

  it('leaves alone what is no send, its body unread', async () => {
    const world = await createSmallWorld();
    const incoming = requestTo('/notes');
    expect(await fetchGuard(world.guard)(incoming)).toEqual({
      ...{ response: undefined, header: undefined, request: incoming, outcomes: [] },
    });
    expect(incoming.bodyUsed).toBe(false);
    const read = new Request(`https://host${sendPath(world)}`);
    expect((await fetchGuard(world.guard)(read)).header).toBeUndefined();
    expect(world.reads()).toBe(0);
  });

  it.each<[string, (request: Request) => unknown, string]>([
    ['is no JSON', () => undefined, 'no JSON'],
    ['was read before', (request) => request.text(), JSON.stringify(textMessage())],
  ])('does not know a send whose body %s', async (_, before, body) => {
    const world = await createSmallWorld({ workspace: { onUnknown: 'block' } });
    const incoming = requestTo(sendPath(world), body);
    await before(incoming);
    const { response } = await fetchGuard(world.guard)(incoming);
    expect([response?.status, await codeOf(response)]).toEqual([422, 'unclassified_message']);
  });

  it('gives a new request after a reroute, of which no header speaks of the old body', async () => {
    const world = await createRerouteWorld(() => aTemplate());
    const { request, sends, response } = await fetchGuard(world.guard)(requestTo(sendPath(world)));
    const body = await request.json();
    expect(body).toEqual({ receiver: textMessage().receiver, template: templateOf(TEXT) });
    expect(sends).toEqual([{ channelId: world.channel.id, message: body }]);
    expect(Object.fromEntries(request.headers)).toEqual({ 'content-type': 'application/json', 'x-own': 'kept' });
    expect(response).toBeUndefined();
  });

  it('names another channel in the URL', async () => {
    const world = await createRerouteWorld(({ sms }) => toChannel({ channels: [sms.id] }));
    const { request } = await fetchGuard(world.guard)(requestTo(`${sendPath(world)}?a=b`));
    expect(request.url).toBe(`https://host/api/workspaces/${world.workspace.id}/channels/${world.sms.id}/messages?a=b`);
  });

  it.each<[string, FetchGuardOptions['rewrite']]>([
    [
      'a hook',
      (req, { sends }) => {
        req.body = { instead: sends };
      },
    ],
    ['the handler', 'handler-sends'],
  ])('has an own shape written by %s', async (_, rewrite) => {
    const world = await createRerouteWorld(() => aTemplate());
    const resolve = ({ body, request }: FetchGuardRequest): ReturnType<World['send']> | null =>
      request.headers.get('x-own') === 'kept'
        ? world.send({ message: { body: { type: 'text', text: { text: Object(body).text } } } })
        : null;
    const decide = fetchGuard(world.guard, { resolve, rewrite });
    const { request, sends } = await decide(requestTo('/reply', { text: TEXT }));
    expect(sends).toMatchObject([{ message: { template: templateOf(TEXT) } }]);
    expect(await request.json()).toEqual(rewrite === 'handler-sends' ? { text: TEXT } : { instead: sends });
    const other = new Request('https://host/reply', { method: 'POST', body: '{}' });
    expect((await decide(other)).outcomes).toEqual([]);
  });

  it('leaves a file unread, whatever hooks there are', async () => {
    const world = await createSmallWorld();
    const body = new FormData();
    body.set('file', new Blob(['a picture']));
    const request = new Request('https://host/files', { method: 'PUT', body });
    const clone = vi.spyOn(request, 'clone');
    const resolve = ({ body }: FetchGuardRequest): null | undefined => (body === undefined ? null : undefined);
    expect((await fetchGuard(world.guard, { resolve })(request)).outcomes).toEqual([]);
    expect(clone).not.toHaveBeenCalled();
  });

  it('reads an own shape that comes by another method', async () => {
    const world = await createSmallWorld();
    const resolve = ({ body }: FetchGuardRequest): ReturnType<World['send']> | null =>
      Object(body).text === TEXT ? world.send() : null;
    const request = requestTo('/reply', { text: TEXT }, { method: 'PUT' });
    expect((await fetchGuard(world.guard, { resolve })(request)).response?.status).toBe(409);
  });

  it('holds nothing for a client that has gone, and has nothing sent for it', async () => {
    const hold = holdUntilReply();
    const world = await createRerouteWorld(() => hold);
    const client = new AbortController();
    const incoming = requestTo(sendPath(world), textMessage(), { signal: client.signal });
    world.sandbox.setFault(() => void client.abort());
    expect((await fetchGuard(world.guard)(incoming)).response?.status).toBe(499);
    await expect.poll(() => hold.pending(world.workspace.id)).toEqual([]);
    world.customerWrites();
    const open = requestTo(sendPath(world), textMessage(), { signal: client.signal });
    expect((await fetchGuard(world.guard)(open)).response?.status).toBe(499);
  });

  it('answers 202 where all of it is held', async () => {
    const hold = holdUntilReply();
    const world = await createRerouteWorld(() => hold);
    const { response } = await fetchGuard(world.guard)(requestTo(sendPath(world)));
    expect([response?.status, await codeOf(response)]).toEqual([202, 'held']);
    expect(await hold.pending(world.workspace.id)).toHaveLength(1);
  });

  it.each<[object, RegExp]>([
    [{ status: 400 }, /fetchGuard\.status is not a valid option/],
    [{ skip: true }, /fetchGuard\.skip must be a function/],
    [{ rewrite: 'handler-sends' }, /fetchGuard\.rewrite needs/],
  ])('refuses %j at creation', async (options, message) => {
    const { guard } = await createSmallWorld();
    expect(() => fetchGuard(guard, options as FetchGuardOptions)).toThrow(message);
    expect(() => fetchGuard({} as never)).toThrow(/createGuard/);
  });

  it('passes what skip says, and a template', async () => {
    const world = await createSmallWorld();
    const decide = fetchGuard(world.guard, { skip: ({ request }) => request.headers.has('x-own') });
    expect((await decide(requestTo(sendPath(world)))).header).toBeUndefined();
    const headers = { 'content-type': 'application/json' };
    expect((await decide(requestTo(sendPath(world), templateMessage(), { headers }))).header).toContain(
      'reason=template',
    );
  });
});
