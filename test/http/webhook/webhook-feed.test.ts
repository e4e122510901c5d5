import { freeformGuard } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { countOf, faultOn } from '../../guard/support.js';
import { keepSecret } from '../../support/canary.js';
import { startService } from '../../support/service.js';
import {
  createWorld,
  PHONE,
  templateMessage,
  textMessage,
  type World,
  type WorldOptions,
} from '../../support/world.js';
import {
  type Endpoint,
  type EndpointOptions,
  frameworks,
  HOUR,
  inboundEvent,
  KEY,
  type MessageEvent,
  MINUTE,
  outboundEvent,
  startEndpoint,
} from './webhook-endpoint.js';

const OTHER_PHONE = '+31687654321';
const THIRD_PHONE = '+31611112222';

interface Scene {
  readonly world: World;
  readonly endpoint: Endpoint;
  /** Waits until every event that is due has come. */
  settle(): Promise<void>;
  /** The application sends a message to Bird, as the guard let it. */
  send(message?: object): Promise<void>;
}

/** A world whose Bird tells the receiver of everything that happens. */
async function startScene(options: WorldOptions = {}, endpointOptions: EndpointOptions = {}): Promise<Scene> {
  for (const phone of [OTHER_PHONE, THIRD_PHONE]) keepSecret(phone);
  const world = await createWorld(options);
  const endpoint = await startEndpoint(world, endpointOptions);
  world.workspace.subscribe({ url: endpoint.url, signingKey: KEY });
  const settle = async (): Promise<void> => void (await world.sandbox.deliveries());
  return { world, endpoint, settle, send: (message) => sendToBird(world, message) };
}

async function sendToBird({ sandbox, workspace, channel }: World, message: object = textMessage()): Promise<void> {
  const { status } = await fetch(`${sandbox.url}/workspaces/${workspace.id}/channels/${channel.id}/messages`, {
    method: 'POST',
    headers: { authorization: `AccessKey ${workspace.accessKey}` },
    body: JSON.stringify(message),
  });
  expect(status).toBe(202);
}

/** What memory alone says of a send to the contact. */
function peeked({ guard, send }: World): string | undefined {
  return guard.peek(send())?.decision.verdict;
}

describe.each(frameworks)('the feed of the local Bird, on %s', (_name, framework) => {
  it('a customer writes, the event comes, and the reply passes without a read', async () => {
    const { world, endpoint, settle } = await startScene({}, { framework });
    const service = await startService(world, { framework, guards: [freeformGuard(world.guard)] });
    world.customerWrites();
    await settle();
    expect(endpoint.events).toHaveLength(1);
    const reads = world.reads();
    const reply = await service.send();
    expect(reply).toMatchObject({ status: 202, window: 'verdict=allow;reason=service_window_open, source=memory' });
    expect(world.reads()).toBe(reads);
    expect(countOf(world.sandbox, 'contact')).toBe(0);
  });

  it('scenario 21: a refusal closes what was remembered, and only a newer message opens it again', async () => {
    const { world, endpoint, settle, send } = await startScene({}, { framework });
    const { guard, sandbox } = world;
    // Somebody told of a message that the platform does not know: the guard is wrong, and learns it from the failure.
    const old = inboundEvent(world);
    await endpoint.post(old);
    expect(peeked(world)).toBe('allow');
    await send();
    sandbox.clock.advance(2 * MINUTE);
    await settle();
    expect(peeked(world)).toBeUndefined();
    expect(await guard.check(world.send())).toMatchObject({
      action: 'block',
      decision: { reason: 'service_window_closed' },
      source: 'bird',
    });

    // The old message again, by another delivery: it was refuted.
    await endpoint.post({ ...old, payload: { ...old.payload, id: crypto.randomUUID() } });
    expect(peeked(world)).toBeUndefined();

    world.customerWrites();
    await settle();
    expect(peeked(world)).toBe('allow');
  });
});

