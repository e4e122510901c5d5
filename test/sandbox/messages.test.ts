import { describe, expect, it } from 'vitest';
import { PHONE, type Scene, SECOND_PHONE, START_AT, startScene, textTo } from './support.js';

const DAY = 86_400_000;
const template = { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', version: 'latest', locale: 'en' };
const templateTo = (phone: string): object => ({ ...textTo(phone), body: undefined, template });

function customerWrites({ workspace, channel, contact }: Scene, address = PHONE): void {
  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, address });
}

describe('a free-form message inside the window', () => {
  it.each([
    [0, 'accepted'],
    [199, 'accepted'],
    [200, 'processing'],
    [1000, 'sent'],
    [1999, 'sent'],
    [2000, 'delivered'],
    [DAY, 'delivered'],
  ])('is after %d ms %s', async (ms, status) => {
    const scene = await startScene();
    customerWrites(scene);
    const { status: answered, body } = await scene.sendText({ reference: 'order-7' });
    expect(answered).toBe(202);
    expect(body).toMatchObject({ status: 'accepted', direction: 'outgoing', reference: 'order-7' });
    scene.sandbox.clock.advance(ms);
    const lastStatusAt = new Date(Date.parse(START_AT) + Math.min(ms, 2000)).toISOString();
    expect(scene.statusOf(body.id)).toBe(status);
    if (['processing', 'delivered'].includes(status))
      expect(scene.sandbox.messages()[0]).toMatchObject({ lastStatusAt });
  });

  it('is delivered though the window closes right after it was sent', async () => {
    const scene = await startScene();
    customerWrites(scene);
    scene.sandbox.clock.advance(DAY - 1);
    const { body } = await scene.sendText();
    scene.sandbox.clock.advance(DAY);
    expect(scene.statusOf(body.id)).toBe('delivered');
  });
});

describe('a late free-form message', () => {
  it('is accepted with 202, and fails two minutes later with the code of WhatsApp', async () => {
    const scene = await startScene();
    customerWrites(scene);
    scene.sandbox.clock.advance(DAY);
    const { status, body } = await scene.sendText();
    expect([status, body.status, body.failure]).toEqual([202, 'accepted', undefined]);
    scene.sandbox.clock.advance(119_999);
    expect(scene.statusOf(body.id)).toBe('sent');
    scene.sandbox.clock.advance(1);
    const [message] = scene.sandbox.messages();
    expect(message).toMatchObject({
      status: 'delivery_failed',
      failure: { code: 15_000, source: { name: 'whatsapp', code: '131047' } },
    });
    expect(message?.reason).toMatch(/^details: .+; reason: .+; code: 131047$/);
  });

  it('is lost though the customer writes before the failure shows', async () => {
    const scene = await startScene();
    const { body } = await scene.sendText();
    scene.sandbox.clock.advance({ minutes: 1 });
    customerWrites(scene);
    scene.sandbox.clock.advance({ minutes: 1 });
    expect(scene.statusOf(body.id)).toBe('delivery_failed');
  });

  it.each([
    ['delivery_failed', ['accepted', 'processing', 'sent', 'delivery_failed']],
    ['sending_failed', ['accepted', 'processing', 'sending_failed']],
    ['rejected', ['accepted', 'rejected']],
    [undefined, ['accepted', 'processing', 'sent', 'delivery_failed']],
  ] as const)('with lateStatus %s passes through %j', async (lateStatus, statuses) => {
    const scene = await startScene({ lateStatus, lateFailureAfterMs: 5000 });
    const { body } = await scene.sendText();
    const seen = new Set([scene.statusOf(body.id)]);
    for (let ms = 0; ms < 5000; ms += 100) {
      scene.sandbox.clock.advance(100);
      seen.add(scene.statusOf(body.id));
    }
    expect([...seen]).toEqual(statuses);
  });

  it('fails under lateFailureCode and after lateFailureAfterMs, which may be shorter than the way to sent', async () => {
    const scene = await startScene({ lateFailureCode: 15_099, lateFailureAfterMs: 500 });
    const { body } = await scene.sendText();
    scene.sandbox.clock.advance(500);
    expect(scene.sandbox.messages()[0]).toMatchObject({ status: 'delivery_failed', failure: { code: 15_099 } });
    scene.sandbox.clock.advance(DAY);
    expect(scene.statusOf(body.id)).toBe('delivery_failed');
  });

  it.each([
    ['facebook', 'facebook', '2018278'],
    ['messenger', 'facebook', '2018278'],
    ['instagram', 'instagram', '2534022'],
    ['tiktok', 'tiktok', 'window_closed'],
    ['apple-business-chat', 'apple-business-chat', 'window_closed'],
  ])('fails on %s under the source %s %s', async (platformId, name, code) => {
    const scene = await startScene({ platformId });
    await scene.sendText();
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.sandbox.messages()[0]?.failure?.source).toEqual({ name, code });
  });
});

