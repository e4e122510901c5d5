import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import {
  createGuard,
  type Guard,
  memoryStore,
  type Store,
  type WebhookReceiver,
  type WindowEvidence,
  webhookReceiver,
} from 'freeform-guard';
import type { BirdContact } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import { signWebhook } from '../../../src/bird/webhook-signature.js';
import { keepSecret } from '../../support/canary.js';
import { createWorld, PHONE, type World } from '../../support/world.js';
import { HOUR, inboundEvent, KEY, type MessageEvent, MINUTE, outboundEvent } from './webhook-endpoint.js';

const OTHER_PHONE = '+31687654321';
const publicUrl = 'https://hooks.example.com/bird';

function receiverOf(world: World, guard: Guard): WebhookReceiver {
  return webhookReceiver(guard, { publicUrl, workspaceId: world.workspace.id, signingKeys: [KEY] });
}

/** Hands an event to a receiver without a socket in between, for tests that need very many; gives the status. */
function deliver({ sandbox }: World, receiver: WebhookReceiver, event: MessageEvent): Promise<number> {
  const body = Buffer.from(JSON.stringify(event));
  const timestamp = String(Math.floor(sandbox.clock.now() / 1000));
  const req = new IncomingMessage(new Socket());
  const signature = signWebhook({ timestamp, url: publicUrl, body }, KEY);
  const headers = { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp };
  Object.assign(req, { method: 'POST', headers, rawBody: body });
  const res = new ServerResponse(req);
  return new Promise((resolve) => {
    res.end = function end(this: ServerResponse): ServerResponse {
      resolve(this.statusCode);
      return this;
    };
    receiver(req, res);
  });
}