describe('a refusal', () => {
  it('beats a Bird that goes on reporting the window as open, until the customer writes again [W13]', async () => {
    const { world, endpoint, settle } = await startScene({ sandbox: { webhookLoss: 'all' } });
    world.customerWrites();
    expect((await world.guard.check(world.send())).decision.verdict).toBe('allow');
    world.sandbox.clock.advance(MINUTE);
    await endpoint.post(outboundEvent(world));
    expect(peeked(world)).toBeUndefined();
    expect((await world.guard.check(world.send())).decision).toMatchObject({ reason: 'service_window_closed' });
    world.sandbox.clock.advance(MINUTE);
    world.customerWrites();
    await settle();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { verdict: 'allow' }, source: 'bird' });
  });

  it('whose event comes after that of a newer message changes nothing [W13]', async () => {
    const { world, endpoint } = await startScene();
    const refusal = outboundEvent(world);
    world.sandbox.clock.advance(MINUTE);
    await endpoint.post(inboundEvent(world));
    await endpoint.post(refusal);
    expect(peeked(world)).toBe('allow');
  });

  it('of a message that was sent at the instant at which the customer wrote refutes that message', async () => {
    const { world, endpoint } = await startScene({ sandbox: { startAt: '2026-01-05T09:00:00Z' } });
    await endpoint.post(inboundEvent(world));
    await endpoint.post(outboundEvent(world));
    expect(peeked(world)).toBeUndefined();
  });

  it.each(['131026', '131049', '130472', '131056', '63032', '551'])(
    'scenario 22: a failure with code %s leaves the window alone',
    async (code) => {
      const { world, endpoint } = await startScene();
      await endpoint.post(inboundEvent(world));
      world.sandbox.clock.advance(MINUTE);
      await endpoint.post(outboundEvent(world, { failure: { code: 15_000, source: { name: 'whatsapp', code } } }));
      expect(peeked(world)).toBe('allow');
    },
  );

  it('of a message to two contacts closes neither, but Bird is asked about both', async () => {
    const { world, endpoint } = await startScene();
    const other = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: OTHER_PHONE }] });
    world.customerWrites();
    world.workspace.receiveInbound({ channelId: world.channel.id, contactId: other.id });
    await world.sandbox.deliveries();
    world.sandbox.clock.advance(MINUTE);
    const contacts = [PHONE, OTHER_PHONE].map((identifierValue) => ({ identifierKey: 'phonenumber', identifierValue }));
    await endpoint.post(outboundEvent(world, { receiver: { contacts } }));
    for (const contact of contacts) {
      expect(world.guard.peek(world.send({ contact }))).toBeUndefined();
      expect((await world.guard.check(world.send({ contact }))).decision.verdict).toBe('allow');
    }
  });
});

describe('what opens nothing', () => {
  it('scenario 10: our own messages, templates and their statuses [W10]', async () => {
    const { world, endpoint, settle, send } = await startScene();
    await send(templateMessage());
    await send();
    world.sandbox.clock.advance(5_000);
    await settle();
    expect(endpoint.events.length).toBeGreaterThanOrEqual(6);
    expect(peeked(world)).toBeUndefined();
    expect((await world.guard.check(world.send())).decision).toMatchObject({ reason: 'service_window_closed' });
  });

  it.each<[string, object]>([
    ['a system message', { type: 'system' }],
    ['a reaction', { type: 'reaction' }],
    ['a kind of tomorrow', { type: 'hologram' }],
  ])('%s: Bird is asked instead, and so what was open is asked again [W10]', async (_name, body) => {
    const { world, settle } = await startScene();
    const arrive = (): unknown => {
      world.sandbox.clock.advance(1);
      const ids = { channelId: world.channel.id, contactId: world.contact.id };
      return world.workspace.receiveInbound({ ...ids, body, opensWindow: false });
    };
    arrive();
    await settle();
    expect(peeked(world)).toBeUndefined();
    world.sandbox.clock.advance(1);
    expect((await world.guard.check(world.send())).decision.verdict).toBe('deny');
    world.customerWrites();
    await settle();
    expect(peeked(world)).toBe('allow');
    arrive();
    await settle();
    expect(peeked(world)).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { verdict: 'allow' }, source: 'bird' });
  });

  it('scenario 12: a call, which is no message at Bird; a window that it opened is found by asking', async () => {
    const { world, endpoint, settle } = await startScene();
    for (const name of ['voice.inbound', 'whatsapp.call', 'whatsapp.interaction']) {
      await endpoint.post({ ...inboundEvent(world, { body: { type: 'call' } }), event: name });
    }
    expect(peeked(world)).toBeUndefined();
    world.workspace.set({ webhookLoss: 'all' });
    world.customerWrites();
    await settle();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { verdict: 'allow' }, source: 'bird' });
  });

  it('scenario 13: what comes on Instagram, where a comment looks like a message; Bird knows which it was', async () => {
    const { world, settle } = await startScene({ platformId: 'instagram' });
    world.customerWrites();
    await settle();
    expect(peeked(world)).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { verdict: 'allow' }, source: 'bird' });
    expect(peeked(world)).toBe('allow');
  });

  it('a number that changed hands: nothing from before opens it, a newer message does', async () => {
    const { world, endpoint, settle } = await startScene();
    world.customerWrites();
    await settle();
    world.sandbox.clock.advance(MINUTE);
    const body = { type: 'system', system: { type: 'user_changed_number' } };
    await endpoint.post(inboundEvent(world, { body }));
    expect(peeked(world)).toBeUndefined();
    expect((await world.guard.check(world.send())).decision.verdict).toBe('deny');
    world.sandbox.clock.advance(MINUTE);
    world.customerWrites();
    await settle();
    expect(peeked(world)).toBe('allow');
  });

  it('a doubt does not undo a refusal', async () => {
    const { world, endpoint } = await startScene({ sandbox: { webhookLoss: 'all' } });
    world.customerWrites();
    world.sandbox.clock.advance(MINUTE);
    await endpoint.post(outboundEvent(world));
    await endpoint.post(inboundEvent(world, { body: { type: 'hologram' } }));
    expect((await world.guard.check(world.send())).decision.verdict).toBe('deny');
  });
});

