import { describe, expect, it } from 'vitest';
import { PHONE, type Reply, type Scene, SECOND_PHONE, startScene } from './support.js';

const body = { type: 'text', text: { text: 'We are on it.' } };
const participant = { participantType: 'accessKey', participantId: '0c0defe3-c98d-46d9-a9bf-febc1e08aa0c' };

function sendInto({ post }: Scene, conversationId: string, fields: object): Promise<Reply> {
  return post(`/conversations/${conversationId}/messages`, { ...participant, ...fields });
}

function targetOf({ channel, contact }: Scene): { channelId: string; contactId: string } {
  return { channelId: channel.id, contactId: contact.id };
}

describe('a conversation', () => {
  it('names its channel and contact, and when each side wrote last', async () => {
    const scene = await startScene();
    const { id } = scene.workspace.addConversation(targetOf(scene));
    scene.sandbox.clock.advance({ minutes: 1 });
    scene.workspace.receiveInbound(targetOf(scene));
    scene.sandbox.clock.advance({ minutes: 1 });
    await sendInto(scene, id, { body });
    const answer = await scene.get(`/conversations/${id}`);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        id,
        channelId: scene.channel.id,
        lastMessageIncomingAt: '2026-01-05T09:01:00.000Z',
        lastMessageOutgoingAt: '2026-01-05T09:02:00.000Z',
        featuredParticipants: [{ id: scene.contact.id, type: 'contact', contact: { platformAddress: PHONE } }],
      },
    });
  });

  it('is 404 when it is not there, to read and to send', async () => {
    const scene = await startScene();
    expect((await scene.get('/conversations/nothing')).status).toBe(404);
    expect((await sendInto(scene, 'nothing', { body })).status).toBe(404);
  });

  it('takes nothing once it is closed', async () => {
    const scene = await startScene();
    const { id } = scene.workspace.addConversation({ ...targetOf(scene), status: 'closed' });
    const answer = await sendInto(scene, id, { body });
    expect(answer).toMatchObject({ status: 409, body: { code: 'ConversationClosed' } });
    expect(scene.sandbox.messages()).toEqual([]);
  });
});

describe('a message into a conversation', () => {
  it.each([
    ['of the number that wrote', PHONE, {}, 'delivered'],
    ['of the other number', SECOND_PHONE, {}, 'delivery_failed'],
    [
      'of the other number, to the one that wrote',
      SECOND_PHONE,
      { recipients: [{ identifierValue: PHONE }] },
      'delivered',
    ],
  ])('%s', async (_, address, fields, ends) => {
    const scene = await startScene();
    scene.workspace.receiveInbound(targetOf(scene));
    const { id } = scene.workspace.addConversation({ ...targetOf(scene), address });
    const answer = await sendInto(scene, id, { body, ...fields });
    expect(answer).toMatchObject({ status: 202, body: { conversationId: id, status: 'accepted', body } });
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(answer.body.id)).toBe(ends);
  });

  it('gets through late as a template', async () => {
    const scene = await startScene();
    const { id } = scene.workspace.addConversation(targetOf(scene));
    const template = { projectId: 'p', version: 'latest', locale: 'en' };
    const answer = await sendInto(scene, id, { template });
    expect(answer.body).toMatchObject({ template });
    scene.sandbox.clock.advance({ minutes: 2 });
    expect(scene.statusOf(answer.body.id)).toBe('delivered');
  });

  it.each([
    ['participantId', { body, participantId: undefined }],
    ['participantType', { body, participantType: '' }],
    ['body', {}],
  ])('needs a %s', async (field, fields) => {
    const scene = await startScene();
    const { id } = scene.workspace.addConversation(targetOf(scene));
    const answer = await sendInto(scene, id, fields);
    expect(answer).toMatchObject({ status: 422, body: { details: { [field]: [expect.any(String)] } } });
  });
});
