import { holdUntilReply, type WindowQuery, type WindowQueryOptions } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { copyOfQuery } from '../../src/guard/window-query.js';
import { PHONE, type World } from '../support/world.js';
import { createWorld, HOUR, NOBODY } from './support.js';

function queryOf({ workspace, channel }: World): WindowQuery {
  return { workspaceId: workspace.id, channelId: channel.id, address: PHONE };
}

it('tells until when a window is open, without its margin, and from memory the second time', async () => {
  const world = await createWorld();
  const { guard, sandbox } = world;
  world.customerWrites();
  const openUntil = sandbox.clock.now() + 24 * HOUR;
  const first = await guard.window(queryOf(world));
  expect(first).toEqual({
    verdict: 'allow',
    reason: 'service_window_open',
    openUntil,
    closedAt: null,
    source: 'bird',
    checkedAt: sandbox.clock.now(),
  });
  expect(await guard.window(queryOf(world))).toEqual({ ...first, source: 'memory' });
});

it('takes a contact as a send, as an observation, and as a conversation has it', async () => {
  const world = await createWorld();
  const { workspace, channel, contact, guard } = world;
  world.customerWrites();
  const { workspaceId, channelId } = queryOf(world);
  const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id });
  const queries: WindowQuery[] = [
    { workspaceId, channelId, contact: { identifierKey: 'phonenumber', identifierValue: PHONE } },
    { workspaceId, channelId, contact: { id: contact.id } },
    { workspaceId, channelId, contactId: contact.id },
    { workspaceId, channelId, contactId: contact.id, address: PHONE },
    { workspaceId, channelId, address: PHONE.slice(1), identifierKey: 'phonenumber' },
    { workspaceId, conversationId: conversation.id },
  ];
  const answers = await Promise.all(queries.map((query) => guard.window(query)));
  expect(answers.map(({ verdict }) => verdict)).toEqual(queries.map(() => 'allow'));
});

it('says when a closed window closed, whatever exposeExpiry says to others', async () => {
  const world = await createWorld({ workspace: { exposeExpiry: false } });
  world.customerWrites();
  const closedAt = world.sandbox.clock.now() + 24 * HOUR;
  await world.guard.window(queryOf(world));
  world.sandbox.clock.advance(25 * HOUR);
  const status = await world.guard.window(queryOf(world));
  expect(status).toMatchObject({ verdict: 'deny', reason: 'service_window_closed', openUntil: null, closedAt });
});

it('looks at an instant to come, and at who would write', async () => {
  const world = await createWorld({ platformId: 'messenger' });
  world.guard.observeInbound({ ...queryOf(world), channelId: world.channel.id, at: world.sandbox.clock.now() });
  const at = world.sandbox.clock.now() + 30 * HOUR;
  const reasonOf = async (options: WindowQueryOptions): Promise<string> =>
    (await world.guard.window(queryOf(world), options)).reason;
  expect(await reasonOf({})).toBe('service_window_open');
  expect(await reasonOf({ at })).toBe('service_window_closed');
  expect(await reasonOf({ at: new Date(at), sender: 'human' })).toBe('human_agent_window');
});

it('runs no policy and no hook, holds nothing and counts no decision', async () => {
  const called: string[] = [];
  const note =
    <T>(name: string, answer: T) =>
    (): T => {
      called.push(name);
      return answer;
    };
  const hold = holdUntilReply({ release: note('release', 'accepted' as const) });
  const onUnknown = note('onUnknown', 'block' as const);
  const world = await createWorld({ workspace: { onUnknown, onClosed: [hold, note('onClosed', undefined)] } });
  expect((await world.guard.window(queryOf(world))).verdict).toBe('deny');
  world.sandbox.setFault(() => ({ status: 500 }));
  expect((await world.guard.window(queryOf(world))).verdict).toBe('unknown');
  expect(called).toEqual([]);
  expect(world.guard.stats()).toMatchObject({ decisions: {}, fromMemory: 0, lookups: { channel: 1 } });
});

it.each(['off', 'observe'] as const)('answers in mode %s', async (mode) => {
  const world = await createWorld({ workspace: { mode } });
  const { workspace, channel, contact, guard } = world;
  world.customerWrites();
  expect((await guard.window(queryOf(world))).verdict).toBe('allow');
  const conversation = workspace.addConversation({ channelId: channel.id, contactId: contact.id });
  const query = { workspaceId: workspace.id, conversationId: conversation.id };
  expect((await guard.window(query)).verdict).toBe('allow');
});

it('answers unknown by its deadline, and lookup_failed after close', async () => {
  const world = await createWorld();
  world.sandbox.setFault(() => ({ holdUntil: new Promise(() => {}) }));
  const startedAt = world.sandbox.clock.now();
  const asked = world.guard.window(queryOf(world), { deadlineMs: 300 });
  world.sandbox.clock.advance(300);
  expect(await asked).toMatchObject({ reason: 'deadline_exceeded', source: 'none', checkedAt: startedAt + 300 });
  world.guard.close();
  expect((await world.guard.window(queryOf(world))).reason).toBe('lookup_failed');
});

it('gives bad ids as check does, and refuses bad options by name', async () => {
  const { guard, ...world } = await createWorld();
  const workspaceId = world.workspace.id;
  const bad = [undefined, 7, {}, { workspaceId: 'x' }, { workspaceId, channelId: 'whatsapp', address: PHONE }];
  for (const query of bad) expect((await guard.window(query as WindowQuery)).reason).toBe('bad_id');
  const { channelId } = queryOf({ guard, ...world });
  expect((await guard.window({ workspaceId, channelId })).reason).toBe('address_unresolved');
  expect((await guard.window({ workspaceId: NOBODY, channelId, address: PHONE })).reason).toBe('workspace_unknown');
  const refused: readonly (readonly [object, string])[] = [
    [{ deadlineMs: 0 }, 'window.deadlineMs must be a number of milliseconds from 1 to 600000'],
    [{ at: '2026-01-05' }, 'window.at must be an instant'],
    [{ sender: 'agent' }, "window.sender must be 'human' or 'automation'"],
    [{ deadline: 5 }, 'window.deadline is not a valid option'],
  ];
  for (const [options, text] of refused) {
    await expect(guard.window({ workspaceId, channelId, address: PHONE }, options)).rejects.toThrow(text);
  }
});

describe('a query that is kept', () => {
  const whole = {
    workspaceId: NOBODY,
    channelId: NOBODY,
    conversationId: NOBODY,
    contactId: NOBODY,
    address: PHONE,
    identifierKey: 'phonenumber',
    contact: { id: NOBODY },
  };

  it('has all that says whose window it is, and nothing else', () => {
    const copy = copyOfQuery({ ...whole, note: 'mine' } as WindowQuery, 'watch: query');
    expect(copy).toEqual(whole);
    expect(copy.contact).not.toBe(whole.contact);
  });

  it('is refused by its name where it is none, without a word of what it holds', () => {
    const circle: Record<string, unknown> = { secret: PHONE };
    circle.self = circle;
    for (const wrong of [undefined, 'a text', { ...whole, contact: circle }, { ...whole, address: 5n }]) {
      const copy = (): unknown => copyOfQuery(wrong as WindowQuery, 'watch: query');
      expect(copy).toThrow(TypeError);
      expect(copy).toThrow(/^watch: query must /);
      expect(copy).not.toThrow(PHONE);
    }
  });
});
