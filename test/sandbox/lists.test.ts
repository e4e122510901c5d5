import { describe, expect, it } from 'vitest';
import { PHONE, startScene, textTo } from './support.js';

const idsOf = (items: { id: string }[]): string[] => items.map(({ id }) => id);

describe('the list of channels', () => {
  it('is paged from first to last, ten by default, with no token on the last page', async () => {
    const { get, workspace, channel } = await startScene();
    const others = Array.from({ length: 11 }, () => workspace.addChannel({ platformId: 'whatsapp' }));
    const first = await get('/channels');
    const second = await get(`/channels?pageToken=${first.body.nextPageToken}`);
    expect(first.body.results).toHaveLength(10);
    expect(second.body).not.toHaveProperty('nextPageToken');
    expect(idsOf([...first.body.results, ...second.body.results])).toEqual(idsOf([channel, ...others]));
  });

  it('keeps its place when channels are added between two pages', async () => {
    const { get, workspace, channel } = await startScene();
    const next = workspace.addChannel({ platformId: 'whatsapp' });
    const { body } = await get('/channels?limit=1');
    expect(idsOf(body.results)).toEqual([channel.id]);
    workspace.addChannel({ platformId: 'whatsapp' });
    expect(idsOf((await get(`/channels?limit=1&pageToken=${body.nextPageToken}`)).body.results)).toEqual([next.id]);
  });

  it('goes backwards with reverse', async () => {
    const { get, workspace, channel } = await startScene();
    const last = workspace.addChannel({ platformId: 'whatsapp' });
    expect(idsOf((await get('/channels?reverse=true')).body.results)).toEqual([last.id, channel.id]);
  });

  it.each([
    ['', ['whatsapp', 'sms-messagebird', 'email-sparkpost']],
    ['?status=active', ['whatsapp', 'email-sparkpost']],
    ['?status=inactive', ['sms-messagebird']],
    ['?platform=whatsapp', ['whatsapp']],
    ['?platform=whatsapp&platform=email-sparkpost', ['whatsapp', 'email-sparkpost']],
    ['?platform=whatsapp&status=inactive', []],
    ['?limit=1000', ['whatsapp', 'sms-messagebird', 'email-sparkpost']],
  ])('with %j holds %j', async (query, platformIds) => {
    const { get, workspace } = await startScene();
    workspace.addChannel({ platformId: 'sms-messagebird', status: 'inactive' });
    workspace.addChannel({ platformId: 'email-sparkpost' });
    const { body } = await get(`/channels${query}`);
    expect(body.results.map(({ platformId }: { platformId: string }) => platformId)).toEqual(platformIds);
  });

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'limit=1.5', 'pageToken=nonsense'])('refuses %s', async (query) => {
    const { get } = await startScene();
    const [field = ''] = query.split('=');
    const answer = await get(`/channels?${query}`);
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'InvalidPayload', details: { [field]: [expect.any(String)] } },
    });
  });
});

describe('a channel', () => {
  it('is the object that addChannel returned, until it is changed', async () => {
    const { get, workspace, channel, sandbox } = await startScene();
    expect((await get(`/channels/${channel.id}`)).body).toEqual(channel);
    sandbox.clock.advance({ minutes: 1 });
    const changed = workspace.setChannel(channel.id, { status: 'inactive' });
    expect(changed).toEqual({ ...channel, status: 'inactive', updatedAt: '2026-01-05T09:01:00.000Z' });
    expect((await get(`/channels/${channel.id}`)).body).toEqual(changed);
  });

  it('takes any of its fields at creation', async () => {
    const { workspace } = await startScene();
    const options = { platformId: 'facebook', identifier: '509207435603226', status: 'preview', suites: ['service'] };
    expect(workspace.addChannel(options)).toMatchObject(options);
  });

  it.each([
    ['whatsapp', /^\+1202555\d{4}$/],
    ['sms-messagebird', /^\+1202555\d{4}$/],
    ['email-sparkpost', /@example\.invalid$/],
    ['instagram', /^\d{15}$/],
  ])('on %s has an identifier of its kind', async (platformId, pattern) => {
    const { workspace } = await startScene();
    expect(workspace.addChannel({ platformId }).identifier).toMatch(pattern);
  });
});

describe('the contact search', () => {
  it.each([
    ['the identifier', { identifier: { key: 'phonenumber', value: PHONE } }, 1],
    ['the platform address', { platformAddress: PHONE }, 1],
    ['another key', { identifier: { key: 'emailaddress', value: PHONE } }, 0],
    ['another value', { identifier: { key: 'phonenumber', value: `${PHONE}0` } }, 0],
  ])('by %s', async (_, body, count) => {
    const { post, contact } = await startScene();
    const answer = await post('/contacts/search', body);
    expect(answer).toEqual({ status: 200, headers: expect.anything(), body: { results: Array(count).fill(contact) } });
  });

  it('is 404 for an unknown identifier when the switch says so', async () => {
    const { post } = await startScene({ unknownContact: '404' });
    const answer = await post('/contacts/search', { platformAddress: '+1' });
    expect(answer).toMatchObject({ status: 404, body: { message: expect.stringContaining('contact not found') } });
  });

  it.each([{}, { identifier: { key: 'phonenumber' } }, []])('refuses %j', async (body) => {
    const { post } = await startScene();
    expect((await post('/contacts/search', body)).body.details).toHaveProperty('identifier');
  });
});