describe('any order, and any repetition, of a log of events', () => {
  type Step = 'wrote' | 'wrote_about_then' | 'refused' | 'lost' | 'sent' | 'moved';
  const steps: readonly Step[] = ['wrote', 'wrote_about_then', 'refused', 'lost', 'sent', 'moved'];
  const phones = [PHONE, OTHER_PHONE];

  function eventOf(world: World, step: Step, phone: string): MessageEvent {
    const contact = { id: world.contact.id, identifierKey: 'phonenumber', identifierValue: phone };
    const from = { sender: { contact } };
    const to = { receiver: { contacts: [contact] } };
    switch (step) {
      case 'wrote':
        return inboundEvent(world, from);
      case 'wrote_about_then':
        return inboundEvent(world, { ...from, meta: {} });
      case 'moved':
        return inboundEvent(world, { ...from, body: { type: 'system', system: { type: 'user_changed_number' } } });
      case 'refused':
        return outboundEvent(world, to);
      case 'lost':
        return outboundEvent(world, { ...to, failure: undefined });
      case 'sent':
        return outboundEvent(world, { ...to, status: 'sent', failure: undefined });
    }
  }

  /** Everything that a guard of its own remembers after these events, half of which another process receives. */
  async function learn(world: World, log: readonly MessageEvent[]): Promise<unknown> {
    const store = memoryStore();
    const watched = new Map<string, WindowEvidence>();
    const watching: Store = {
      ...store,
      merge: (key, evidence) => {
        store.merge(key, evidence);
        const { sent = [], ...rest } = store.get(key) as WindowEvidence;
        watched.set(JSON.stringify(key), { ...rest, sent });
      },
    };
    const options = { workspaces: { [world.workspace.id]: world.workspaceOptions }, clock: world.sandbox.clock };
    const guard = createGuard({ ...options, store: watching });
    const receivers = [receiverOf(world, guard), receiverOf(world, guard)];
    for (const [index, event] of log.entries()) {
      const receiver = receivers[index % 2] ?? receiverOf(world, guard);
      expect(await deliver(world, receiver, event)).toBe(200);
    }
    const verdicts = phones.map((identifierValue) => {
      const contact = { identifierKey: 'phonenumber', identifierValue };
      return guard.peek(world.send({ contact }))?.decision;
    });
    return { verdicts, remembered: [...watched].toSorted(([one], [other]) => (one < other ? -1 : 1)) };
  }

  it('gives the same knowledge [W1, W2, W4]', { timeout: 60_000 }, async () => {
    keepSecret(OTHER_PHONE);
    const world = await createWorld({ platformId: 'tiktok', sandbox: { readsPerSecond: Number.POSITIVE_INFINITY } });
    const step = fc.record({
      step: fc.constantFrom(...steps),
      phone: fc.constantFrom(...phones),
      afterMs: fc.integer({ min: 0, max: 2 * HOUR }),
    });
    const logs = fc.array(step, { minLength: 1, maxLength: 8 }).chain((script) => {
      const indexes = script.map((_, index) => index);
      const repeated = fc.array(fc.constantFrom(...indexes), { maxLength: 6 });
      const order = repeated.chain((extra) => {
        const all = [...indexes, ...extra];
        return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
      });
      return fc.record({ script: fc.constant(script), order });
    });
    await fc.assert(
      fc.asyncProperty(logs, async ({ script, order }) => {
        const log = script.map(({ step: kind, phone, afterMs }) => {
          world.sandbox.clock.advance(afterMs);
          return eventOf(world, kind, phone);
        });
        world.sandbox.clock.advance(MINUTE);
        const inAnyOrder = order.flatMap((index) => log[index] ?? []);
        expect(await learn(world, inAnyOrder)).toEqual(await learn(world, log));
      }),
      { numRuns: 50 },
    );
  });

  it('gives the same decisions, doubts included, since Bird settles them [W1, W2]', { timeout: 60_000 }, async () => {
    keepSecret(OTHER_PHONE);
    const sandbox = { readsPerSecond: Number.POSITIVE_INFINITY, sendsPerSecond: Number.POSITIVE_INFINITY };
    const world = await createWorld({ sandbox });
    const { workspace, channel } = world;
    const contacts = phones.map((value, index): BirdContact => {
      return index === 0 ? world.contact : workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
    });
    const script = fc.array(
      fc.record({
        isDoubt: fc.boolean(),
        who: fc.constantFrom(0, 1),
        afterMs: fc.integer({ min: 0, max: 30 * HOUR }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const decide = async (log: readonly MessageEvent[]): Promise<readonly string[]> => {
      const options = { workspaces: { [workspace.id]: world.workspaceOptions }, clock: world.sandbox.clock };
      const guard = createGuard(options);
      const receiver = receiverOf(world, guard);
      for (const event of log) await deliver(world, receiver, event);
      const sends = phones.map((identifierValue) => {
        return world.send({ contact: { identifierKey: 'phonenumber', identifierValue } });
      });
      const outcomes = await guard.checkAll(sends);
      return outcomes.map(({ decision }) => `${decision.verdict} ${decision.reason}`);
    };
    await fc.assert(
      fc.asyncProperty(script, fc.infiniteStream(fc.nat()), async (happened, chance) => {
        const log = happened.map(({ isDoubt, who, afterMs }) => {
          world.sandbox.clock.advance(afterMs);
          const contact = contacts[who] ?? world.contact;
          const ids = { channelId: channel.id, contactId: contact.id };
          const body = isDoubt ? { type: 'hologram' } : undefined;
          const payload = workspace.receiveInbound({ ...ids, body, opensWindow: !isDoubt });
          return { service: 'channels', event: 'whatsapp.inbound', payload: { ...payload } };
        });
        const drawn = [...log, ...log].map((event) => ({ event, at: chance.next().value }));
        const inAnyOrder = drawn.toSorted((one, other) => one.at - other.at).map(({ event }) => event);
        expect(await decide(inAnyOrder)).toEqual(await decide(log));
      }),
      { numRuns: 50 },
    );
  });
});
