import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSignedByOneOf } from '../../src/bird/webhook-signature.js';
import { type Received, type Subscriber, startSubscriber } from './subscriber.js';
import { PHONE, type Reply, request, type Scene, START_AT, startScene } from './support.js';

const KEY = 'a signing key';
const ORGANIZATION = 'cb28a94e-8557-4394-80ea-5bbd2170d434';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const subscriptionsPath = ({ workspace }: Scene): string =>
  `/organizations/${ORGANIZATION}/workspaces/${workspace.id}/webhook-subscriptions`;

/** Subscribes over HTTP, as a user of Bird does. */
function subscribe(scene: Scene, fields: object): Promise<Reply> {
  const body = { service: 'channels', event: 'whatsapp.inbound', signingKey: KEY, ...fields };
  return request(scene.sandbox.url + subscriptionsPath(scene), scene.workspace.accessKey, body);
}

function write({ workspace, channel, contact }: Scene): void {
  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
}

const isSigned = ({ url }: Subscriber, { headers, raw }: Received, key = KEY): boolean =>
  isSignedByOneOf(
    {
      signature: headers['messagebird-signature'],
      timestamp: headers['messagebird-request-timestamp'],
      url,
      body: raw,
    },
    [key],
  );

async function start(options: Parameters<typeof startScene>[0] = {}): Promise<{ scene: Scene; to: Subscriber }> {
  const scene = await startScene(options);
  const to = await startSubscriber();
  scene.workspace.subscribe({ url: to.url, signingKey: KEY });
  return { scene, to };
}

describe('subscriptions over HTTP', () => {
  it('are created with 201, in the shape of the example from Bird', async () => {
    const scene = await startScene();
    const example = JSON.parse(
      readFileSync(
        new URL('../fixtures/bird/webhook-subscription.response.docs.truncated.json', import.meta.url),
        'utf8',
      ),
    );
    const { url } = await startSubscriber();
    const { status, body } = await subscribe(scene, { url, template: 'text' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      organizationId: ORGANIZATION,
      workspaceId: scene.workspace.id,
      url,
      status: 'active',
    });
    expect(Object.keys(body)).toEqual(expect.arrayContaining(Object.keys(example)));
  });

  it('are listed, here and below the workspace, without their key', async () => {
    const scene = await startScene();
    const { url } = await startSubscriber();
    const { body: made } = await subscribe(scene, { url });
    const { signingKey, ...shown } = made;
    expect(signingKey).toBe(KEY);
    const base = scene.sandbox.url;
    const key = scene.workspace.accessKey;
    expect((await request(base + subscriptionsPath(scene), key)).body.results).toEqual([shown]);
    expect((await scene.get('/webhook-subscriptions')).body.results).toEqual([shown]);
    expect((await request(`${base}${subscriptionsPath(scene)}/${made.id}`, key)).body).toEqual(shown);
  });

  it('are gone once they are deleted', async () => {
    const scene = await startScene();
    const to = await startSubscriber();
    const { body } = await subscribe(scene, { url: to.url });
    const path = `${scene.sandbox.url}${subscriptionsPath(scene)}/${body.id}`;
    const headers = { authorization: `AccessKey ${scene.workspace.accessKey}` };
    expect((await fetch(path, { method: 'DELETE', headers })).status).toBe(204);
    expect((await request(path, scene.workspace.accessKey)).status).toBe(404);
    write(scene);
    expect(await scene.sandbox.deliveries()).toEqual([]);
  });

  it.each([
    ['https, as Bird wants it', 'https://example.com/webhook', 201],
    ['http on loopback', 'http://127.0.0.1:3000/webhook', 201],
    ['http on localhost', 'http://localhost/webhook', 201],
    ['http elsewhere', 'http://example.com/webhook', 422],
    ['https with a port', 'https://example.com:8443/webhook', 422],
    ['no URL', 'webhook', 422],
    ['nothing', undefined, 422],
  ])('take as URL: %s', async (_name, url, status) => {
    expect((await subscribe(await startScene(), { url })).status).toBe(status);
  });

  it.each([
    ['service', { service: 'mail' }],
    ['event', { event: '' }],
    ['eventFilters', { eventFilters: [{ key: 'colour', value: 'red' }] }],
    ['signingKey', { signingKey: 5 }],
  ])('need a %s that Bird knows', async (field, change) => {
    const { status, body } = await subscribe(await startScene(), { url: 'http://localhost/', ...change });
    expect(status).toBe(422);
    expect(Object.keys(body.details)).toEqual([field]);
  });

  it('need the key of the workspace', async () => {
    const scene = await startScene();
    const other = scene.sandbox.addWorkspace();
    expect((await request(scene.sandbox.url + subscriptionsPath(scene), other.accessKey, {})).status).toBe(403);
  });
});

