import { describe, expect, it } from 'vitest';
import { PHONE, type Reply, request, START_AT, startSandbox, startScene, textTo } from './support.js';

describe('access', () => {
  it.each([
    ['no header', undefined],
    ['another scheme', 'Bearer abc'],
    ['no key', 'AccessKey'],
    ['a key that is not known', 'AccessKey abc'],
  ])('with %s is 401', async (_, authorization) => {
    const { sandbox, workspace } = await startScene();
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${sandbox.url}/workspaces/${workspace.id}/channels`, { headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ code: 'Unauthorized', message: expect.any(String) });
  });

  it("with another workspace's key is 403, whether the workspace exists or not", async () => {
    const { sandbox, workspace } = await startScene();
    const { accessKey } = sandbox.addWorkspace();
    for (const id of [workspace.id, 'nowhere']) {
      expect((await request(`${sandbox.url}/workspaces/${id}/channels`, accessKey)).status).toBe(403);
    }
  });

  it('moves to the new key when it is rotated, and ends when it is revoked', async () => {
    const { sandbox, workspace } = await startScene();
    const url = `${sandbox.url}/workspaces/${workspace.id}/channels`;
    const old = workspace.accessKey;
    const fresh = workspace.rotateKey();
    expect(workspace.accessKey).toBe(fresh);
    expect([(await request(url, old)).status, (await request(url, fresh)).status]).toEqual([401, 200]);
    workspace.revokeKey();
    expect([(await request(url, fresh)).status, workspace.accessKey]).toEqual([401, '']);
  });
});

describe('paths and methods', () => {
  it.each(['/', '/channels', '/workspaces', '/workspaces/x/navigators/y/messages'])('%s is 404', async (path) => {
    const { url } = await startSandbox();
    expect((await request(url + path, 'any')).status).toBe(404);
  });

  it('that do not go together are 405 with the methods that would', async () => {
    const { sandbox, workspace, channel, get } = await startScene();
    expect((await get('/contacts/search')).headers.get('allow')).toBe('POST');
    const url = `${sandbox.url}/workspaces/${workspace.id}/channels/${channel.id}/messages`;
    const response = await fetch(url, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET']);
  });

  it('take a trailing slash, and refuse what cannot be decoded with 400', async () => {
    const { get, channel } = await startScene();
    expect((await get(`/channels/${channel.id}/`)).body.id).toBe(channel.id);
    expect((await get('/channels/%E0%A4%A')).status).toBe(400);
  });
});

describe('bodies', () => {
  it.each([
    ['that are not JSON', '{"receiver":', 400, 'BadRequest'],
    ['over 1 MiB', `"${'x'.repeat(1024 * 1024 - 1)}"`, 413, 'PayloadTooLarge'],
    ['of 1 MiB', `"${'x'.repeat(1024 * 1024 - 2)}"`, 422, 'InvalidPayload'],
    ['that are empty', '', 422, 'InvalidPayload'],
  ])('%s', async (_, body, status, code) => {
    const { post, channel } = await startScene();
    expect(await post(`/channels/${channel.id}/messages`, body)).toMatchObject({ status, body: { code } });
  });

  const contacts = [{ identifierValue: PHONE }];
  const refused: [string, unknown][] = [
    ['message', []],
    ['message', { ...textTo(PHONE), contactId: 'x' }],
    ['receiver', { body: textTo(PHONE).body }],
    ['receiver', { ...textTo(PHONE), receiver: { contacts: {} } }],
    ['receiver', { ...textTo(PHONE), receiver: { contacts, groups: [] } }],
    ['receiver', { ...textTo(PHONE), receiver: { contacts: [{ phonenumber: PHONE }] } }],
    ['body', { receiver: { contacts } }],
    ['body', { receiver: { contacts }, body: { text: 'no type' } }],
    ['body', { receiver: { contacts }, body: { type: 'template' } }],
    ['body', { receiver: { contacts }, body: 'text' }],
    ['template', { receiver: { contacts }, template: 'hello' }],
    ['template', { receiver: { contacts }, template: { templateName: 'hello' } }],
    ['scheduledFor', { ...textTo(PHONE), scheduledFor: 'tomorrow' }],
    ['scheduledFor', { ...textTo(PHONE), scheduledFor: '2026-02-09T09:00:01Z' }],
  ];
  it.each(refused)('with a wrong %s are 422 with the field: %j', async (field, body) => {
    const { post, channel, sandbox } = await startScene();
    const answer = await post(`/channels/${channel.id}/messages`, body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'InvalidPayload', message: expect.any(String) } });
    expect(answer.body.details).toEqual({ [field]: [expect.any(String)] });
    expect(sandbox.messages()).toEqual([]);
  });

  it.each([
    ['template: null', { receiver: { contacts }, template: null }],
    ['a schedule 35 days ahead', { ...textTo(PHONE), scheduledFor: '2026-02-09T09:00:00Z' }],
    ['every other field', { ...textTo(PHONE), tags: ['a'], validity: 600, notification: { url: 'https://a.example' } }],
  ])('with %s are accepted, as in the schema of Bird', async (_, body) => {
    const { post, channel } = await startScene();
    expect((await post(`/channels/${channel.id}/messages`, body)).status).toBe(202);
  });
});

describe('the date header', () => {
  it('follows the clock of the sandbox, in answers and refusals', async () => {
    const { sandbox, get } = await startScene();
    sandbox.clock.advance({ days: 30 });
    for (const path of ['/channels', '/nothing']) {
      expect((await get(path)).headers.get('date')).toBe('Wed, 04 Feb 2026 09:00:00 GMT');
    }
  });
});

describe('the request log', () => {
  it('has one entry for each request, with its kind and status and no query', async () => {
    const { sandbox, workspace, channel, contact, get, window, sendText, post } = await startScene();
    await get('/channels?limit=5');
    await get(`/channels/${channel.id}`);
    sandbox.clock.advance(10);
    await window(PHONE);
    await sendText();
    await post('/contacts/search', {});
    await get('/elsewhere');
    const base = `/workspaces/${workspace.id}`;
    const at = Date.parse(START_AT);
    expect(sandbox.requests()).toEqual([
      { method: 'GET', path: `${base}/channels`, kind: 'channels', at, status: 200 },
      { method: 'GET', path: `${base}/channels/${channel.id}`, kind: 'channel', at, status: 200 },
      {
        method: 'GET',
        path: `${base}/channels/${channel.id}/contacts/${contact.id}`,
        kind: 'contact',
        at: at + 10,
        status: 200,
      },
      { method: 'POST', path: `${base}/channels/${channel.id}/messages`, kind: 'send', at: at + 10, status: 202 },
      { method: 'POST', path: `${base}/contacts/search`, kind: 'search', at: at + 10, status: 422 },
      { method: 'GET', path: `${base}/elsewhere`, kind: 'unknown', at: at + 10, status: 404 },
    ]);
  });
});

describe('the rate limit', () => {
  it('answers 50 reads in a second and refuses the 51st, without Retry-After', async () => {
    const { get } = await startScene();
    const answers = await Promise.all(Array.from({ length: 51 }, () => get('/channels')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.body).toEqual({ code: 'TooManyRequests', message: expect.any(String) });
    expect(refused[0]?.headers.has('retry-after')).toBe(false);
  });

  it('slides: a read counts for 1000 ms, and a refused one not at all', async () => {
    const { get, sandbox } = await startScene({ readsPerSecond: 2 });
    const statuses: number[] = [];
    for (const ms of [0, 500, 0, 499, 1, 0, 499, 1, 0]) {
      sandbox.clock.advance(ms);
      statuses.push((await get('/channels')).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 200, 429, 429, 200, 429]);
    expect(sandbox.readsInBusiestSecond()).toBe(6);
  });

  it('counts for the workspace over all its channels, and for each workspace by itself', async () => {
    const { get, channel, workspace, sandbox } = await startScene({ readsPerSecond: 1 });
    const other = workspace.addChannel({ platformId: 'sms-messagebird' });
    const second = sandbox.addWorkspace();
    expect((await get(`/channels/${channel.id}`)).status).toBe(200);
    expect((await get(`/channels/${other.id}`)).status).toBe(429);
    expect((await request(`${sandbox.url}/workspaces/${second.id}/channels`, second.accessKey)).status).toBe(200);
  });

  it('counts sends apart from reads, the search among the sends, and does not process what it refuses', async () => {
    const { sendText, post, get, sandbox } = await startScene({ sendsPerSecond: 2 });
    await post('/contacts/search', { identifier: { key: 'phonenumber', value: PHONE } });
    expect((await sendText()).status).toBe(202);
    expect((await sendText()).status).toBe(429);
    expect((await get('/channels')).status).toBe(200);
    expect(sandbox.messages()).toHaveLength(1);
    sandbox.clock.advance({ seconds: 1 });
    expect((await sendText()).status).toBe(202);
  });

  it('allows 500 sends in a second by default', async () => {
    const { post } = await startScene();
    const search = (): Promise<Reply> => post('/contacts/search', { platformAddress: PHONE });
    const answers = await Promise.all(Array.from({ length: 501 }, search));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1);
  });

  it('carries the Retry-After that is set, and can be changed or lifted at run time', async () => {
    const { get, sandbox } = await startScene({ readsPerSecond: 0, retryAfter: '2' });
    expect((await get('/channels')).headers.get('retry-after')).toBe('2');
    sandbox.set({ readsPerSecond: Number.POSITIVE_INFINITY });
    const answers = await Promise.all(Array.from({ length: 60 }, () => get('/channels')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
});
