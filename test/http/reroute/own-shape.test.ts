// Reroutes on routes whose shape only the application knows: `resolve` reads it, and `rewrite` puts the reroute back.
import {
  freeformGuard,
  type GuardRequestInput,
  guardRequest,
  holdUntilReply,
  type Middleware,
  type MiddlewareOptions,
  type SendRequest,
} from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { keepSecret } from '../../support/canary.js';
import {
  aTemplate,
  createRerouteWorld,
  type PoliciesOf,
  phone,
  type RerouteScene,
  type RerouteWorld,
  templateOf,
} from '../../support/reroute.js';
import { createSmallWorld, signal, startService } from '../../support/service.js';
import { PHONE, TEXT, textMessage } from '../../support/world.js';
import { CLOSED, OTHER_PHONE, sends, textOf, toSms } from './support.js';

type Rewrite = NonNullable<MiddlewareOptions['rewrite']>;
/** What the application's own route takes. */
interface OwnBody {
  readonly to: readonly string[];
  readonly text: string;
  readonly instead?: unknown;
}
interface OwnRequest {
  body: OwnBody;
}

const ownBody: OwnBody = { to: [PHONE], text: TEXT };
const read = (world: RerouteWorld, req: unknown): SendRequest[] =>
  (req as OwnRequest).body.to.map((number) =>
    world.send({ contact: phone(number), message: textOf(bodyOf(req).text) }),
  );
const bodyOf = (req: unknown): OwnBody => (req as OwnRequest).body;

/** Puts all sends into the application's own body. */
const put = vi.fn((req: unknown, { sends: instead }: { readonly sends: readonly unknown[] }): void => {
  (req as OwnRequest).body = { ...bodyOf(req), instead };
});

async function start(
  rewrite: Rewrite | undefined,
  onClosed: PoliciesOf = () => aTemplate(),
  options: Parameters<typeof createRerouteWorld>[1] = {},
): Promise<RerouteScene> {
  put.mockClear();
  const world = await createRerouteWorld(onClosed, options);
  const handler: Middleware = (_req, res) => void res.end('sent');
  const middleware: MiddlewareOptions = { resolve: (req) => read(world, req), rewrite };
  return { world, service: await startService(world, { middleware, handler }) };
}

const template = { receiver: { contacts: [phone(PHONE)] }, template: templateOf(TEXT) };

