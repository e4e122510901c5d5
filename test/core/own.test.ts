import { createGuard } from 'freeform-guard';
import { describe, expect, test } from 'vitest';
import { readRecipient } from '../../src/bird/send/address.js';
import { readSends } from '../../src/bird/send/send-request.js';
import { createWorld, PHONE, templateMessage, textMessage } from '../support/world.js';

const CLOSED = '+31687654321';
const WS = '11111111-1111-4111-8111-111111111111';
const CH = '22222222-2222-4222-8222-222222222222';
const open = { identifierKey: 'phonenumber', identifierValue: PHONE };
const closed = { identifierKey: 'phonenumber', identifierValue: CLOSED };

describe('a second spelling that Bird may follow', () => {
  test.each([
    ['of the receiver', textMessage({ Receiver: { contacts: [closed] } })],
    ['of the contacts', textMessage({ receiver: { contacts: [open], Contacts: [closed] } })],
    ['of the address', textMessage({ receiver: { contacts: [{ ...open, PlatformAddress: CLOSED }] } })],
    ['of the contacts, as Go folds it', textMessage({ receiver: { contacts: [open], contactſ: [closed] } })],
    ['of the address, as Go folds it', textMessage({ receiver: { contacts: [{ ...open, platformAddreſs: CLOSED }] } })],
    ['of the identifier, as Go folds it', textMessage({ receiver: { contacts: [{ ...open, identifierKey: 'x' }] } })],
    ['of the identifier', textMessage({ receiver: { contacts: [{ ...open, IDENTIFIERVALUE: CLOSED }] } })],
  ])('%s: whose window it is is not known, though the first one is open', async (_name, body) => {
    const world = await createWorld();
    world.customerWrites();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send' });
    const url = `/workspaces/${world.workspace.id}/channels/${world.channel.id}/messages`;
    const [send] = readSends({ method: 'POST', url, body }) ?? [];
    expect(await world.guard.check(send ?? world.send())).toMatchObject({
      decision: { verdict: 'unknown', reason: 'address_unresolved' },
    });
  });

  test('is none where the keys differ in more than their case', () => {
    expect(readRecipient({ ...open, name: 'Ada', idx: 1 })).toMatchObject({ address: PHONE });
  });
});

test.each(['MessageRequests', 'meſsageRequests'])(
  'a second list of messages, %s, leaves the whole batch unread (field A17)',
  (key) => {
    const url = `/workspaces/${WS}/channels/${CH}/batch/messages`;
    const messages = [textMessage({ receiver: { contacts: [open] } })];
    expect(readSends({ method: 'POST', url, body: { messageRequests: messages } })).toMatchObject([{ contact: open }]);
    const body = { messageRequests: messages, [key]: [textMessage({ receiver: { contacts: [closed] } })] };
    expect(readSends({ method: 'POST', url, body })).toEqual([{ workspaceId: WS, channelId: CH, message: null }]);
  },
);

test('a batch key in a single message does not make it a batch: the path says what it is', () => {
  const url = `/workspaces/${WS}/channels/${CH}/messages`;
  const body = textMessage({ messageRequests: [templateMessage()] });
  const params = { workspaceId: WS, channelId: CH };
  expect(readSends({ method: 'POST', url, params, route: {}, body })).toMatchObject([{ message: body }]);
});

test('one request to thousands of strangers leaves Bird’s POSTs to the sends', async () => {
  const world = await createWorld();
  const strangers = Array.from({ length: 3_000 }, (_, index) =>
    world.send({ contact: { identifierKey: 'phonenumber', identifierValue: `+3168${1_000_000 + index}` } }),
  );
  const answered = world.guard.checkAll(strangers);
  await expect.poll(() => world.sandbox.requests().filter(({ kind }) => kind === 'search').length).toBe(50);
  world.sandbox.clock.advance({ seconds: 1 });
  const outcomes = await answered;
  expect(world.sandbox.requests().filter(({ kind }) => kind === 'search').length).toBeLessThanOrEqual(150);
  expect(outcomes.filter(({ decision }) => decision.verdict === 'deny').length).toBeLessThanOrEqual(50);
});

test('a key that stands where an id belongs is not printed', () => {
  const secret = 'a-secret-access-key';
  const create = (): unknown => createGuard({ workspaces: { [secret]: { accessKey: secret } } });
  expect(create).toThrow(/a workspace id must be a UUID/);
  expect(create).not.toThrow(new RegExp(secret));
});

test.each(['ScheduledFor', 'scheduledfor', 'ſcheduledFor'])(
  'a second spelling of the schedule, %s, makes an open window unknown (field A17)',
  async (key) => {
    const world = await createWorld();
    world.customerWrites();
    const message = textMessage({ [key]: new Date(world.sandbox.clock.now() + 48 * 3_600_000).toISOString() });
    expect((await world.guard.check(world.send({ message }))).decision).toMatchObject({
      verdict: 'unknown',
      reason: 'unclassified_message',
    });
  },
);

test.each(['body', 'BODY', 'teſt', 'liſt', 'carouſel'])('a template beside %s', async (key) => {
  const isContent = key !== 'teſt';
  const world = await createWorld();
  const outcome = await world.guard.check(world.send({ message: templateMessage({ [key]: { type: 'text' } }) }));
  expect(outcome.action).toBe(isContent ? 'block' : 'send');
});
