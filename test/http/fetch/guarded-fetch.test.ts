import { holdUntilReply, toChannel } from 'freeform-guard';
import { type GuardedFetchOptions, guardedFetch, SendBlockedError } from 'freeform-guard/fetch';
import { describe, expect, it, vi } from 'vitest';
import { recordLetOut } from '../../support/canary.js';
import {
  aTemplate,
  createRerouteWorld,
  inTemplate,
  type PoliciesOf,
  type RerouteWorld,
} from '../../support/reroute.js';
import { createSmallWorld, sendPath } from '../../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage, type World, type WorldOptions } from '../../support/world.js';

type Fetch = typeof fetch;

interface Started {
  readonly world: RerouteWorld;
  /** What really goes out. */
  readonly out: ReturnType<typeof vi.fn<Fetch>>;
  readonly send: Fetch;
}

async function start(
  onClosed: PoliciesOf = () => 'block',
  options?: GuardedFetchOptions,
  world: WorldOptions = {},
): Promise<Started> {
  const created = await createRerouteWorld(onClosed, world);
  const out = vi.fn<Fetch>((...call) => fetch(...call));
  return { world: created, out, send: guardedFetch(created.guard, out, options) };
}

const urlOf = (world: World, last?: string): string => world.sandbox.url + sendPath(world, last);
const initOf = (world: World, message: unknown = textMessage()): RequestInit & { readonly body: string } => ({
  method: 'POST',
  headers: { authorization: `AccessKey ${world.workspace.accessKey}`, 'content-type': 'application/json' },
  body: JSON.stringify(message),
});

