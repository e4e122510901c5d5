import { type SendRequest, toTemplate } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { keepSecret } from '../../support/canary.js';
import { PROJECT_ID } from '../../support/reroute.js';
import { createWorld, type LogLine, PHONE, textMessage, type World } from '../../support/world.js';

const told = ({ logs }: World): readonly LogLine[] => logs.filter(({ level }) => level !== 'debug' && level !== 'info');
const checkAll = async (world: World, change: object): Promise<readonly string[]> => {
  const sends = Array.from({ length: 3 }, () => world.send(change as Partial<SendRequest>));
  return (await world.guard.checkAll(sends)).map(({ decision }) => decision.reason);
};

describe('a send that cannot be decided is told once, by the field and with the cure (field C2)', () => {
  const byPhone = { identifierKey: 'phonenumber', identifierValue: PHONE };

  it.each<[string, object, string, string, string]>([
    ['no workspaceId', { workspaceId: undefined }, 'workspaceId', 'received undefined', 'bad_id'],
    ['a workspace by its name', { workspaceId: 'acme' }, 'workspaceId', 'received a string', 'bad_id'],
    ['no channelId', { channelId: undefined }, 'channelId', 'channelId is missing', 'bad_id'],
    ['a channel by its name', { channelId: 'whatsapp' }, 'channelId', 'not its name', 'bad_id'],
    ['a contact that is a text', { contact: PHONE }, 'contact', 'received a string', 'address_unresolved'],
    ['a contact that is a list', { contact: [byPhone] }, 'contact', 'received an array', 'address_unresolved'],
    ['no contact', { contact: undefined }, 'contact', 'contact is missing', 'address_unresolved'],
    ['a contact of nobody', { contact: {} }, 'contact', 'names nobody', 'address_unresolved'],
    ['a contact by its number', { contact: { id: PHONE } }, 'contact.id', 'is an identifierValue', 'bad_id'],
    [
      'a number for a text',
      { contact: { ...byPhone, identifierValue: Number(PHONE) } },
      'contact.identifierValue',
      'received a number',
      'address_unresolved',
    ],
    [
      'a key that is none',
      { contact: { ...byPhone, identifierKey: 7 } },
      'contact.identifierKey',
      'received a number',
      'address_unresolved',
    ],
    [
      'an address that is none',
      { contact: { ...byPhone, platformAddress: Number(PHONE) } },
      'contact.platformAddress',
      'received a number',
      'address_unresolved',
    ],
    [
      'a value without its key',
      { contact: { identifierValue: '7013888812345678' } },
      'contact.identifierKey',
      'identifierKey is missing',
      'address_unresolved',
    ],
  ])('%s', async (_name, change, field, text, reason) => {
    keepSecret(PHONE.slice(1));
    const world = await createWorld();
    expect(await checkAll(world, change)).toEqual([reason, reason, reason]);
    expect(told(world)).toMatchObject([{ level: 'warn', fields: { field }, text: expect.stringContaining(text) }]);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a text', 'send'],
  ])('%s for a send', async (_name, send) => {
    const world = await createWorld();
    expect((await world.guard.check(send as SendRequest)).decision.reason).toBe('bad_id');
    expect(told(world)).toMatchObject([{ fields: { field: 'send' } }]);
  });

  it.each<[string, object]>([
    ['a phone number', { contact: byPhone }],
    ['a phone number without its key', { contact: { identifierValue: PHONE } }],
    ['two identifiers, which is said by the reason', { contact: { identifiers: [byPhone, byPhone] } }],
    ['a human', { sender: 'human' }],
    ['a machine', { sender: 'automation' }],
    ['nobody in particular', { sender: undefined }],
    ['an instant', { sendAt: '2026-01-05T09:00:00+01:00' }],
    ['a message scheduled for an instant', { message: textMessage({ scheduledFor: '2026-01-05T09:00:00Z' }) }],
    ['a message scheduled for null', { message: textMessage({ scheduledFor: null }) }],
  ])('nothing is told of %s', async (_name, change) => {
    const world = await createWorld();
    await checkAll(world, change);
    expect(told(world)).toEqual([]);
  });

  it('a sender that is none is told, also where memory allows the send', async () => {
    const world = await createWorld();
    world.customerWrites();
    await world.guard.check(world.send());
    expect(told(world)).toEqual([]);
    expect(world.guard.peek(world.send({ sender: 'agent' as never }))?.action).toBe('send');
    await checkAll(world, { sender: 'agent' });
    expect(told(world)).toMatchObject([
      { fields: { field: 'sender' }, text: expect.stringContaining("'human' or 'automation'") },
    ]);
  });

  it.each<[string, object, string, string]>([
    ['a text that is no instant', { sendAt: 'tomorrow' }, 'sendAt', 'received a string'],
    ['an instant without offset', { sendAt: '2026-01-05T09:00:00' }, 'sendAt', 'RFC 3339 with offset'],
    ['seconds', { sendAt: 1_767_603_600 }, 'sendAt', 'epoch ms'],
    ['null', { sendAt: null }, 'sendAt', 'received null'],
    ['an invalid date', { sendAt: new Date('no') }, 'sendAt', 'received an object'],
    [
      'a message scheduled for a text',
      { message: textMessage({ scheduledFor: 'tomorrow' }) },
      'message.scheduledFor',
      'received a string',
    ],
    [
      'a message scheduled in another spelling',
      { message: textMessage({ ScheduledFor: '2026-01-05T09:00:00Z' }) },
      'message.scheduledFor',
      'another spelling',
    ],
  ])('a time of sending that is none is told, and never allowed as open: %s', async (_name, change, field, text) => {
    const world = await createWorld();
    world.customerWrites();
    await world.guard.check(world.send());
    expect(await checkAll(world, change)).toEqual(Array(3).fill('unclassified_message'));
    expect(told(world)).toMatchObject([{ level: 'warn', fields: { field }, text: expect.stringContaining(text) }]);
  });

  it('a time of sending that is none hides no other flaw', async () => {
    const world = await createWorld();
    await checkAll(world, { sendAt: 'tomorrow', sender: 'agent', contact: {} });
    expect(told(world).map(({ fields }) => fields.field)).toEqual(['contact', 'sendAt', 'sender']);
  });

  it('nothing is told where the guard is off', async () => {
    const world = await createWorld({ guard: { defaults: { mode: 'off' } }, workspace: { mode: 'off' } });
    await checkAll(world, { contact: PHONE, sender: 'agent' });
    expect(told(world)).toEqual([]);
  });
});

describe('a template by its name in place of its project (field C2)', () => {
  it.each([
    ['my-template', 1],
    [PROJECT_ID.slice(1), 1],
    [PROJECT_ID, 0],
    [PROJECT_ID.toUpperCase(), 0],
  ])('is warned of: %s', async (projectId, warnings) => {
    const world = await createWorld();
    const onClosed = [toTemplate({ projectId, locale: 'en', variable: 'message' }), 'block'] as const;
    for (let times = 0; times < 2; times += 1) {
      world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onClosed } });
    }
    expect(told(world)).toHaveLength(warnings);
    expect(told(world).every(({ text }) => text.includes('toTemplate.projectId is not a UUID'))).toBe(true);
  });
});
