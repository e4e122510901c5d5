import { describe, expect, it } from 'vitest';
import { PHONE, SECOND_PHONE, startScene } from './support.js';

const DAY = 86_400_000;

describe('the contact answer', () => {
  it('says null and nothing else for a contact who has never written', async () => {
    const { window } = await startScene();
    expect(await window(PHONE)).toMatchObject({ status: 200, body: { serviceWindowExpireAt: null } });
    expect(Object.keys((await window(PHONE)).body)).toEqual(['serviceWindowExpireAt']);
  });

  it('shows the end of the window 24 h after a WhatsApp message', async () => {
    const { window, workspace, channel, contact, sandbox } = await startScene();
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const { body } = await window(PHONE);
    expect(body.serviceWindowExpireAt).toBe(new Date(sandbox.clock.now() + DAY).toISOString());
  });

  it('moves the end with another message', async () => {
    const { window, workspace, channel, contact, sandbox } = await startScene();
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    sandbox.clock.advance({ hours: 5 });
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    expect((await window(PHONE)).body.serviceWindowExpireAt).toBe('2026-01-06T14:00:00.000Z');
  });

  it("does not open a contact's second number by a message from the first", async () => {
    const { window, workspace, channel, contact } = await startScene();
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, address: PHONE });
    expect((await window(SECOND_PHONE)).body.serviceWindowExpireAt).toBeNull();
  });

  it.each([undefined, ''])('takes the first identifier of the kind when the value is %j', async (address) => {
    const { window, workspace, channel, contact } = await startScene();
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, address: PHONE });
    expect((await window(address)).body.serviceWindowExpireAt).toBe('2026-01-06T09:00:00.000Z');
  });

  it.each([
    ['sms-messagebird', null],
    ['facebook', '2026-01-06T09:00:00.000Z'],
    ['tiktok', '2026-01-07T09:00:00.000Z'],
    ['apple-business-chat', null],
    ['some-new-platform', null],
  ])('reports for %s after a message: %s', async (platformId, end) => {
    const { window, workspace, channel, contact } = await startScene({ platformId });
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    expect((await window()).body.serviceWindowExpireAt).toBe(end);
  });

  it.each([
    ['null', DAY - 1, '2026-01-06T09:00:00.000Z'],
    ['null', DAY, null],
    ['past', DAY, '2026-01-06T09:00:00.000Z'],
    [null, DAY - 1, '2026-01-06T09:00:00.000Z'],
    [null, DAY, null],
    [undefined, DAY, null],
  ] as const)('with closedWindow %s, %d ms after the message: %s', async (closedWindow, ms, end) => {
    const { window, workspace, channel, contact, sandbox } = await startScene({ closedWindow });
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    sandbox.clock.advance(ms);
    expect((await window(PHONE)).body.serviceWindowExpireAt).toBe(end);
  });

  it('says null for a window that was never open, even with closedWindow past', async () => {
    const { window } = await startScene({ closedWindow: 'past' });
    expect((await window(PHONE)).body.serviceWindowExpireAt).toBeNull();
  });

  it.each([true, false])('carries isPermanentSession %s when the switch says so', async (permanentSession) => {
    const { window } = await startScene({ permanentSession });
    expect((await window(PHONE)).body).toEqual({ serviceWindowExpireAt: null, isPermanentSession: permanentSession });
  });

  it('carries isPermanentSession for one address alone', async () => {
    const { window, workspace, channel, contact } = await startScene();
    workspace.setPermanentSession({ channelId: channel.id, contactId: contact.id, value: true });
    expect((await window(PHONE)).body.isPermanentSession).toBe(true);
    expect((await window(SECOND_PHONE)).body).not.toHaveProperty('isPermanentSession');
  });

  it('shows a message only after readLagMs, and the one before until then', async () => {
    const { window, workspace, channel, contact, sandbox } = await startScene({ readLagMs: 2000 });
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    sandbox.clock.advance({ hours: 1 });
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    sandbox.clock.advance(1999);
    expect((await window(PHONE)).body.serviceWindowExpireAt).toBe('2026-01-06T09:00:00.000Z');
    sandbox.clock.advance(1);
    expect((await window(PHONE)).body.serviceWindowExpireAt).toBe('2026-01-06T10:00:00.000Z');
  });

  it('is refused with 403 when the key lacks the permission, on this path alone', async () => {
    const { window, get, channel, sandbox } = await startScene({ contactAccess: 'forbidden' });
    expect(await window(PHONE)).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
    expect((await get(`/channels/${channel.id}`)).status).toBe(200);
    sandbox.set({ contactAccess: undefined });
    expect((await window(PHONE)).status).toBe(200);
  });

  it.each([
    ['channel', (_: string, contactId: string) => `/channels/${contactId}/contacts/${contactId}`],
    ['contact', (channelId: string) => `/channels/${channelId}/contacts/${channelId}`],
  ])('is 404 in the words of Bird for an unknown %s', async (resource, pathOf) => {
    const { get, channel, contact } = await startScene();
    expect(await get(pathOf(channel.id, contact.id))).toMatchObject({
      status: 404,
      body: { message: `The requested resource does not exist: ${resource} not found` },
    });
  });
});
