// The receiver on a host that has a Request and wants a Response. What it makes of an event is in webhook-receiver.test.ts.
import { type WebhookReceiver, type WebhookReceiverOptions, webhookReceiver } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { signWebhook } from '../../../src/bird/webhook-signature.js';
import { keepSecret, recordLetOut } from '../../support/canary.js';
import { createSmallWorld, signal } from '../../support/service.js';
import type { World } from '../../support/world.js';
import { inboundEvent, KEY } from './webhook-endpoint.js';

const URL = 'https://example.com/webhooks/bird';

function receiverOf({ guard, workspace }: World, options: Partial<WebhookReceiverOptions> = {}): WebhookReceiver {
  keepSecret(KEY);
  return webhookReceiver(guard, { publicUrl: URL, workspaceId: workspace.id, signingKeys: [KEY], ...options });
}

function signed({ sandbox }: World, event: unknown, init: RequestInit = {}): Request {
  const body = Buffer.from(JSON.stringify(event));
  const timestamp = String(Math.floor(sandbox.clock.now() / 1000));
  const signature = signWebhook({ timestamp, url: URL, body }, KEY);
  const headers = { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp };
  return new Request('https://behind-a-proxy/', { method: 'POST', headers, body, ...init });
}

async function answerOf(answer: Response | Promise<Response>): Promise<readonly [number, unknown]> {
  const response = await answer;
  const text = await response.text();
  recordLetOut('answer of receiver.fetch', [[...response.headers], text]);
  return [response.status, text === '' ? undefined : JSON.parse(text).code];
}

describe('receiver.fetch', () => {
  it('accepts an event, and tells the application once', async () => {
    const world = await createSmallWorld();
    const onEvent = vi.fn();
    const receiver = receiverOf(world, { onEvent });
    const event = inboundEvent(world);
    for (let deliveries = 0; deliveries < 2; deliveries += 1) {
      expect(await answerOf(receiver.fetch(signed(world, event)))).toEqual([200, 'accepted']);
    }
    expect(onEvent.mock.calls).toEqual([[event]]);
    expect((await world.guard.check(world.send())).source).toBe('memory');
    expect(world.reads()).toBe(1);
  });

  it.each<[string, (world: World) => Request | Promise<Request>, number, string]>([
    ['no POST', () => new Request(URL), 405, 'method_not_allowed'],
    ['no signature', () => new Request(URL, { method: 'POST', body: '{}' }), 401, 'signature_invalid'],
    ['no body', () => new Request(URL, { method: 'POST' }), 401, 'signature_invalid'],
    [
      'a body that says it is too large',
      () => new Request(URL, { method: 'POST', body: '{}', headers: { 'content-length': '1048577' } }),
      413,
      'body_too_large',
    ],
    [
      'a body that is too large',
      () => new Request(URL, { method: 'POST', body: 'a'.repeat(1_048_577) }),
      413,
      'body_too_large',
    ],
    [
      'a body that was read before',
      async (world) => {
        const request = signed(world, inboundEvent(world));
        await request.text();
        return request;
      },
      500,
      'raw_body_required',
    ],
    ['no JSON object', (world) => signed(world, []), 400, 'malformed_event'],
  ])('answers %s', async (_, requestOf, status, code) => {
    const world = await createSmallWorld();
    expect(await answerOf(receiverOf(world).fetch(await requestOf(world)))).toEqual([status, code]);
  });

  it('does not wait for a body that never ends, or for one whose client has left', async () => {
    const world = await createSmallWorld();
    const asked = signal();
    const cancel = vi.fn();
    const pull = (): Promise<void> => {
      asked.resolve();
      return new Promise(() => {});
    };
    const endless = new ReadableStream({ pull, cancel });
    const answer = receiverOf(world).fetch(new Request(URL, { method: 'POST', body: endless, duplex: 'half' }));
    await asked.promise;
    world.sandbox.clock.advance(5_000);
    expect(await answerOf(answer)).toEqual([408, 'body_too_slow']);
    expect(cancel).toHaveBeenCalledOnce();
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
    const left = new Request(URL, { method: 'POST', body: broken, duplex: 'half' });
    expect(await answerOf(receiverOf(world).fetch(left))).toEqual([499, undefined]);
  });
});