describe('a feed that is late, double, silent or interrupted', () => {
  it.each([0, MINUTE, 3 * HOUR, 8 * HOUR, 23 * HOUR])(
    '%i ms late: the window ends when it would have [W3]',
    async (delayMs) => {
      const { world, settle } = await startScene({ sandbox: { webhookDelayMs: delayMs } });
      world.customerWrites();
      const wroteAt = Math.floor(world.sandbox.clock.now() / 1000) * 1000;
      world.sandbox.clock.advance(delayMs);
      await settle();
      expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: wroteAt + 24 * HOUR });
    },
  );

  it.each([24 * HOUR, 30 * HOUR])('%i ms late: it opens nothing', async (delayMs) => {
    const { world, settle } = await startScene({ sandbox: { webhookDelayMs: delayMs } });
    world.customerWrites();
    world.sandbox.clock.advance(delayMs);
    await settle();
    expect(peeked(world)).toBeUndefined();
  });

  it('twice: the application hears of it once, and no more reads are made [W1]', async () => {
    const { world, endpoint, settle } = await startScene({ sandbox: { webhookCopies: 3 } });
    world.customerWrites();
    await settle();
    expect(endpoint.events).toHaveLength(1);
    expect(world.reads()).toBe(1);
    expect(peeked(world)).toBe('allow');
  });

  it('never: Bird is asked [W14]', async () => {
    const { world, settle } = await startScene({ sandbox: { webhookLoss: 'all' } });
    world.customerWrites();
    await settle();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { verdict: 'allow' }, source: 'bird' });
  });

  it('taken away by a subscription with a filter: Bird is asked [W14]', async () => {
    const { world, settle } = await startScene();
    const url = 'http://127.0.0.1:1/elsewhere';
    world.workspace.subscribe({ url, signingKey: 'another key', channelId: world.channel.id });
    world.customerWrites();
    await settle();
    expect(peeked(world)).toBeUndefined();
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { verdict: 'allow' }, source: 'bird' });
  });

  it('while Bird cannot be read: the event is refused, repeated, and taken when it can', async () => {
    const { world, endpoint, settle } = await startScene();
    faultOn(world.sandbox, 'channel', { status: 500 });
    world.customerWrites();
    await settle();
    expect(endpoint.events).toEqual([]);
    world.sandbox.setFault(undefined);
    world.sandbox.clock.advance(MINUTE);
    await settle();
    expect(endpoint.events).toHaveLength(1);
    expect(peeked(world)).toBe('allow');
  });

  it('with a key that nobody gave the receiver: nothing is believed [W14]', async () => {
    const { world, endpoint, settle } = await startScene({}, { receiver: { signingKeys: ['quite another key'] } });
    world.customerWrites();
    await settle();
    expect(endpoint.events).toEqual([]);
    expect(peeked(world)).toBeUndefined();
    expect(world.logs.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { cause: 'signature_invalid' } },
    ]);
  });
});