describe('rewrite', () => {
  it.each<[string, Rewrite]>([
    ['at once', put],
    ['later', async (...given) => put(...given)],
  ])('puts a reroute back into the own shape, %s', async (_, rewrite) => {
    const { world, service } = await start(rewrite);
    const reply = await service.call('/reply', ownBody);
    expect([reply.text, reply.window]).toEqual(['sent', `${CLOSED}, action=reroute, sends=1`]);
    const instead = [{ channelId: world.channel.id, message: template }];
    const rewritten = { ...ownBody, instead };
    const [req] = service.passed;
    expect(req?.body).toEqual(rewritten);
    expect(req?.freeformGuard).toMatchObject({ original: ownBody, rewritten, sends: instead });
    expect(req?.headers['content-length']).toBe(String(Buffer.byteLength(JSON.stringify(rewritten))));
  });

  it('gets another channel, and a text that was split', async () => {
    const sms = await start(put, toSms);
    expect((await sms.service.call('/reply', ownBody)).text).toBe('sent');
    expect(bodyOf(sms.service.passed[0]).instead).toMatchObject([{ channelId: sms.world.sms.id }]);
    const split = await start(put, () => aTemplate({ maxLength: 20 }));
    expect((await split.service.call('/reply', ownBody)).window).toContain('sends=2');
    expect(bodyOf(split.service.passed[0]).instead).toHaveLength(2);
  });

  it('gets one send for each recipient that stays, and each that is rerouted', async () => {
    keepSecret(OTHER_PHONE);
    const { world, service } = await start(put, () => aTemplate(), { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    await service.call('/reply', { ...ownBody, to: [PHONE, OTHER_PHONE] });
    expect(bodyOf(service.passed[0]).instead).toEqual([
      { channelId: world.channel.id, message: template },
      { channelId: world.channel.id, message: { receiver: { contacts: [phone(OTHER_PHONE)] }, ...textOf(TEXT) } },
    ]);
  });

  it('is not asked where nothing is rerouted, where all of it is held, or in observe mode', async () => {
    const open = await start(put);
    open.world.customerWrites();
    expect((await open.service.call('/reply', ownBody)).text).toBe('sent');
    const hold = holdUntilReply();
    const held = await start(put, () => hold);
    expect(await held.service.call('/reply', ownBody)).toMatchObject({ status: 202, body: { code: 'held' } });
    expect(await hold.pending(held.world.workspace.id)).toHaveLength(1);
    const observed = await start(put, () => aTemplate(), { workspace: { mode: 'observe' } });
    expect((await observed.service.call('/reply', ownBody)).window).toContain('would-be=reroute');
    expect(observed.service.passed[0]?.body).toEqual(ownBody);
    expect(put).not.toHaveBeenCalled();
  });

  it("is not asked about Bird's own paths, which the guard rewrites itself", async () => {
    const world = await createRerouteWorld(() => aTemplate());
    put.mockClear();
    const service = await startService(world, { middleware: { resolve: () => undefined, rewrite: put } });
    await service.send();
    expect(service.passed[0]?.body).toEqual(template);
    expect(put).not.toHaveBeenCalled();
  });

  it.each<[string, Rewrite]>([
    [
      'throws',
      () => {
        throw new Error(`${PHONE} ${TEXT}`);
      },
    ],
    ['rejects', () => Promise.reject(new Error(`${PHONE} ${TEXT}`))],
  ])('that %s has the request refused, nothing sent or held, and one line in the log', async (_, rewrite) => {
    const hold = holdUntilReply();
    keepSecret(OTHER_PHONE);
    const { world, service } = await start(rewrite, () => [
      (context) => (JSON.stringify(context.send).includes(OTHER_PHONE) ? hold(context) : undefined),
      aTemplate(),
    ]);
    world.addCustomer(OTHER_PHONE);
    const reply = await service.call('/reply', { ...ownBody, to: [PHONE, OTHER_PHONE] });
    expect([reply.status, reply.window]).toEqual([409, `${CLOSED}, recipients=2`]);
    expect(reply.body.contacts).toMatchObject([{ declined: ['rewrite_failed'] }, { declined: ['rewrite_failed'] }]);
    await service.call('/reply', ownBody);
    expect(service.passed).toEqual([]);
    expect(await hold.pending(world.workspace.id)).toEqual([]);
    expect(world.logs).toMatchObject([{ level: 'error', fields: { hook: 'rewrite' } }]);
  });

  it('that leaves no body has the request refused', async () => {
    const { world, service } = await start((req) => void Object.assign(req, { body: undefined }));
    expect((await service.call('/reply', ownBody)).body.contacts).toMatchObject([{ declined: ['rewrite_failed'] }]);
    expect(service.passed).toEqual([]);
    expect(world.logs).toMatchObject([{ level: 'error', fields: { hook: 'rewrite', cause: 'hook_answer' } }]);
  });

  it.each<[string, Rewrite]>([
    ['changes the body and returns it', (req, { sends: instead }) => Object.assign(bodyOf(req), { instead })],
    ['returns a new body', (req, { sends: instead }) => ({ ...bodyOf(req), instead })],
    ['returns what it put into the body', (req, { sends }) => Object.assign(bodyOf(req), { instead: sends }).instead],
  ])('that %s is taken', async (_, rewrite) => {
    const { service } = await start(rewrite);
    expect((await service.call('/reply', ownBody)).status).toBe(200);
    expect(service.passed).toMatchObject([{ body: { instead: [{}] } }]);
  });

  it('that outlasts the deadline has the request refused, and its late work changes nothing', async () => {
    const [asked, late] = [signal(), signal()];
    const { world, service } = await start(async (...given) => {
      asked.resolve();
      await late.promise;
      put(...given);
    });
    const reply = service.call('/reply', ownBody);
    await asked.promise;
    world.sandbox.clock.advance(800);
    expect((await reply).body.contacts).toMatchObject([{ declined: ['rewrite_failed'] }]);
    late.resolve();
    await vi.waitFor(() => expect(put).toHaveBeenCalledOnce());
    expect(service.passed).toEqual([]);
  });

  it('may leave a body that JSON cannot carry: no header speaks of the old one', async () => {
    const { service } = await start((req) => {
      (req as unknown as { body: unknown }).body = { large: 1n };
    });
    expect((await service.call('/reply', ownBody)).text).toBe('sent');
    expect(service.passed[0]?.headers).not.toHaveProperty('content-length');
  });
});

describe("rewrite: 'handler-sends'", () => {
  it('leaves the body as it came, and gives all sends to the handler', async () => {
    const { world, service } = await start('handler-sends', () => aTemplate({ maxLength: 20 }));
    const reply = await service.call('/reply', ownBody);
    expect([reply.text, reply.window]).toEqual(['sent', `${CLOSED}, action=reroute, sends=2`]);
    const [req] = service.passed;
    expect(req?.body).toEqual(ownBody);
    expect(req?.freeformGuard?.rewritten).toBeUndefined();
    expect(req?.freeformGuard?.sends).toMatchObject([{ channelId: world.channel.id }, { channelId: world.channel.id }]);
  });

  it('refuses where one that passes has no message that the handler could be given', async () => {
    keepSecret(OTHER_PHONE);
    const world = await createRerouteWorld(() => aTemplate(), { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    const resolve = (): SendRequest[] => [
      world.send(),
      { ...world.send({ contact: phone(OTHER_PHONE) }), message: undefined },
    ];
    const service = await startService(world, { middleware: { resolve, rewrite: 'handler-sends' } });
    const reply = await service.call('/reply', {});
    expect(reply.status).toBe(409);
    expect(reply.body.contacts[0]).toMatchObject({ declined: ['request_not_rewritable'] });
    expect(sends(world)).toEqual([]);
  });
});

describe('guardRequest with rewrite', () => {
  it('has the body that the hook has set, and leaves one of the handler’s alone', async () => {
    const world = await createRerouteWorld(() => aTemplate());
    const request = (): GuardRequestInput => ({ method: 'POST', url: '/reply', body: ownBody });
    const resolve = (req: GuardRequestInput): SendRequest[] => read(world, req);
    const written = await guardRequest(world.guard, request(), { resolve, rewrite: put });
    expect(written?.body).toEqual({ ...ownBody, instead: written?.sends });
    const url = new URL('https://example.com/reply');
    expect((await guardRequest(world.guard, { ...request(), url }, { resolve, rewrite: put }))?.body).toMatchObject(
      ownBody,
    );
    const byHandler = await guardRequest(world.guard, request(), { resolve, rewrite: 'handler-sends' });
    expect(byHandler).toMatchObject({ body: undefined, sends: [{ message: template }] });
    expect((await guardRequest(world.guard, request(), { resolve }))?.response?.status).toBe(409);
  });

  it('is undefined where resolve says that it is no send', async () => {
    const world = await createSmallWorld();
    const request = { method: 'POST', url: `/workspaces/${world.workspace.id}/channels/${world.channel.id}/messages` };
    const body = textMessage();
    expect(await guardRequest(world.guard, { ...request, body }, { resolve: () => null })).toBeUndefined();
    expect(
      (await guardRequest(world.guard, { ...request, body }, { resolve: () => undefined }))?.response?.status,
    ).toBe(409);
  });
});

describe('bad values of rewrite', () => {
  it.each([
    [
      'a word',
      { resolve: () => null, rewrite: 'handler' },
      /rewrite must be 'handler-sends' or a function; received 'handler'/,
    ],
    ['an object', { resolve: () => null, rewrite: {} }, /rewrite must be .*received an object/],
    ['one without resolve', { rewrite: () => {} }, /rewrite needs .*\.resolve/],
  ])('are refused by name: %s', async (_, options, message) => {
    const { guard } = await createSmallWorld();
    expect(() => freeformGuard(guard, options as MiddlewareOptions)).toThrow(message);
    await expect(guardRequest(guard, { method: 'GET', url: '/' }, options as never)).rejects.toThrow(message);
  });
});
