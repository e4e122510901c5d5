import { Agent } from 'node:http';
import { type GuardedRequest, holdUntilReply, type Middleware, type ReroutePolicy, toChannel } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { parseDictionary } from '../http/request/structured-field.js';
import {
  aTemplate,
  inTemplate,
  type PoliciesOf,
  phone,
  type RerouteScene,
  startRerouting,
  templateOf,
  textTo,
} from '../support/reroute.js';
import { type Framework, type Service, sendPath, signal, until } from '../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage, type World, type WorldOptions } from '../support/world.js';

const HOUR = 3_600_000;
const OTHER_PHONE = '+31687654321';
const CLOSED = 'verdict=deny;reason=service_window_closed, source=bird';

/** What every framework must make of a message that can be rerouted. The sandbox tells what customers really received. */
export function describeRerouteAdapter(framework: Framework): void {
  type Options = Parameters<typeof startRerouting>[1];
  const start = (onClosed: PoliciesOf, { service, ...world }: Options = {}): Promise<RerouteScene> =>
    startRerouting(onClosed, { ...world, service: { framework, ...service } });

  /** The service sends by the URL, as it is behind the guard, and nothing else. */
  const byUrl =
    ({ sandbox, workspace }: World): Middleware =>
    (req, res, next) => {
      const { url, body } = req as typeof req & { body?: unknown };
      const headers = { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' };
      fetch(`${sandbox.url}${url?.replace(/[?].*$/, '')}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      }).then(({ status }) => {
        res.statusCode = status;
        res.end();
      }, next);
    };

  async function startByUrl(onClosed: PoliciesOf, options: WorldOptions = {}): Promise<RerouteScene> {
    let handler: Middleware | undefined;
    const service = { handler: ((req, res, next) => handler?.(req, res, next)) as Middleware };
    const scene = await start(onClosed, { ...options, service });
    handler = byUrl(scene.world);
    return scene;
  }

  const sends = ({ sandbox }: World): unknown[] => sandbox.requests().filter(({ kind }) => kind === 'send');

  describe('scenario 32: a closed window with a template', () => {
    it('rewrites the body before the handler sees it, and says so', async () => {
      const { world, service } = await start(() => aTemplate());
      const original = textMessage({ reference: 'order-1', tags: ['parcel'] });
      const reply = await service.send(original);
      expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=reroute, sends=1`]);
      expect(parseDictionary(reply.window ?? '')).toEqual({
        verdict: { value: { token: 'deny' }, parameters: { reason: { token: 'service_window_closed' } } },
        source: { value: { token: 'bird' }, parameters: {} },
        action: { value: { token: 'reroute' }, parameters: {} },
        sends: { value: 1, parameters: {} },
      });
      const { receiver, reference, tags } = original;
      const rewritten = { receiver, reference, tags, template: templateOf(TEXT) };
      const [req] = service.passed;
      expect(req?.body).toEqual(rewritten);
      expect(req?.freeformGuard).toEqual({
        outcomes: [expect.objectContaining({ action: 'reroute', changes: ['template'] })],
        original,
        rewritten,
        sends: [{ channelId: world.channel.id, message: rewritten }],
      });
      expect(world.arrivals()).toEqual([
        { kind: 'template', text: inTemplate(TEXT), to: PHONE, channelId: world.channel.id },
      ]);
    });

    it('leaves what is allowed as it is', async () => {
      const { world, service } = await start(() => aTemplate());
      world.customerWrites();
      const reply = await service.send();
      expect(reply.window).toBe('verdict=allow;reason=service_window_open, source=bird');
      expect(service.passed[0]?.body).toEqual(textMessage());
      expect(service.passed[0]?.freeformGuard).not.toHaveProperty('rewritten');
      expect(world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT }]);
    });

    it('scenario 34: gives the first of a long text as the body, and all of them as sends', async () => {
      const { service } = await start(() => aTemplate({ maxLength: 20 }));
      const reply = await service.send(textTo([PHONE], 'the parcel is at the\nneighbour of number 12'));
      expect(reply.window).toBe(`${CLOSED}, action=reroute, sends=3`);
      const { body, freeformGuard } = service.passed[0] ?? {};
      const texts = ['the parcel is at the', 'neighbour of number', '12'];
      expect(freeformGuard?.sends).toMatchObject(texts.map((text) => ({ message: { template: templateOf(text) } })));
      expect(freeformGuard?.outcomes[0]?.changes).toEqual(['template', 'white_space', 'split']);
      expect(body).toBe(freeformGuard?.sends?.[0]?.message);
    });
  });

  describe('scenario 33: a template that cannot go', () => {
    it.each([
      ['unknown', { projectId: '11111111-1111-4111-8111-111111111111' }],
      ['without the variable', { variable: 'other' }],
      ['with one variable too many', { variables: () => ({ surname: 'Jansen' }) }],
      ['in a locale that it does not have', { locale: 'fr' }],
    ])('%s: nothing arrives, and no free text is tried', async (_, change) => {
      const { world, service } = await start(() => aTemplate(change));
      expect((await service.send()).status).toBe(202);
      expect(world.arrivals()).toEqual([]);
      expect(sends(world)).toHaveLength(1);
    });

    it.each<[string, Record<string, unknown>, string]>([
      ['blank text', { body: { type: 'text', text: { text: ' \n\t' } } }, 'text_blank'],
      [
        'a picture',
        { body: { type: 'image', image: { images: [{ mediaUrl: 'https://a.example/a.png' }] } } },
        'media_without_template',
      ],
      ['a place', { body: { type: 'location', location: {} } }, 'content_not_carried'],
      ['a list', { body: { type: 'list', list: { text: TEXT, items: [] } } }, 'interactive_content'],
    ])('of %s: is refused with its reason', async (_, change, reason) => {
      const { world, service } = await start(() => aTemplate());
      const reply = await service.send(textMessage(change));
      expect(reply).toMatchObject({ status: 409, window: CLOSED, body: { code: 'service_window_closed' } });
      expect(reply.body.contacts).toEqual([
        { index: 0, verdict: 'deny', reason: 'service_window_closed', declined: [reason] },
      ]);
      expect(sends(world)).toEqual([]);
    });
  });

  describe('scenario 37: another channel', () => {
    const toSms: PoliciesOf = ({ sms }) => toChannel({ channels: [sms.id] });

    it('is in the URL, so that who sends by the URL sends there', async () => {
      const { world, service } = await startByUrl(toSms);
      const reply = await service.send(textMessage({ replyTo: { id: 'a' } }));
      expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=reroute, sends=1`]);
      const [req] = service.passed;
      expect(req?.url).toBe(service.path.replace(world.channel.id, world.sms.id));
      expect(req?.body).toEqual(textMessage());
      expect(req?.freeformGuard?.outcomes).toMatchObject([{ action: 'reroute', changes: ['channel'] }]);
      expect(world.arrivals()).toEqual([{ kind: 'text', text: TEXT, to: PHONE, channelId: world.sms.id }]);
    });

    it.each<[string, (path: string, channelId: string) => string]>([
      ['behind a prefix', (path) => `/api/v1${path}`],
      ['with a query that names the channel too', (path, id) => `${path}?channel=${id}&next=/channels/${id}/messages`],
      ['with a slash at the end', (path) => `${path}/`],
      ['in upper case', (path) => path.toUpperCase()],
      ['behind a prefix that looks like another send', (path) => `${path}${path}`],
      ['with ids that are percent-encoded', (path) => path.replaceAll('-', '%2d')],
    ])('is in the last place of the path that names the channel, %s', async (_, change) => {
      const handler: Middleware = (_req, res) => void res.end('sent');
      const { world, service } = await start(toSms, { service: { handler } });
      const path = change(service.path, world.channel.id);
      expect((await service.call(path, textMessage())).text).toBe('sent');
      const [rest = '', query] = path.split('?');
      const at = rest.toLowerCase().replaceAll('%2d', '-').lastIndexOf(world.channel.id);
      const { url = '' } = service.passed[0] ?? {};
      expect(decodeURIComponent(url.split('?')[0] ?? '').slice(at, at + 36)).toBe(world.sms.id);
      expect(url.split('?')[1]).toBe(query);
    });

    it('that is closed itself is passed over', async () => {
      const { world, service } = await startByUrl(({ workspace, channel, sms }) => {
        const instagram = workspace.addChannel({ platformId: 'instagram' });
        const archived = workspace.addChannel({ platformId: 'sms-messagebird', status: 'archived' });
        return toChannel({ channels: [channel.id, instagram.id, archived.id, sms.id] });
      });
      expect((await service.send()).window).toContain('action=reroute');
      expect(world.arrivals()).toMatchObject([{ channelId: world.sms.id, text: TEXT }]);
    });

    it('is not reached where none can send', async () => {
      const { world, service } = await start(({ workspace, channel }) => {
        const other = workspace.addChannel({ platformId: 'whatsapp' });
        return toChannel({ channels: [channel.id, other.id] });
      });
      const reply = await service.send();
      expect(reply.status).toBe(409);
      expect(reply.body.contacts).toMatchObject([{ declined: ['no_channel_open'] }]);
      expect(sends(world)).toEqual([]);
    });

    it('stops the request where neither its parameters nor its URL names the channel', async () => {
      const world = { current: undefined as World | undefined };
      const resolve = (req: GuardedRequest): never =>
        ({ ...world.current?.send(), message: (req as { body?: unknown }).body }) as never;
      const scene = await start(toSms, { service: { middleware: { resolve } } });
      world.current = scene.world;
      const reply = await scene.service.call('/reply', textMessage());
      expect([reply.status, reply.window]).toEqual([409, CLOSED]);
      expect(reply.body.contacts).toMatchObject([{ declined: ['channel_not_rewritable'] }]);
      expect(scene.service.passed).toEqual([]);
    });
  });

  describe('scenario 38: a message that waits for the reply', () => {
    it('is answered 202, reaches nobody, and arrives once when the customer writes', async () => {
      const hold = holdUntilReply({ lifetimeMs: HOUR });
      const { world, service } = await start(() => hold);
      const at = world.sandbox.clock.now();
      const reply = await service.send(textMessage({ reference: 'order-1' }));
      expect([reply.status, reply.window]).toEqual([202, `${CLOSED}, action=hold, sends=0, held=1`]);
      expect(parseDictionary(reply.window ?? '')).toMatchObject({ held: { value: 1 }, sends: { value: 0 } });
      expect(reply.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(reply.text)),
        'cache-control': 'no-store',
      });
      const [waiting] = await hold.pending(world.workspace.id);
      expect(reply.body).toEqual({
        type: 'urn:freeform-guard:held',
        title: 'The message waits for the customer',
        status: 202,
        detail: expect.any(String),
        code: 'held',
        message: expect.any(String),
        channelId: world.channel.id,
        platform: 'whatsapp',
        checkedAt: new Date(at).toISOString(),
        source: 'bird',
        retryable: false,
        nextActions: [{ action: 'wait_for_inbound' }],
        contacts: [
          {
            index: 0,
            verdict: 'deny',
            reason: 'service_window_closed',
            held: { id: waiting?.id, reference: 'order-1', expiresAt: new Date(at + HOUR).toISOString() },
          },
        ],
      });
      expect(service.passed).toEqual([]);
      expect(sends(world)).toEqual([]);
      customerReplies(world);
      await expect.poll(() => world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT, to: PHONE }]);
      customerReplies(world);
      await service.send(templateMessage());
      // It arrives before the guard has heard that Bird took it.
      await expect.poll(() => hold.pending(world.workspace.id)).toEqual([]);
      expect(world.arrivals()).toHaveLength(1);
    });

    it('scenario 53: is held once, however often its request is repeated under its reference', async () => {
      const hold = holdUntilReply();
      const { world, service } = await start(() => hold);
      const send = (): ReturnType<Service['send']> => service.send(textMessage({ reference: 'order-1' }));
      const replies = [await send(), await send(), ...(await Promise.all([send(), send()]))];
      const [first, ...others] = replies.map(({ body }) => body.contacts[0].held);
      for (const other of others) expect(other).toEqual(first);
      expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      expect(await hold.pending(world.workspace.id)).toHaveLength(1);
      customerReplies(world);
      await expect.poll(() => world.arrivals()).toHaveLength(1);
    });

    it('does not wait where the client has left meanwhile', async () => {
      const hold = holdUntilReply();
      const { world, service } = await start(() => hold);
      const [asked, held] = [signal(), signal()];
      world.sandbox.setFault(() => {
        asked.resolve();
        return { holdUntil: held.promise };
      });
      const call = service.open(service.path, textMessage());
      const failed = expect(call.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
      await asked.promise;
      call.request.destroy();
      await failed;
      await until(() => service.exchanges[0]?.wasAborted === true);
      held.resolve();
      await until(() => world.logs.some(({ text }) => text.includes('was over before')));
      expect(await hold.pending(world.workspace.id)).toEqual([]);
      expect(service.exchanges).toMatchObject([{ nexts: 0, answers: 0, ends: 0 }]);
    });
  });

  describe('a list of policies', () => {
    it('is tried in order, and ends in a refusal that tells why each could not help [R19]', async () => {
      const own: ReroutePolicy = ({ decline }) => decline('not_my_day');
      const { service } = await start(({ workspace }) => {
        const closed = workspace.addChannel({ platformId: 'whatsapp' });
        return [own, aTemplate(), toChannel({ channels: [closed.id] }), () => undefined, 'block'];
      });
      const reply = await service.send(textMessage({ body: { type: 'location', location: {} } }));
      expect(reply.status).toBe(409);
      expect(reply.body.contacts).toMatchObject([
        { declined: ['not_my_day', 'content_not_carried', 'no_channel_open'] },
      ]);
    });

    it('goes on where a policy hangs, when its time is over', async () => {
      const asked = signal();
      const hanging: ReroutePolicy = () => {
        asked.resolve();
        return new Promise(() => {});
      };
      const { world, service } = await start(() => [hanging, aTemplate()]);
      const reply = service.send();
      await asked.promise;
      world.sandbox.clock.advance(800);
      expect((await reply).window).toBe(`${CLOSED}, action=reroute, sends=1`);
      expect(world.arrivals()).toMatchObject([{ kind: 'template' }]);
    });

    it('goes on where a policy hangs when it is told that its result is used', async () => {
      const asked = signal();
      const settle = (): Promise<void> => {
        asked.resolve();
        return new Promise(() => {});
      };
      const hanging: ReroutePolicy = () => ({ action: 'hold', settle });
      const { world } = await start(() => [hanging]);
      const outcome = world.guard.check(world.send());
      await asked.promise;
      world.sandbox.clock.advance(1_000);
      expect((await outcome).action).toBe('hold');
      expect(world.logs).toMatchObject([{ level: 'error', fields: { hook: 'settle' } }]);
    });
  });

  describe('scenario 46: several recipients', () => {
    const both = (): Record<string, unknown> => textTo([OTHER_PHONE, PHONE], 'the same for both of you');

    it('of which some are open stop together by default [R2]', async () => {
      const hold = holdUntilReply();
      const { world, service } = await start(() => [hold, aTemplate()]);
      world.addCustomer(OTHER_PHONE, true);
      const reply = await service.send(both());
      expect([reply.status, reply.window]).toEqual([409, `${CLOSED}, recipients=2`]);
      expect(reply.body.contacts).toEqual([
        { index: 0, verdict: 'allow', reason: 'service_window_open' },
        { index: 1, verdict: 'deny', reason: 'service_window_closed', declined: ['other_recipients'] },
      ]);
      expect(await hold.pending(world.workspace.id)).toEqual([]);
      expect(sends(world)).toEqual([]);
    });

    it('are split where that is the policy: each gets its own, and only that', async () => {
      const { world, service } = await start(() => aTemplate(), { workspace: { onMixed: 'split' } });
      world.addCustomer(OTHER_PHONE, true);
      const reply = await service.send(both());
      expect(reply.window).toBe(`${CLOSED}, recipients=2, action=reroute, sends=2`);
      const { body, freeformGuard } = service.passed[0] ?? {};
      expect(body).toEqual({ ...both(), receiver: { contacts: [phone(OTHER_PHONE)] } });
      expect(freeformGuard?.sends?.[1]?.message).toEqual({
        receiver: { contacts: [phone(PHONE)] },
        template: templateOf('the same for both of you'),
      });
      expect(world.arrivals()).toMatchObject([{ kind: 'text', to: OTHER_PHONE }]);
    });

    it('that are all closed get a template each', async () => {
      const { world, service } = await start(() => aTemplate());
      world.addCustomer(OTHER_PHONE);
      await service.send(both());
      const receivers = service.passed[0]?.freeformGuard?.sends?.map(({ message }) => message.receiver);
      expect(receivers).toEqual([{ contacts: [phone(OTHER_PHONE)] }, { contacts: [phone(PHONE)] }]);
      expect(world.arrivals()).toMatchObject([{ kind: 'template', to: OTHER_PHONE }]);
    });
  });

  describe('a batch', () => {
    it('has rerouted items replaced in place, and the others as they were', async () => {
      const { world, service } = await start(() => aTemplate());
      world.addCustomer(OTHER_PHONE, true);
      const [first, last] = [textTo([OTHER_PHONE], 'an open window', { tags: ['a'] }), templateMessage()];
      const batch = { messageRequests: [first, textMessage(), last], note: 'kept' };
      const reply = await service.call(sendPath(world, 'batch/messages'), batch);
      expect(reply.window).toBe(`${CLOSED}, recipients=3, action=reroute, sends=3`);
      const { receiver } = textMessage();
      expect(service.passed[0]?.body).toEqual({
        messageRequests: [first, { receiver, template: templateOf(TEXT) }, last],
        note: 'kept',
      });
    });
  });

  describe('in mode observe', () => {
    it.each<[string, () => ReroutePolicy, string]>([
      ['reroute', () => aTemplate(), 'reroute'],
      ['hold', () => holdUntilReply(), 'hold'],
    ])('nothing is changed or parked, and the header says would-be=%s', async (_, wayOut, wouldBe) => {
      const policy = wayOut();
      const { world, service } = await start(() => policy, { workspace: { mode: 'observe' } });
      const reply = await service.send();
      expect(reply.window).toBe(`${CLOSED}, mode=observe, would-be=${wouldBe}`);
      expect(service.passed[0]?.body).toEqual(textMessage());
      expect(service.passed[0]?.freeformGuard).not.toHaveProperty('sends');
      if ('pending' in policy)
        expect(await (policy as ReturnType<typeof holdUntilReply>).pending(world.workspace.id)).toEqual([]);
      expect(sends(world)).toHaveLength(1);
    });
  });

  describe('scenario 51: exactly one answer', () => {
    it('on a connection that stays in use, whatever becomes of each message', async () => {
      const hold = holdUntilReply({ maxPerContact: 1 });
      const { world, service } = await start(() => [hold, aTemplate({ onTooLong: 'block', maxLength: 100 }), 'block']);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();
      const statuses: number[] = [];
      const long = textTo([PHONE], 'a word too many '.repeat(10));
      for (const message of [textMessage(), textMessage(), long, templateMessage(), textMessage()]) {
        const call = service.open(service.path, message, { agent });
        statuses.push((await call.reply).status);
        ports.add(call.request.socket?.localPort);
      }
      agent.destroy();
      expect(statuses).toEqual([202, 202, 409, 202, 202]);
      expect(ports.size).toBe(1);
      expect(sends(world)).toHaveLength(3);
    });

    it('where the application fails behind a rerouted message: the failure is the application’s', async () => {
      const handler: Middleware = () => {
        throw new Error('downstream');
      };
      const { world, service } = await start(() => aTemplate(), { service: { handler } });
      const reply = await service.send();
      expect([reply.status, reply.window]).toEqual([500, `${CLOSED}, action=reroute, sends=1`]);
      expect(service.exchanges).toMatchObject([{ nexts: 1, ends: 1 }]);
      expect(world.logs).toEqual([]);
    });

    it('where a policy fails in whatever way [R10]', async () => {
      const { service } = await start(() => [
        () => {
          throw new Error(`${PHONE} ${TEXT}`);
        },
        () => Promise.reject(new Error(`${PHONE} ${TEXT}`)),
        () => ({ action: 'reroute' }),
      ]);
      const reply = await service.send();
      expect(reply.status).toBe(409);
      expect(service.exchanges).toMatchObject([{ nexts: 0, ends: 1 }]);
      expect(reply.body.contacts).toMatchObject([{ declined: ['policy_failed', 'policy_failed', 'malformed_result'] }]);
    });
  });

  /** The customer writes, and the guard is told. */
  function customerReplies({ guard, sandbox, workspace, channel, customerWrites }: World): void {
    customerWrites();
    const at = sandbox.clock.now();
    guard.observeInbound({ workspaceId: workspace.id, channelId: channel.id, address: PHONE, at });
  }
}
