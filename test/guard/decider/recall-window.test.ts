import { expect, it } from 'vitest';
import type { SendRequest } from '../../../src/bird/send/send-request.js';
import { id, inConversation, isOpen, nobody, send, setUp, template, unloaded } from './support.js';

it('the window of a send that somebody looks at is judged by its policy, but to its own end', () => {
  const { decider, policy } = setUp({ ...isOpen, options: { safetyMarginMs: 5_000, trustPermanentSession: false } });
  expect(decider.recallWindow(send)).toMatchObject({
    parsed: { kind: 'freeform', target: { contactId: id } },
    policy: { ...policy, safetyMarginMs: 0 },
  });
});

it('the window of a conversation is known while its place is remembered', () => {
  const { decider } = setUp({ ...isOpen, isPlaceKnown: true });
  expect(decider.recallWindow(inConversation)?.parsed).toMatchObject({ channelId: id, target: { contactId: id } });
});

it.each<[string, SendRequest]>([
  ['that cannot be read', { ...send, contact: { id: 'x' } }],
  ['in a workspace that has no id', { ...send, workspaceId: 'x' }],
  ['in a workspace that nobody knows', { ...send, workspaceId: nobody }],
  ['in a workspace that has to be asked for', { ...send, workspaceId: unloaded }],
  ['into a conversation whose place has to be read', inConversation],
  ['of a template', template],
])('there is no window of a send %s', (_, one) => {
  expect(setUp(isOpen).decider.recallWindow(one)).toBeUndefined();
});