describe('what decides', () => {
  const cases: [string, { ms: number; fields?: object; platformId?: string; ends: string }][] = [
    ['1 ms before the end', { ms: DAY - 1, ends: 'delivered' }],
    ['exactly at the end', { ms: DAY, ends: 'delivery_failed' }],
    ['a template after the end', { ms: DAY, fields: templateTo(PHONE), ends: 'delivered' }],
    ['a template by its name', { ms: DAY, fields: { body: null, template: { name: 'hello' } }, ends: 'delivered' }],
    ['a template beside a body', { ms: DAY, fields: { template }, ends: 'delivery_failed' }],
    ['a template that names nothing', { ms: DAY, fields: { body: null, template: {} }, ends: 'rejected' }],
    ['neither body nor template but null', { ms: 0, fields: { body: null }, ends: 'rejected' }],
    ['no receiver', { ms: 0, fields: { receiver: {} }, ends: 'rejected' }],
    ['a receiver without anything', { ms: 0, fields: { receiver: { contacts: [{}] } }, ends: 'rejected' }],
    ['the second number', { ms: 0, fields: textTo(SECOND_PHONE), ends: 'delivery_failed' }],
    ['both numbers', { ms: 0, fields: toBoth(), ends: 'delivery_failed' }],
    ['a platform address', { ms: 0, fields: toPlatformAddress(SECOND_PHONE), ends: 'delivery_failed' }],
    ['a platform without a window', { ms: DAY, platformId: 'sms-messagebird', ends: 'delivered' }],
    ['a platform nobody knows', { ms: DAY, platformId: 'carrier-pigeon', ends: 'delivered' }],
    ['automation on Messenger', { ms: DAY, platformId: 'facebook', ends: 'delivery_failed' }],
    ['a human', { ms: 7 * DAY - 1, platformId: 'facebook', fields: byHuman('conversation'), ends: 'delivered' }],
    ['a late human', { ms: 7 * DAY, platformId: 'facebook', fields: byHuman('conversation'), ends: 'delivery_failed' }],
    ['marketing', { ms: DAY, platformId: 'facebook', fields: byHuman('marketing'), ends: 'delivery_failed' }],
    ['a human on WhatsApp', { ms: DAY, fields: byHuman('transactional'), ends: 'delivery_failed' }],
    ['Apple, without an end', { ms: 90 * DAY, platformId: 'apple-business-chat', ends: 'delivered' }],
  ];
  it.each(cases)('%s', async (_, { ms, fields, platformId, ends }) => {
    const scene = await startScene({ platformId });
    customerWrites(scene);
    scene.sandbox.clock.advance(ms);
    const { status, body } = await scene.sendText(fields);
    expect(status).toBe(202);
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(body.id)).toBe(ends);
  });

  it.each([
    [{}, PHONE],
    [{ identifierKey: 'phonenumber', identifierValue: SECOND_PHONE }, SECOND_PHONE],
    [{ platformAddress: SECOND_PHONE }, SECOND_PHONE],
    [{ identifierValue: PHONE, platformAddress: SECOND_PHONE }, SECOND_PHONE],
    [{ identifiers: [{ identifierKey: 'phonenumber', identifierValue: SECOND_PHONE }] }, SECOND_PHONE],
  ])('an id with %j goes to %s', async (entry, address) => {
    const scene = await startScene();
    customerWrites(scene, address);
    const { body } = await scene.sendText({ receiver: { contacts: [{ id: scene.contact.id, ...entry }] } });
    expect(body.receiver.contacts).toMatchObject([{ id: scene.contact.id, platformAddress: address }]);
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(body.id)).toBe('delivered');
  });

  it.each([
    [true, 'delivered'],
    [false, 'delivery_failed'],
  ])('a permanent session %s, without a message from the customer: %s', async (value, ends) => {
    const scene = await startScene();
    scene.workspace.setPermanentSession({ channelId: scene.channel.id, contactId: scene.contact.id, value });
    const { body } = await scene.sendText();
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(body.id)).toBe(ends);
  });

  it.each([
    [{ status: 'inactive' }, 'sending_failed'],
    [{ status: 'archived' }, 'sending_failed'],
    [{ capabilities: { messaging: { messaging: { status: 'inactive' } } } }, 'sending_failed'],
    [{ status: 'preview' }, 'delivered'],
    [{ status: 'a-new-word' }, 'delivered'],
  ])('a channel with %j', async (change, ends) => {
    const scene = await startScene();
    customerWrites(scene);
    scene.workspace.setChannel(scene.channel.id, change);
    const { body } = await scene.sendText();
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(body.id)).toBe(ends);
  });

  it('creates the contact of an unknown number, who has no window', async () => {
    const scene = await startScene();
    const { body } = await scene.sendText(textTo('+12025550177'));
    const found = await scene.post('/contacts/search', { identifier: { key: 'phonenumber', value: '+12025550177' } });
    expect(found.body.results).toMatchObject([{ id: body.receiver.contacts[0].id, identifierCount: 1 }]);
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(body.id)).toBe('delivery_failed');
  });

  it('refuses an id that is no contact with 404', async () => {
    const scene = await startScene();
    const answer = await scene.sendText({ receiver: { contacts: [{ id: scene.channel.id }] } });
    expect(answer).toMatchObject({ status: 404, body: { message: expect.stringContaining('contact not found') } });
    expect(scene.sandbox.messages()).toEqual([]);
  });
});

