import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSmallWorld, type Service, sendPath, startService } from '../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage, type World, type WorldOptions } from '../support/world.js';

const HOUR = 3_600_000;

interface Scene {
  readonly world: World;
  readonly service: Service;
}

async function start(options: WorldOptions = {}): Promise<Scene> {
  const workspace = { lookupBurst: 10_000, ...options.workspace };
  const world = await createSmallWorld({ sandbox: { readsPerSecond: 1_000 }, ...options, workspace });
  return { world, service: await startService(world) };
}

/** Lets the customer write and the window close again. */
function closeWindow(world: World): void {
  world.customerWrites();
  world.sandbox.clock.advance(24 * HOUR);
}

const body = (type: string, content: unknown = {}): object => textMessage({ body: { type, [type]: content } });

/** A free-form message of each kind that Bird's schema knows. */
const freeform: readonly (readonly [string, object])[] = [
  ['text', textMessage()],
  ['html', body('html', { html: `<p>${TEXT}</p>`, text: TEXT })],
  ['image', body('image', { images: [{ mediaUrl: 'https://example.com/a.png' }] })],
  ['file', body('file', { files: [{ contentType: 'application/pdf', mediaUrl: 'https://example.com/a.pdf' }] })],
  ['gif', body('gif', { gifs: [{ mediaUrl: 'https://example.com/a.gif' }] })],
  ['location', body('location', { coordinates: { latitude: 52.4, longitude: 4.9 } })],
  ['carousel', body('carousel', { text: TEXT, cards: [] })],
  ['list', body('list', { text: TEXT, items: [{ title: 'One' }] })],
  ['section', body('section', { sections: [] })],
  ['authentication', body('authentication', { code: '123456' })],
  ['quick replies', textMessage({ body: { type: 'text', text: { text: TEXT, actions: [{ type: 'reply' }] } } })],
  ['a voice note', body('file', { files: [{ contentType: 'audio/ogg', mediaUrl: 'https://example.com/a.ogg' }] })],
  ['an action', textMessage({ body: { type: 'action' } })],
  ['a kind of tomorrow', textMessage({ body: { type: 'hologram' } })],
  ['a template and text', templateMessage({ body: { type: 'text', text: { text: TEXT } } })],
];

describe('scenario 30: a template', () => {
  it.each([
    ['inside the window', (world: World) => world.customerWrites()],
    ['outside the window', closeWindow],
    ['to someone who never wrote', () => undefined],
  ])('passes %s', async (_, arrange) => {
    const { world, service } = await start();
    arrange(world);
    const reply = await service.send(templateMessage());
    expect([reply.status, reply.window]).toEqual([202, 'verdict=allow;reason=template, source=none']);
    world.sandbox.clock.advance({ minutes: 5 });
    expect(world.sandbox.messages()).toMatchObject([{ status: 'delivered' }]);
  });

  it('as Bird documents it passes', async () => {
    const { service } = await start();
    const example = readFileSync(new URL('../fixtures/bird/send-template.request.docs.json', import.meta.url), 'utf8');
    expect((await service.send(example)).window).toBe('verdict=allow;reason=template, source=none');
  });
});

describe('scenarios 31 and 36: a free-form message outside the window', () => {
  it.each(freeform)(
    '%s is stopped with a stable code and status, and the provider sees nothing',
    async (_, message) => {
      const { world, service } = await start();
      closeWindow(world);
      const reply = await service.send(message);
      expect(reply).toMatchObject({ status: 409, body: { code: 'service_window_closed' } });
      expect(world.sandbox.messages()).toEqual([]);
      expect(world.sandbox.requests().map(({ kind }) => kind)).not.toContain('send');
    },
  );

  it('was open one millisecond before', async () => {
    const { world, service } = await start();
    world.customerWrites();
    world.sandbox.clock.advance(24 * HOUR - 1);
    expect((await service.send()).status).toBe(202);
    world.sandbox.clock.advance(1);
    expect((await service.send()).status).toBe(409);
    world.sandbox.clock.advance({ minutes: 5 });
    expect(world.sandbox.messages()).toMatchObject([{ status: 'delivered' }]);
  });

  it('is stopped again when it is tried again, and passes after the customer wrote', async () => {
    const { world, service } = await start();
    closeWindow(world);
    expect([(await service.send()).status, (await service.send()).status]).toEqual([409, 409]);
    world.customerWrites();
    expect((await service.send()).status).toBe(202);
  });
});

describe('scenario 36: inside the window', () => {
  it.each(freeform)('%s passes the guard', async (_, message) => {
    const { world, service } = await start();
    world.customerWrites();
    expect((await service.send(message)).window).toBe('verdict=allow;reason=service_window_open, source=bird');
  });
});