describe('workspace.subscribe', () => {
  it.each([
    ['url', { url: 'http://example.com/', signingKey: KEY }],
    ['event', { url: 'http://localhost/', signingKey: KEY, events: [''] }],
  ])('throws for a wrong %s', async (field, options) => {
    const { workspace } = await startScene();
    expect(() => workspace.subscribe(options)).toThrow(field);
  });

  it('subscribes to both directions of every platform that the workspace has', async () => {
    const { workspace } = await startScene();
    workspace.addChannel({ platformId: 'sms-messagebird' });
    const events = workspace.subscribe({ url: 'http://localhost/', signingKey: KEY }).map(({ event }) => event);
    expect(events).toEqual(['whatsapp.inbound', 'whatsapp.outbound', 'sms.inbound', 'sms.outbound']);
  });
});

describe('a delivery', () => {
  it('of a customer message has the envelope of the one that was observed at Bird, and its signature holds', async () => {
    const { scene, to } = await start();
    write(scene);
    await scene.sandbox.deliveries();
    const [received] = to.received;
    if (received === undefined) throw new Error('nothing was delivered');
    const observed = JSON.parse(
      readFileSync(new URL('../fixtures/bird/webhook.whatsapp.inbound.observed.json', import.meta.url), 'utf8'),
    );
    expect(Object.keys(received.event)).toEqual(Object.keys(observed));
    expect(Object.keys(received.event.payload)).toEqual(Object.keys(observed.payload));
    expect(received.event).toMatchObject({ service: 'channels', event: 'whatsapp.inbound' });
    expect(received.event.payload).toMatchObject({ channelId: scene.channel.id, direction: 'incoming' });
    expect(received.headers['messagebird-request-timestamp']).toBe(String(Date.parse(START_AT) / 1000));
    expect(isSigned(to, received)).toBe(true);
    expect(isSigned(to, received, 'another key')).toBe(false);
  });

  it('reports each status of a message', async () => {
    const { scene, to } = await start();
    write(scene);
    await scene.sendText();
    scene.sandbox.clock.advance(5_000);
    await scene.sandbox.deliveries();
    const outbound = to.received.filter(({ event }) => event.event === 'whatsapp.outbound');
    const statuses = outbound.map(({ event }) => event.payload.status);
    expect(statuses.toSorted()).toEqual(['accepted', 'delivered', 'processing', 'sent']);
  });

  it('reports that a late message failed, with the code of the platform', async () => {
    const { scene, to } = await start();
    await scene.sendText();
    scene.sandbox.clock.advance(2 * MINUTE);
    await scene.sandbox.deliveries();
    const failed = to.received.find(({ event }) => event.payload.status === 'delivery_failed');
    expect(failed?.event.payload.failure.source).toEqual({ name: 'whatsapp', code: '131047' });
    expect(failed?.event.payload.receiver.contacts).toMatchObject([{ identifierValue: PHONE }]);
  });

  it('is named after the platform, not after the platformId', async () => {
    const { scene, to } = await start({ platformId: 'sms-messagebird' });
    write(scene);
    await scene.sandbox.deliveries();
    expect(to.received.map(({ event }) => event.event)).toEqual(['sms.inbound']);
  });

  it('without a signing key has no signature', async () => {
    const scene = await startScene();
    const to = await startSubscriber();
    await subscribe(scene, { url: to.url, signingKey: undefined });
    write(scene);
    await scene.sandbox.deliveries();
    expect(to.received[0]?.headers).not.toHaveProperty('messagebird-signature');
  });

  it('goes only to the subscriptions of its workspace and of its event', async () => {
    const { scene, to } = await start();
    const other = scene.sandbox.addWorkspace();
    const { id: channelId } = other.addChannel({ platformId: 'whatsapp' });
    const { id: contactId } = other.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
    other.receiveInbound({ channelId, contactId });
    expect(await scene.sandbox.deliveries()).toEqual([]);
    expect(to.received).toEqual([]);
  });

  it('goes to the subscription that filters it explicitly, and then to none without a filter', async () => {
    const { scene, to } = await start();
    const filtered = await startSubscriber();
    const second = scene.workspace.addChannel({ platformId: 'whatsapp' });
    scene.workspace.subscribe({ url: filtered.url, signingKey: KEY, channelId: scene.channel.id });
    write(scene);
    scene.workspace.receiveInbound({ channelId: second.id, contactId: scene.contact.id });
    await scene.sandbox.deliveries();
    expect(filtered.received.map(({ event }) => event.payload.channelId)).toEqual([scene.channel.id]);
    expect(to.received.map(({ event }) => event.payload.channelId)).toEqual([second.id]);
  });

  it('is never made to another host, though Bird would take its URL', async () => {
    const scene = await startScene();
    await subscribe(scene, { url: 'https://example.com/webhook' });
    write(scene);
    expect(await scene.sandbox.deliveries()).toEqual([]);
  });
});