describe('a platform that counts messages', () => {
  const tiktok = { platformId: 'tiktok' };

  it('scenario 39: the last of the quota passes, the next is denied, and the customer resets it', async () => {
    const { world, settle, send } = await startScene(tiktok);
    world.customerWrites();
    world.sandbox.clock.advance(1000);
    await settle();
    for (let count = 0; count < 10; count += 1) {
      expect((await world.guard.check(world.send())).decision.verdict).toBe('allow');
      await send();
      await settle();
    }
    expect((await world.guard.check(world.send())).decision).toMatchObject({ verdict: 'deny', reason: 'quota_spent' });
    world.sandbox.clock.advance(MINUTE);
    world.customerWrites();
    await settle();
    expect(peeked(world)).toBe('allow');
  });

  const fill = async (endpoint: Endpoint, world: World, change: object = {}): Promise<void> => {
    for (let count = 0; count < 10; count += 1) {
      await endpoint.post(outboundEvent(world, { status: 'sent', failure: undefined, ...change }));
    }
  };

  it('does not count what failed after all', async () => {
    const { world, endpoint } = await startScene(tiktok);
    await endpoint.post(inboundEvent(world));
    world.sandbox.clock.advance(1000);
    const id = crypto.randomUUID();
    const failure = { code: 1, source: { name: 'tiktok', code: '1' } };
    await fill(endpoint, world);
    expect(peeked(world)).toBeUndefined();
    await endpoint.post(outboundEvent(world, { id, status: 'accepted', failure: undefined }));
    expect(peeked(world)).toBeUndefined();
    for (const { payload } of endpoint.events as MessageEvent[]) {
      if (payload.direction === 'incoming') continue;
      await endpoint.post(outboundEvent(world, { id: payload.id, status: 'sending_failed', failure }));
    }
    await endpoint.post(outboundEvent(world, { id, status: 'sending_failed', failure }));
    expect(peeked(world)).toBe('allow');
  });

  it('does not count what was sent before a message whose time is not certain', async () => {
    const { world, endpoint } = await startScene(tiktok);
    await endpoint.post(inboundEvent(world, { meta: {} }));
    world.sandbox.clock.advance(1000);
    await fill(endpoint, world);
    expect(peeked(world)).toBeUndefined();
    world.sandbox.clock.advance(MINUTE);
    await endpoint.post(inboundEvent(world, { meta: {} }));
    expect(peeked(world)).toBe('allow');
  });

  it('counts from a message that only Bird knows of: the inbound events may be lost', async () => {
    const { world, endpoint } = await startScene({ ...tiktok, sandbox: { webhookLoss: 'all' } });
    await endpoint.post(inboundEvent(world));
    world.sandbox.clock.advance(1000);
    await fill(endpoint, world);
    world.sandbox.clock.advance(MINUTE);
    world.customerWrites();
    expect((await world.guard.check(world.send())).decision).toMatchObject({ reason: 'service_window_open' });
  });

  it('does not exist on WhatsApp', async () => {
    const { world, endpoint } = await startScene();
    await endpoint.post(inboundEvent(world));
    world.sandbox.clock.advance(1000);
    await fill(endpoint, world);
    await fill(endpoint, world);
    expect(peeked(world)).toBe('allow');
  });
});

describe('platforms without a clock', () => {
  it('scenario 42: KakaoTalk is open until a refusal tells that the customer closed it', async () => {
    const { world, endpoint } = await startScene({ platformId: 'kakaotalk' });
    await endpoint.post(inboundEvent(world));
    world.sandbox.clock.advance(29 * 24 * HOUR);
    expect((await world.guard.check(world.send())).decision.verdict).toBe('allow');
    const failure = { code: 15_000, source: { name: 'kakaotalk', code: 'window_closed' } };
    await endpoint.post(outboundEvent(world, { failure }));
    expect(peeked(world)).toBeUndefined();
    expect((await world.guard.check(world.send())).action).toBe('block');
  });

  it('scenario 42: Apple is not known to be open until the customer writes, and closed once a refusal says so', async () => {
    const { world, endpoint } = await startScene({
      platformId: 'apple-business-chat',
      workspace: { onUnknown: 'block' },
    });
    expect(await world.guard.check(world.send())).toMatchObject({
      action: 'block',
      decision: { verdict: 'unknown', reason: 'window_unknown' },
    });
    await endpoint.post(inboundEvent(world));
    world.sandbox.clock.advance(365 * 24 * HOUR);
    expect((await world.guard.check(world.send())).decision).toMatchObject({ verdict: 'allow', validUntil: null });
    const failure = { code: 15_000, source: { name: 'apple-business-chat', code: 'window_closed' } };
    await endpoint.post(outboundEvent(world, { failure }));
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', decision: { verdict: 'deny' } });
  });

  it('events of a platform without a window are accepted and change nothing', async () => {
    const { world, endpoint, settle } = await startScene({ platformId: 'sms-messagebird' });
    world.customerWrites();
    await settle();
    await endpoint.post(outboundEvent(world));
    expect(endpoint.events).toHaveLength(2);
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ reason: 'no_service_window' });
  });
});
