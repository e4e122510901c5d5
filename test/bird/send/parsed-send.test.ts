import { describe, expect, it } from 'vitest';
import { asFreeform, type ConversationSend, parseSend, withConversation } from '../../../src/bird/send/parsed-send.js';
import type { SendRequest } from '../../../src/bird/send/send-request.js';

const WS = '11111111-1111-4111-8111-111111111111';
const CH = '22222222-2222-4222-8222-222222222222';
const CV = '33333333-3333-4333-8333-333333333333';
const contact = { identifierKey: 'phonenumber', identifierValue: '+12025550123' };
const other = { identifierKey: 'phonenumber', identifierValue: '+12025550199' };
const at = Date.UTC(2026, 0, 5, 9);
const inText = '2026-01-05T10:00:00Z';

describe('when a send will be sent', () => {
  it.each([
    ['at the instant of the send', { sendAt: at }, at],
    ['at the instant of the send, not of its message', { sendAt: at, message: { body: {}, scheduledFor: inText } }, at],
    ['at the instant of its message', { message: { body: {}, scheduledFor: inText } }, Date.parse(inText)],
    ['at once', {}, undefined],
    ['at an instant that cannot be read', { sendAt: 'tomorrow' as never }, 'unreadable'],
  ])('%s', (_, change: Partial<SendRequest>, sendAt) => {
    expect(parseSend({ workspaceId: WS, channelId: CH, contact, ...change })).toMatchObject({
      kind: 'freeform',
      sendAt,
    });
  });
});

describe('a send into a conversation', () => {
  const send: SendRequest = { workspaceId: WS, conversationId: CV };
  const parsed = parseSend(send) as ConversationSend;
  const addressOf = (contacts: readonly object[], recipient?: unknown): unknown =>
    withConversation({ ...parsed, recipient }, { channelId: CH, contacts } as never);

  it('is not decided by its conversation where its channel cannot be read', () => {
    expect(parsed).toMatchObject({ kind: 'conversation', conversationId: CV });
    expect(parseSend({ ...send, channelId: 'x' })).toMatchObject({ kind: 'undecidable', reason: 'bad_id' });
  });

  it('needs the window of its recipient, else of the only contact of the conversation', () => {
    expect(addressOf([contact])).toMatchObject({ channelId: CH, target: { key: { address: '+12025550123' } } });
    expect(addressOf([contact], other)).toMatchObject({ target: { key: { address: '+12025550199' } } });
    expect(addressOf([contact, other])).toMatchObject({ kind: 'freeform', target: 'address_unresolved' });
    expect(addressOf([])).toMatchObject({ kind: 'freeform', target: 'address_unresolved' });
  });

  it('cannot be decided where the id of its contact is none', () => {
    const undecidable = { kind: 'undecidable', workspaceId: WS, channelId: CH, reason: 'bad_id' };
    expect(addressOf([{ id: 'x' }])).toEqual(undecidable);
  });
});

it('a template is no free text where its channel or its contact cannot be read', () => {
  const message = { template: { name: 'order_update' } };
  const freeform = (send: Partial<SendRequest>): unknown => {
    const parsed = parseSend({ workspaceId: WS, message, contact, ...send });
    return parsed.kind === 'template' ? asFreeform(parsed) : parsed.kind;
  };
  expect(freeform({ channelId: CH })).toMatchObject({ kind: 'freeform', channelId: CH });
  expect(freeform({ conversationId: CV })).toBeUndefined();
  expect(freeform({ channelId: CH, contact: { id: 'x' } })).toBeUndefined();
});
