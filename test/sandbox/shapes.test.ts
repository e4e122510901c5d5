import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startScene } from './support.js';

/** Bird's own examples. What the sandbox answers has to have the same keys, at every depth. */
function example(name: string): unknown {
  const file = new URL(`../fixtures/bird/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Stands in Bird's examples for keys that anybody may choose. */
const ANY_KEY = 'ANY_ADDITIONAL_PROPERTY';

/** The paths of all keys, lists by their first item: `receiver.contacts[].id`. */
function keysOf(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : keysOf(value[0], `${prefix}[]`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => key !== ANY_KEY)
    .flatMap(([key, child]) => [`${prefix}.${key}`, ...keysOf(child, `${prefix}.${key}`)])
    .toSorted();
}

describe('has the keys of the example from Bird', () => {
  it('a channel', async () => {
    const { channel } = await startScene();
    const keys = keysOf(channel);
    // Lists that a fresh channel leaves empty.
    const items = keysOf(example('channel.response.docs')).filter(
      (key) => !/^\.(settings|connectionParams)\[\]/.test(key),
    );
    expect(keys).toEqual(items);
  });

  it('the list of channels', async () => {
    const { get } = await startScene();
    const { body } = await get('/channels?limit=1');
    expect(['nextPageToken', ...Object.keys(body)].toSorted()).toEqual(
      Object.keys(example('channels-list.response.docs') as object).toSorted(),
    );
  });

  it.each([
    ['channel-contact.response.docs-2024', true],
    ['channel-contact.response.docs-2024', false],
  ])('the contact answer, %s with isPermanentSession %s', async (name, permanentSession) => {
    const { window } = await startScene({ permanentSession });
    expect(keysOf((await window()).body)).toEqual(keysOf(example(name)));
  });

  it('the contact search', async () => {
    const { post, workspace } = await startScene();
    const search = example('contacts-search.request.docs') as { identifier: { key: string; value: string } };
    workspace.addContact({ identifiers: [search.identifier] });
    const { body } = await post('/contacts/search', search);
    // A contact's other attributes are the business's own.
    const known = keysOf(example('contacts-search.response.docs')).filter(
      (key) => !key.includes('.attributes.') || key.endsWith('.emailaddress'),
    );
    expect(keysOf(body)).toEqual(known);
  });

  it('an inbound message', async () => {
    const { workspace, channel, contact } = await startScene();
    const inbound = workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, text: 'Hi' });
    const { payload } = example('webhook.whatsapp.inbound.observed') as { payload: object };
    expect(keysOf(inbound)).toEqual(keysOf(payload));
    expect(inbound).toMatchObject({
      body: { type: 'text', text: { text: 'Hi' } },
      status: 'delivered',
      direction: 'incoming',
      sender: { contact: { id: contact.id, identifierKey: 'phonenumber' } },
      meta: { extraInformation: { timestamp: '1767603600' } },
    });
  });

  it('a message that failed', async () => {
    const { sendText, sandbox } = await startScene();
    await sendText();
    sandbox.clock.advance({ minutes: 2 });
    expect(keysOf(sandbox.messages()[0])).toEqual(
      expect.arrayContaining(keysOf(example('message.failed.fragment.docs'))),
    );
  });

  it('a conversation and a message into it', async () => {
    const { workspace, channel, contact, post } = await startScene();
    const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id });
    const { payload } = example('webhook.conversation.updated.docs.truncated') as { payload: object };
    const published = keysOf(payload).filter((key) => !key.startsWith('.lastMessage'));
    expect(keysOf(conversation)).toEqual(expect.arrayContaining(published));
    const request = example('conversation-message.request.docs');
    const answer = await post(`/conversations/${conversation.id}/messages`, request);
    expect(keysOf(answer.body)).toEqual(keysOf(example('conversation-message.response.docs')));
  });
});

describe('takes the request from the documentation of Bird', () => {
  it.each([
    ['send-freeform.request.docs', 'messages', ['delivery_failed']],
    ['send-template.request.docs', 'messages', ['delivered']],
    ['batch.request.docs', 'batch/messages', ['delivery_failed', 'delivered', 'delivery_failed']],
  ])('%s', async (name, path, ends) => {
    const { post, channel, sandbox } = await startScene();
    expect((await post(`/channels/${channel.id}/${path}`, example(name))).status).toBe(202);
    sandbox.clock.advance({ minutes: 2 });
    expect(sandbox.messages().map(({ status }) => status)).toEqual(ends);
  });
});