describe("a contact's identifiers", () => {
  it('are listed in pages', async () => {
    const { get, workspace } = await startScene();
    const identifiers = [
      { key: 'facebookid-1', value: '7013' },
      { key: 'phonenumber', value: '+12025550199' },
    ];
    const { id } = workspace.addContact({ identifiers });
    expect((await get(`/contacts/${id}/identifiers?limit=100`)).body).toEqual({ results: identifiers });
    const first = await get(`/contacts/${id}/identifiers?limit=1`);
    expect(first.body.results).toEqual(identifiers.slice(0, 1));
    const next = await get(`/contacts/${id}/identifiers?limit=1&pageToken=${first.body.nextPageToken}`);
    expect(next.body).toEqual({ results: identifiers.slice(1) });
    expect((await get(`/contacts/${id}/identifiers?limit=101`)).status).toBe(422);
  });

  it('of nobody are 404', async () => {
    const { get, channel } = await startScene();
    expect((await get(`/contacts/${channel.id}/identifiers`)).status).toBe(404);
  });
});

describe('messages', () => {
  it('are found by id, in their own channel only', async () => {
    const { get, sendText, channel, workspace, sandbox } = await startScene();
    const { body } = await sendText();
    sandbox.clock.advance(200);
    expect((await get(`/channels/${channel.id}/messages/${body.id}`)).body).toMatchObject({ status: 'processing' });
    const other = workspace.addChannel({ platformId: 'whatsapp' });
    for (const path of [`${other.id}/messages/${body.id}`, `${channel.id}/messages/nothing`, 'nowhere/messages/1']) {
      expect((await get(`/channels/${path}`)).status).toBe(404);
    }
  });

  it('are listed in both directions, by channel or for the workspace, with the span of the page', async () => {
    const { get, sendText, workspace, channel, contact, sandbox } = await startScene();
    const inbound = workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    sandbox.clock.advance({ minutes: 1 });
    const { body: sent } = await sendText();
    const other = workspace.addChannel({ platformId: 'whatsapp' });
    const elsewhere = workspace.receiveInbound({ channelId: other.id, contactId: contact.id });
    const { body } = await get(`/channels/${channel.id}/messages`);
    expect(idsOf(body.results)).toEqual([inbound.id, sent.id]);
    expect(body).toMatchObject({ startAt: '2026-01-05T09:00:00.000Z', endAt: '2026-01-05T09:01:00.000Z' });
    expect(idsOf((await get('/channels/messages')).body.results)).toEqual([inbound.id, sent.id, elsewhere.id]);
    expect(idsOf((await get(`/channels/${channel.id}/messages?reverse=true&limit=1`)).body.results)).toEqual([sent.id]);
    expect((await get('/channels/nowhere/messages')).status).toBe(404);
    expect((await get('/channels/messages?limit=101')).status).toBe(422);
  });

  it('of every workspace are in messages(), those that were sent', async () => {
    const { sandbox, sendText, workspace, channel, contact } = await startScene();
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const { body } = await sendText();
    expect(sandbox.messages()).toEqual([body]);
  });
});

describe('a batch', () => {
  it.each([
    [0, 400],
    [1, 202],
    [100, 202],
    [101, 400],
  ])('of %d messages is %d', async (length, status) => {
    const { post, channel, sandbox } = await startScene();
    const messageRequests = Array.from({ length }, () => textTo(PHONE));
    expect((await post(`/channels/${channel.id}/batch/messages`, { messageRequests })).status).toBe(status);
    expect(sandbox.messages()).toHaveLength(status === 202 ? length : 0);
  });

  it('is judged message by message, invalid ones after the answer', async () => {
    const { post, channel, contact, workspace, sandbox } = await startScene();
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const messageRequests = [
      textTo(PHONE),
      textTo('+12025550150'),
      { ...textTo('+12025550151'), body: undefined, template: { name: 'hello' } },
      { ...textTo(PHONE), text: 'unknown field' },
      { ...textTo(PHONE), receiver: { contacts: [{ id: 'nobody' }] } },
      'nothing',
    ];
    const { status, body } = await post(`/channels/${channel.id}/batch/messages`, { messageRequests });
    expect([status, body]).toEqual([202, { id: expect.any(String) }]);
    expect(new Set(sandbox.messages().map((message) => message.status))).toEqual(new Set(['accepted']));
    sandbox.clock.advance({ minutes: 2 });
    const ends = sandbox.messages().map((message) => [message.status, message.failure?.code]);
    expect(ends).toEqual([
      ['delivered', undefined],
      ['delivery_failed', 15_000],
      ['delivered', undefined],
      ['rejected', 11_002],
      ['rejected', 11_002],
      ['rejected', 11_002],
    ]);
  });

  it('is 404 on a channel that is not there', async () => {
    const { post } = await startScene();
    expect((await post('/channels/nowhere/batch/messages', { messageRequests: [textTo(PHONE)] })).status).toBe(404);
  });
});
