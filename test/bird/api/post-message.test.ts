import { expect, it } from 'vitest';
import { postMessage } from '../../../src/bird/api/post-message.js';
import { createClock } from '../../../src/sandbox/clock.js';

const WORKSPACE = '11111111-1111-4111-8111-11111111111a';
const CHANNEL = '11111111-1111-4111-8111-11111111111b';
const CONVERSATION = '11111111-1111-4111-8111-11111111111c';

async function post(status: number, conversationId?: string): Promise<{ result: unknown; urls: string[] }> {
  const urls: string[] = [];
  const fetch = async (url: unknown): Promise<Response> => {
    urls.push(String(url));
    // A `Response` that is made here has no status below 200; that of a hidden redirect has 0.
    return { status, headers: new Headers(), body: null } as Response;
  };
  const options = { baseUrl: 'https://api.bird.com', accessKey: () => 'key', fetch, clock: createClock(0) };
  const message = { workspaceId: WORKSPACE, channelId: CHANNEL, conversationId, message: { body: {} } };
  const result = await postMessage(options, message, 100).catch((error: unknown) => error);
  return { result, urls };
}

it.each([
  [200, 'accepted'],
  [202, 'accepted'],
  [299, 'accepted'],
  [400, 'rejected'],
  [404, 'rejected'],
  [409, 'rejected'],
  [413, 'rejected'],
  [422, 'rejected'],
])('a message that Bird answers with %i is %s', async (status, expected) => {
  expect((await post(status)).result).toBe(expected);
});

it.each([0, 199, 300, 302, 401, 403, 408, 429, 500, 503])(
  'of a message that Bird answers with %i it is not known whether it goes',
  async (status) => {
    const message = expect.stringContaining(` ${status}`);
    expect((await post(status)).result).toMatchObject({ name: 'LookupError', code: 'lookup_failed', message });
  },
);

it('a message goes to its conversation, or else to its channel', async () => {
  const workspace = `https://api.bird.com/workspaces/${WORKSPACE}`;
  expect((await post(202)).urls).toEqual([`${workspace}/channels/${CHANNEL}/messages`]);
  expect((await post(202, CONVERSATION)).urls).toEqual([`${workspace}/conversations/${CONVERSATION}/messages`]);
});
