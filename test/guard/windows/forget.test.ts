import { expect, test } from 'vitest';
import { createWorld, PHONE } from '../../support/world.js';

test('forgetting a channel has Bird asked for the channel too', async () => {
  const world = await createWorld({ platformId: 'sms-messagebird' });
  await world.guard.check(world.send());
  expect(world.guard.peek(world.send())).toMatchObject({ action: 'send' });
  world.guard.forget({ workspaceId: world.workspace.id, channelId: world.channel.id });
  expect(world.guard.peek(world.send())).toBeUndefined();
  await world.guard.check(world.send());
  world.guard.forget({ workspaceId: world.workspace.id.toUpperCase() });
  expect(world.guard.peek(world.send())).toBeUndefined();
});

test('a refusal that is told by the contact alone has Bird asked for each of its addresses', async () => {
  const world = await createWorld();
  world.customerWrites();
  const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, contactId: world.contact.id };
  const send = world.send({
    contact: { id: world.contact.id, identifierKey: 'phonenumber', identifierValue: PHONE },
  });
  await world.guard.check(send);
  expect(world.guard.peek(send)).toMatchObject({ action: 'send' });
  world.guard.observeRefusal({ ...ids, sentAt: world.sandbox.clock.now(), code: 131047 });
  expect(world.guard.peek(send)).toBeUndefined();
  expect(await world.guard.check(send)).toMatchObject({ source: 'bird' });
});