describe('a delivery that is refused', () => {
  it.each<[string, Subscriber['answer']]>([
    ['500', 500],
    ['a redirect', 302],
    ['a broken connection', 'reset'],
  ])('by %s is repeated under its first timestamp, until it is taken', async (_name, answer) => {
    const { scene, to } = await start();
    to.answer = answer;
    write(scene);
    await scene.sandbox.deliveries();
    scene.sandbox.clock.advance(MINUTE);
    to.answer = 204;
    await scene.sandbox.deliveries();
    expect(to.received).toHaveLength(2);
    scene.sandbox.clock.advance(2 * MINUTE);
    const attempts = await scene.sandbox.deliveries();
    scene.sandbox.clock.advance(9 * HOUR);
    expect(await scene.sandbox.deliveries()).toHaveLength(attempts.length);
    expect(new Set(to.received.map(({ headers }) => headers['messagebird-request-timestamp'])).size).toBe(1);
    expect(new Set(to.received.map(({ raw }) => raw.toString())).size).toBe(1);
    expect(to.received.every((received) => isSigned(to, received))).toBe(true);
  });

  it('is repeated at growing intervals, for 8 hours', async () => {
    const { scene, to } = await start();
    to.answer = 503;
    write(scene);
    for (let minute = 0; minute < 9 * 60; minute += 1) {
      await scene.sandbox.deliveries();
      scene.sandbox.clock.advance(MINUTE);
    }
    const attempts = await scene.sandbox.deliveries();
    const minutes = attempts.map(({ at }) => (at - Date.parse(START_AT)) / MINUTE);
    expect(minutes).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255]);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('has used up its repetitions after one leap over all of them', async () => {
    const { scene, to } = await start();
    to.answer = 503;
    write(scene);
    scene.sandbox.clock.advance(24 * HOUR);
    expect(await scene.sandbox.deliveries()).toHaveLength(9);
  });
});

describe('switches', () => {
  it('webhookDelayMs: the event comes late, signed with its own time', async () => {
    const { scene, to } = await start({ webhookDelayMs: 3 * HOUR });
    write(scene);
    scene.sandbox.clock.advance(3 * HOUR - 1);
    expect(await scene.sandbox.deliveries()).toEqual([]);
    scene.sandbox.clock.advance(1);
    expect(await scene.sandbox.deliveries()).toMatchObject([{ at: Date.parse(START_AT) + 3 * HOUR, status: 200 }]);
    expect(to.received[0]?.headers['messagebird-request-timestamp']).toBe(String(Date.parse(START_AT) / 1000));
  });

  it('webhookCopies: the event comes more than once', async () => {
    const { scene, to } = await start({ webhookCopies: 3 });
    write(scene);
    await scene.sandbox.deliveries();
    expect(new Set(to.received.map(({ event }) => event.payload.id)).size).toBe(1);
    expect(to.received).toHaveLength(3);
  });

  it('webhookLoss: what happens meanwhile is never reported', async () => {
    const { scene, to } = await start();
    scene.workspace.set({ webhookLoss: 'all' });
    write(scene);
    scene.workspace.set({ webhookLoss: undefined });
    scene.sandbox.clock.advance(9 * HOUR);
    expect(await scene.sandbox.deliveries()).toEqual([]);
    write(scene);
    await scene.sandbox.deliveries();
    expect(to.received).toHaveLength(1);
  });

  it.each([{ webhookDelayMs: -1 }, { webhookCopies: 0 }, { webhookLoss: 'some' as never }])(
    'refuse %o',
    async (wrong) => {
      await expect(startScene(wrong)).rejects.toThrow(Object.keys(wrong)[0]);
    },
  );
});

describe('what a customer sends', () => {
  it('can be any body, with or without the time of the platform, and need open no window', async () => {
    const { scene, to } = await start();
    const { workspace, channel, contact } = scene;
    const body = { type: 'system', system: { type: 'user_changed_number' } };
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, body, meta: {}, opensWindow: false });
    await scene.sandbox.deliveries();
    expect(to.received[0]?.event.payload).toMatchObject({ body, meta: {} });
    expect((await scene.window()).body.serviceWindowExpireAt).toBeNull();
  });
});

it('closing the sandbox ends the deliveries', async () => {
  const { scene, to } = await start();
  to.answer = 500;
  write(scene);
  await scene.sandbox.close();
  scene.sandbox.clock.advance(HOUR);
  expect((await scene.sandbox.deliveries()).length).toBeLessThanOrEqual(1);
});
