import { type JobsOptions, Queue, QueueEvents, Worker } from 'bullmq';
import type { SendRequest } from 'freeform-guard';
import { holdUntilReply, toChannel, webhookReceiver } from 'freeform-guard';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createProcessor } from '../../examples/hosts/bullmq.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { aTemplate, createRerouteWorld, inTemplate, type PoliciesOf, type RerouteWorld } from '../support/reroute.js';
import { PHONE, TEXT, type WorldOptions } from '../support/world.js';

describeWithRedis('BullMQ', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis('--maxmemory-policy', 'noeviction');
  });
  afterAll(() => redis?.stop());

  interface Ended {
    readonly state: string;
    readonly attempts: number;
    readonly failedReason: string | undefined;
    readonly result: unknown;
  }

  /** Runs one job by the recipe's processor, with real queues, until it is done or has failed for good. */
  async function runJob(
    world: RerouteWorld,
    options: JobsOptions = {},
    send: Partial<SendRequest> = {},
  ): Promise<Ended> {
    const connection = { host: '127.0.0.1', port: redis.port };
    const name = `sends-${crypto.randomUUID()}`;
    const { guard, sandbox, workspace } = world;
    const receiver = webhookReceiver(guard, {
      publicUrl: 'https://example.com/',
      workspaceId: workspace.id,
      signingKeys: ['a key'],
    });
    const processor = createProcessor({
      ...{ guard, receiver },
      sendToBird: async ({ channelId, message }) => {
        const headers = { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' };
        const url = `${sandbox.url}/workspaces/${workspace.id}/channels/${channelId}/messages`;
        await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
      },
    });
    const [queue, events] = [new Queue<SendRequest>(name, { connection }), new QueueEvents(name, { connection })];
    const worker = new Worker<SendRequest>(name, processor, { connection });
    onTestFinished(() => Promise.all([worker.close(), queue.close(), events.close()]).then(() => undefined));
    await events.waitUntilReady();
    const job = await queue.add('send', world.send(send), { attempts: 3, ...options });
    await job.waitUntilFinished(events).catch(() => undefined);
    const ended = await queue.getJob(job.id ?? '');
    return {
      state: (await ended?.getState()) ?? 'gone',
      attempts: ended?.attemptsMade ?? 0,
      failedReason: ended?.failedReason,
      result: ended?.returnvalue,
    };
  }

  async function jobIn(
    onClosed: PoliciesOf,
    options?: WorldOptions,
  ): Promise<{ readonly world: RerouteWorld; readonly ended: Ended }> {
    const world = await createRerouteWorld(onClosed, options);
    return { world, ended: await runJob(world) };
  }

  it('sends while the window is open', async () => {
    const world = await createRerouteWorld(() => 'block');
    world.customerWrites();
    expect(await runJob(world)).toMatchObject({ state: 'completed', attempts: 1, result: { sent: 1 } });
    expect(world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT, to: PHONE }]);
  });

  it('gives up at once what is denied', async () => {
    const { world, ended } = await jobIn(() => 'block');
    expect(ended).toMatchObject({ state: 'failed', attempts: 1, failedReason: 'service_window_closed' });
    expect(world.arrivals()).toEqual([]);
  });

  it('tries again what is unknown, and sends it when Bird is back', async () => {
    const world = await createRerouteWorld(() => 'block', { workspace: { onUnknown: 'block' } });
    world.customerWrites();
    let failures = 0;
    world.sandbox.setFault(({ method }) => (method === 'GET' && ++failures <= 1 ? { status: 501 } : undefined));
    expect(await runJob(world)).toMatchObject({ state: 'completed', attempts: 2 });
    expect(world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT }]);
    const contact = { identifierKey: 'phonenumber', identifierValue: '+31612345600' };
    const unknown = await runJob(world, { attempts: 2 }, { contact });
    expect(unknown).toMatchObject({ state: 'failed', attempts: 2, failedReason: 'contact_not_found' });
  });

  it('is done with what is held, which goes out when the customer writes', async () => {
    const { world, ended } = await jobIn(() => holdUntilReply());
    expect(ended).toMatchObject({ state: 'completed', attempts: 1, result: { held: expect.any(String) } });
    expect(world.arrivals()).toEqual([]);
    world.customerWrites();
    const { workspace, channel, sandbox } = world;
    world.guard.observeInbound({
      workspaceId: workspace.id,
      channelId: channel.id,
      address: PHONE,
      at: sandbox.clock.now(),
    });
    await expect.poll(() => world.arrivals()).toMatchObject([{ kind: 'text', text: TEXT }]);
  });

  it('sends what replaces a late message: a template in parts, or by another channel', async () => {
    const split = await jobIn(() => aTemplate({ maxLength: 25 }));
    expect(split.ended).toMatchObject({ state: 'completed', result: { sent: 2 } });
    expect(split.world.arrivals().map(({ text }) => text)).toEqual(
      [TEXT.slice(0, TEXT.lastIndexOf(' ', 25)), TEXT.slice(TEXT.lastIndexOf(' ', 25) + 1)].map(inTemplate),
    );
    const sms = await jobIn((world) => toChannel({ channels: [world.sms.id] }));
    expect(sms.world.arrivals()).toMatchObject([{ channelId: sms.world.sms.id, text: TEXT }]);
  });
});