describe('guardedFetch', () => {
  it('sends as it is told while the window is open, and a template always', async () => {
    const { world, out, send } = await start();
    world.customerWrites();
    const calls = [initOf(world), initOf(world, templateMessage())] as const;
    for (const init of calls) expect((await send(urlOf(world), init)).status).toBe(202);
    expect(out.mock.calls).toEqual(calls.map((init) => [urlOf(world), init]));
  });

  it('resolves with the answer to a blocked one, and nothing goes out', async () => {
    const { world, out, send } = await start();
    const response = await send(urlOf(world), initOf(world));
    expect(response.status).toBe(409);
    expect(response.headers.get('freeform-window')).toContain('verdict=deny');
    expect(await response.json()).toMatchObject({ code: 'service_window_closed' });
    expect(out).not.toHaveBeenCalled();
  });

  it('rejects with an error that holds no secret, where it is told to', async () => {
    const { world, out, send } = await start(() => 'block', { onBlocked: 'reject' });
    const error = await send(urlOf(world), initOf(world)).catch((thrown: unknown) => thrown);
    recordLetOut('error of guardedFetch', error);
    expect(error).toBeInstanceOf(SendBlockedError);
    expect(error).toMatchObject({
      name: 'SendBlockedError',
      message: expect.stringContaining('window has expired'),
      code: 'service_window_closed',
      status: 409,
      problem: { retryable: false },
    });
    expect(out).not.toHaveBeenCalled();
  });

  it('rejects with what may be retried while Bird is down', async () => {
    const { world, send } = await start(() => 'block', { onBlocked: 'reject' }, { workspace: { onUnknown: 'block' } });
    world.sandbox.setFault(({ method }) => (method === 'GET' ? { status: 501 } : undefined));
    await expect(send(urlOf(world), initOf(world))).rejects.toMatchObject({
      status: 503,
      problem: { retryable: true },
    });
  });

  it('sends a template in the place of a late text', async () => {
    const { world, send } = await start(() => aTemplate());
    expect((await send(urlOf(world), initOf(world))).status).toBe(202);
    expect(world.arrivals()).toMatchObject([{ kind: 'template', text: inTemplate(TEXT), to: PHONE }]);
  });

  it('sends by another channel', async () => {
    const { world, send } = await start(({ sms }) => toChannel({ channels: [sms.id] }));
    expect((await send(new URL(urlOf(world)), initOf(world))).status).toBe(202);
    expect(world.arrivals()).toMatchObject([{ channelId: world.sms.id, text: TEXT }]);
  });

  it('sends all parts of a split text, and gives the last answer', async () => {
    const { world, out, send } = await start(() => aTemplate({ maxLength: 25 }));
    const { id } = Object(await (await send(urlOf(world), initOf(world))).json());
    expect(out).toHaveBeenCalledTimes(2);
    expect(world.sandbox.messages().at(-1)?.id).toBe(id);
  });

  it('stops at the first part that fails, and gives that answer', async () => {
    const { world, out, send } = await start(() => aTemplate({ maxLength: 25 }));
    out.mockResolvedValueOnce(new Response('no', { status: 500 }));
    expect((await send(urlOf(world), initOf(world))).status).toBe(500);
    expect(out).toHaveBeenCalledTimes(1);
  });

  it('sends a batch as one', async () => {
    const { world, out, send } = await start(() => aTemplate());
    const batch = { messageRequests: [textMessage(), templateMessage()] };
    await send(urlOf(world, 'batch/messages'), initOf(world, batch));
    expect(out).toHaveBeenCalledTimes(1);
    const { messageRequests } = JSON.parse(String(out.mock.calls[0]?.[1]?.body));
    expect(messageRequests).toMatchObject([{ template: {} }, templateMessage()]);
    expect(out.mock.calls[0]?.[0]).toBe(urlOf(world, 'batch/messages'));
  });

  it('resolves with a 202 for what is held, and lets the guard’s own requests pass where it is the global fetch', async () => {
    const hold = holdUntilReply();
    const { world, send } = await start(() => hold, { onBlocked: 'reject' });
    vi.stubGlobal('fetch', guardedFetch(world.guard));
    try {
      const response = await send(urlOf(world), initOf(world));
      expect([response.status, Object(await response.json()).code]).toEqual([202, 'held']);
      world.customerWrites();
      const at = world.sandbox.clock.now();
      const { workspace, channel } = world;
      world.guard.observeInbound({ workspaceId: workspace.id, channelId: channel.id, address: PHONE, at });
      await expect.poll(() => world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT }]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each<[string, (text: string) => NonNullable<RequestInit['body']>]>([
    ['bytes', (text) => Buffer.from(text)],
    ['an ArrayBuffer', (text) => new TextEncoder().encode(text).buffer as ArrayBuffer],
    ['a Blob', (text) => new Blob([text])],
  ])('reads %s', async (_, bodyOf) => {
    const { world, out, send } = await start();
    const { body, ...init } = initOf(world);
    expect((await send(urlOf(world), { ...init, body: bodyOf(body) })).status).toBe(409);
    expect(out).not.toHaveBeenCalled();
  });

  it('reads a Request, and sends it as it is or rerouted', async () => {
    const { world, out, send } = await start(() => aTemplate());
    expect((await send(new Request(urlOf(world), initOf(world)))).status).toBe(202);
    const [url, init] = out.mock.calls[0] ?? [];
    expect([url, init?.method]).toEqual([urlOf(world), 'POST']);
    expect(new Headers(init?.headers).get('authorization')).toContain('AccessKey');
    const template = new Request(urlOf(world), initOf(world, templateMessage()));
    expect((await send(template)).status).toBe(202);
    expect(out.mock.calls[1]).toEqual([template, undefined]);
  });

  it('reads the Request of another implementation of fetch', async () => {
    const { world, out, send } = await start();
    const request = new Request(urlOf(world), initOf(world));
    const { url, method, headers } = request;
    const other = { url, method, headers, clone: () => request.clone() };
    expect((await send(other as Request)).status).toBe(409);
    expect(out).not.toHaveBeenCalled();
  });

  it('lets a stream pass undecided, and says so once', async () => {
    const { world, out, send } = await start();
    const streaming = (): RequestInit => {
      const { body, ...init } = initOf(world);
      return { ...init, body: new Blob([body]).stream(), duplex: 'half' } as RequestInit;
    };
    for (let sends = 0; sends < 2; sends += 1) expect((await send(urlOf(world), streaming())).status).toBe(202);
    expect(out).toHaveBeenCalledTimes(2);
    expect(world.logs).toMatchObject([{ level: 'warn' }]);
  });

  it('does not know a body that is no JSON', async () => {
    const { world, send } = await start(() => 'block', {}, { workspace: { onUnknown: 'block' } });
    for (const body of ['no JSON', new URLSearchParams('a=b'), undefined]) {
      const { body: _, ...init } = initOf(world);
      expect((await send(urlOf(world), body === undefined ? init : { ...init, body })).status).toBe(422);
    }
  });

  it('leaves alone what is no send to Bird', async () => {
    const { world, send, out } = await start();
    out.mockResolvedValue(new Response('theirs'));
    const calls: Parameters<Fetch>[] = [
      ['https://example.com/notes', initOf(world)],
      [urlOf(world)],
      [new Request(urlOf(world))],
      [urlOf(world), { method: 'GET' }],
    ];
    for (const call of calls) expect(await (await send(...call)).clone().text()).toBe('theirs');
    expect(out.mock.calls.map(([input]) => input)).toEqual(calls.map(([input]) => input));
    expect(world.reads()).toBe(0);
  });

  it('rejects as fetch does where it was aborted meanwhile, and nothing is held', async () => {
    const hold = holdUntilReply();
    const { world, send } = await start(() => hold);
    const controller = new AbortController();
    world.sandbox.setFault(() => void controller.abort());
    await expect(send(urlOf(world), { ...initOf(world), signal: controller.signal })).rejects.toThrow(/abort/i);
    await expect.poll(() => hold.pending(world.workspace.id)).toEqual([]);
  });

  it('refuses what it cannot guard, and a fetch that is guarded already', async () => {
    const { guard } = await createSmallWorld();
    expect(() => guardedFetch(guard, 42 as never)).toThrow(/fetch must be a function; received a number/);
    expect(() => guardedFetch(guard, guardedFetch(guard))).toThrow(/guarded already/);
    expect(() => guardedFetch(guard, fetch, { onBlocked: 'throw' as never })).toThrow(
      /guardedFetch\.onBlocked must be/,
    );
    expect(() => guardedFetch({} as never)).toThrow(/createGuard/);
  });
});