describe('scenario 43: a platform that the guard does not know', () => {
  it.each([
    ['allow', 202],
    ['block', 503],
  ] as const)('is unknown, and %s is what happens', async (onUnknown, status) => {
    const { world, service } = await start({ platformId: 'carrier-pigeon', workspace: { onUnknown } });
    const reply = await service.send();
    expect([reply.status, reply.window]).toEqual([status, 'verdict=unknown;reason=platform_unknown, source=bird']);
    expect(world.sandbox.messages()).toHaveLength(status === 202 ? 1 : 0);
    if (status === 503) expect(reply.body).toMatchObject({ platform: 'carrier-pigeon', code: 'platform_unknown' });
  });

  it('is counted each time', async () => {
    const { world, service } = await start({ platformId: 'carrier-pigeon' });
    await service.send();
    await service.send();
    expect(world.guard.stats().decisions).toEqual({ platform_unknown: 2 });
  });
});

describe('scenario 45: bodies of every shape', () => {
  const shapes: readonly (readonly [string, string, unknown, object])[] = [
    ['parsed', 'messages', textMessage(), { service_window_closed: 1 }],
    ['not parsed', 'messages', undefined, { unclassified_message: 1 }],
    ['an array', 'messages', [textMessage()], { unclassified_message: 1 }],
    [
      'a batch',
      'batch/messages',
      { messageRequests: [textMessage(), templateMessage()] },
      { service_window_closed: 1, template: 1 },
    ],
    ['a batch that is none', 'batch/messages', textMessage(), { unclassified_message: 1 }],
    ['an unknown shape', 'messages', { sms: { to: PHONE, text: TEXT } }, { unclassified_message: 1 }],
  ];

  it.each(shapes)('%s: passes or is stopped by policy, and is counted', async (_, last, content, decisions) => {
    for (const onUnknown of ['allow', 'block'] as const) {
      const { world, service } = await start({ workspace: { onUnknown } });
      const reply = await service.call(sendPath(world, last), content);
      const isDenied = 'service_window_closed' in decisions;
      if (isDenied || onUnknown === 'block') expect(reply.status).toBe(isDenied ? 409 : 422);
      else expect(service.passed).toHaveLength(1);
      expect(world.guard.stats().decisions).toEqual(decisions);
    }
  });
});

describe('scenario 49: the same traffic in report mode and in force', () => {
  /** Each customer with what is sent to them; the second and fifth have a closed window. */
  async function drive(mode: 'observe' | 'enforce'): Promise<{ stopped: number[]; wouldBe: number[]; sent: number }> {
    const { world, service } = await start({ workspace: { mode } });
    const { workspace, channel } = world;
    const stopped: number[] = [];
    const wouldBe: number[] = [];
    for (let customer = 0; customer < 6; customer += 1) {
      const value = `+3164000000${customer}`;
      const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
      if (customer % 3 !== 1) workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
      const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: value }] };
      const message = customer === 3 ? templateMessage({ receiver }) : textMessage({ receiver });
      const { status, window } = await service.send(message);
      if (status === 409) stopped.push(customer);
      if (window?.endsWith('mode=observe, would-be=block')) wouldBe.push(customer);
    }
    expect(world.guard.stats().decisions).toEqual({ service_window_open: 3, service_window_closed: 2, template: 1 });
    return { stopped, wouldBe, sent: world.sandbox.messages().length };
  }

  it('reports exactly what enforcing stops, and itself stops nothing', async () => {
    expect(await drive('observe')).toEqual({ stopped: [], wouldBe: [1, 4], sent: 6 });
    expect(await drive('enforce')).toEqual({ stopped: [1, 4], wouldBe: [], sent: 4 });
  });

  it('a workspace goes from one to the other without a restart', async () => {
    const { world, service } = await start({ workspace: { mode: 'observe' } });
    expect((await service.send()).status).toBe(202);
    world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, mode: 'enforce' } });
    expect((await service.send()).status).toBe(409);
  });
});

describe('scenario 51: many at once', () => {
  it('each of a mixed crowd has its own answer, once [R10]', async () => {
    const { world, service } = await start();
    const { workspace, channel } = world;
    const open = '+31640000001';
    const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: open }] });
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: open }] };
    const crowd = Array.from({ length: 60 }, (_, index) =>
      service.send([textMessage(), templateMessage(), textMessage({ receiver })][index % 3]),
    );
    const statuses = (await Promise.all(crowd)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 409 : 202)));
    expect(service.exchanges).toHaveLength(60);
    expect(world.sandbox.messages()).toHaveLength(40);
  });
});
