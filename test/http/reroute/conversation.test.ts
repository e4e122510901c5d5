import { holdUntilReply } from 'freeform-guard';
import type { BirdConversation } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import {
  aTemplate,
  inTemplate,
  type PoliciesOf,
  phone,
  type RerouteScene,
  startRerouting,
  templateOf,
} from '../../support/reroute.js';
import { PHONE, TEXT, type World } from '../../support/world.js';
import { CLOSED, OTHER_PHONE, sends, textOf, toSms } from './support.js';

describe('a conversation', () => {
  interface Talk extends RerouteScene {
    readonly conversation: BirdConversation;
    say(content: object): ReturnType<RerouteScene['service']['call']>;
  }

  const participant = { participantType: 'accessKey', participantId: '00000000-0000-4000-8000-000000000001' };

  async function talk(
    onClosed: PoliciesOf,
    options: Parameters<typeof startRerouting>[1] & { status?: 'closed' } = {},
  ): Promise<Talk> {
    const { status, ...rest } = options;
    const scene = await startRerouting(onClosed, rest);
    const { workspace, channel, contact } = scene.world;
    const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id, status });
    const path = `/workspaces/${workspace.id}/conversations/${conversation.id}/messages`;
    return { ...scene, conversation, say: (content) => scene.service.call(path, { ...participant, ...content }) };
  }

  it('gets a template in the place of the text; who and where is read once', async () => {
    const { world, service, say } = await talk(() => aTemplate());
    const replies = [await say(textOf(TEXT)), await say({ ...textOf(TEXT), reference: 'b' })];
    expect(replies.map(({ status }) => status)).toEqual([202, 202]);
    expect(replies[0]?.window).toBe(`${CLOSED}, action=reroute, sends=1`);
    expect(service.passed[0]?.body).toEqual({ ...participant, template: templateOf(TEXT) });
    expect(world.sandbox.requests().filter(({ kind }) => kind === 'conversation')).toHaveLength(1);
    expect(world.arrivals()).toMatchObject([
      { kind: 'template', text: inTemplate(TEXT), to: PHONE, channelId: world.channel.id },
      { kind: 'template' },
    ]);
  });

  it('goes to the recipients in the body, to each but once', async () => {
    const { world, say, service } = await talk(() => aTemplate());
    world.addCustomer(OTHER_PHONE);
    const reply = await say({ ...textOf(TEXT), recipients: [phone(PHONE), phone(OTHER_PHONE)] });
    expect(reply.window).toBe(`${CLOSED}, recipients=2, action=reroute, sends=2`);
    expect(service.passed[0]?.freeformGuard?.sends?.map(({ message }) => message)).toEqual([
      { ...participant, recipients: [phone(PHONE)], template: templateOf(TEXT) },
      { ...participant, recipients: [phone(OTHER_PHONE)], template: templateOf(TEXT) },
    ]);
  });

  it('is split among the recipients in the body', async () => {
    const { world, say, service } = await talk(() => aTemplate(), { workspace: { onMixed: 'split' } });
    world.addCustomer(OTHER_PHONE, true);
    await say({ ...textOf(TEXT), recipients: [phone(PHONE), phone(OTHER_PHONE)] });
    expect(service.passed[0]?.freeformGuard?.sends?.map(({ message }) => message)).toEqual([
      { ...participant, ...textOf(TEXT), recipients: [phone(OTHER_PHONE)] },
      { ...participant, recipients: [phone(PHONE)], template: templateOf(TEXT) },
    ]);
  });

  it('to another recipient is decided for that one', async () => {
    const { world, say } = await talk(() => aTemplate());
    world.addCustomer(OTHER_PHONE, true);
    expect((await say({ ...textOf(TEXT), recipients: [phone(OTHER_PHONE)] })).window).toContain('verdict=allow');
    expect(world.arrivals()).toMatchObject([{ kind: 'text', to: OTHER_PHONE }]);
  });

  it('stays on its channel', async () => {
    const { world, say } = await talk(toSms);
    expect((await say(textOf(TEXT))).body.contacts).toMatchObject([{ declined: ['conversation'] }]);
    expect(sends(world)).toEqual([]);
  });

  it('does not get what a policy meant for another channel', async () => {
    const { world, say } = await talk(({ sms }) => ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: sms.id, message: { receiver: { contacts: [Object(send.contact)] }, ...textOf(TEXT) } }],
    }));
    const reply = await say(textOf(TEXT));
    expect(reply.body.contacts).toMatchObject([{ declined: ['channel_not_rewritable'] }]);
    expect(world.sandbox.messages()).toEqual([]);
  });

  it.each<[string, object]>([
    ['a receiver, which a conversation does not know', { receiver: { contacts: [phone(OTHER_PHONE)] } }],
    ['recipients beside the one who is open', { recipients: [phone(OTHER_PHONE), phone(PHONE)] }],
    ['recipients spelt otherwise', { Recipients: [phone(OTHER_PHONE)] }],
  ])('does not get free text by %s', async (_, change) => {
    const { world, say } = await talk(() => ({ send }) => ({
      action: 'reroute',
      sends: [{ channelId: send.channelId ?? '', message: { ...participant, ...textOf(TEXT), ...change } }],
    }));
    world.addCustomer(OTHER_PHONE, true);
    const reply = await say(textOf(TEXT));
    expect(reply.body.contacts).toMatchObject([{ declined: ['not_permitted'] }]);
    expect(world.sandbox.messages()).toEqual([]);
  });

  it('that is closed is refused by Bird: no template arrives', async () => {
    const { world, say } = await talk(() => aTemplate(), { status: 'closed' });
    expect((await say(textOf(TEXT))).status).toBe(409);
    expect(world.arrivals()).toEqual([]);
  });

  it('that nobody knows is unknown, and passes to Bird’s own answer or not', async () => {
    for (const onUnknown of ['allow', 'block', 'reroute'] as const) {
      const { world, service } = await startRerouting(() => aTemplate(), { workspace: { onUnknown } });
      const path = `/workspaces/${world.workspace.id}/conversations/00000000-0000-4000-8000-000000000002/messages`;
      const reply = await service.call(path, { ...participant, ...textOf(TEXT) });
      expect(reply.window).toContain('verdict=unknown;reason=address_unresolved');
      expect(world.sandbox.messages()).toEqual([]);
      expect(reply.status, onUnknown).toBe(onUnknown === 'allow' ? 404 : 503);
    }
  });

  it('of which the message waits is released into it', async () => {
    const hold = holdUntilReply();
    const { world, say, conversation } = await talk(() => hold);
    expect(await say(textOf(TEXT))).toMatchObject({ status: 202, body: { code: 'held' } });
    expect(await hold.pending(world.workspace.id)).toMatchObject([{ conversationId: conversation.id }]);
    customerReplies(world);
    await expect.poll(() => world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT, to: PHONE }]);
  });
});

/** The customer writes, and the guard observes it. */
function customerReplies({ guard, sandbox, workspace, channel, customerWrites }: World): void {
  customerWrites();
  const at = sandbox.clock.now();
  guard.observeInbound({ workspaceId: workspace.id, channelId: channel.id, address: PHONE, at });
}