describe('a scheduled message', () => {
  const inOneHour = '2026-01-05T10:00:00.000Z';

  it('waits for its instant and then runs its course', async () => {
    const scene = await startScene();
    customerWrites(scene);
    const { status, body } = await scene.sendText({ scheduledFor: inOneHour });
    expect([status, body.status, body.scheduledFor]).toEqual([202, 'scheduled', inOneHour]);
    scene.sandbox.clock.advance({ hours: 1 });
    expect(scene.statusOf(body.id)).toBe('scheduled');
    scene.sandbox.clock.advance(2000);
    expect(scene.statusOf(body.id)).toBe('delivered');
  });

  it.each([
    ['open now, closed then', DAY - 3_600_000, 'delivery_failed'],
    ['open 1 ms longer than it waits', DAY - 3_600_001, 'delivered'],
  ])('is judged by the window at its instant: %s', async (_, ms, ends) => {
    const scene = await startScene();
    customerWrites(scene);
    scene.sandbox.clock.advance(ms);
    const scheduledFor = new Date(scene.sandbox.clock.now() + 3_600_000).toISOString();
    const { body } = await scene.sendText({ scheduledFor });
    scene.sandbox.clock.advance({ hours: 1, minutes: 2 });
    expect(scene.statusOf(body.id)).toBe(ends);
  });

  it('gets through when the customer writes while it waits', async () => {
    const scene = await startScene();
    const { body } = await scene.sendText({ scheduledFor: inOneHour });
    scene.sandbox.clock.advance({ minutes: 30 });
    customerWrites(scene);
    scene.sandbox.clock.advance({ minutes: 32 });
    expect(scene.statusOf(body.id)).toBe('delivered');
  });

  it('of the past is sent now', async () => {
    const scene = await startScene();
    const { body } = await scene.sendText({ scheduledFor: '2026-01-05T08:00:00Z' });
    expect(body.status).toBe('accepted');
  });
});

function toBoth(): object {
  const contacts = [PHONE, SECOND_PHONE].map((identifierValue) => ({ identifierKey: 'phonenumber', identifierValue }));
  return { receiver: { contacts } };
}

function toPlatformAddress(platformAddress: string): object {
  const entry = { identifierKey: 'phonenumber', identifierValue: PHONE, platformAddress };
  return { receiver: { contacts: [entry] } };
}

function byHuman(useCase: string): object {
  return { meta: { extraInformation: { useCase } } };
}
