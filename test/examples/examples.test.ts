import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSandbox } from 'freeform-guard/sandbox';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Consumer, createConsumer, projectRoot, tsc } from '../packaging/staged-package.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';

let consumer: Consumer;

beforeAll(async () => {
  const manifest = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  consumer = await createConsumer([...Object.keys(manifest.dependencies), 'express', 'redis']);
  await tsc('-p', join(projectRoot, 'examples'), '--outDir', consumer.directory, '--noCheck');
  await writeFile(join(consumer.directory, 'package.json'), '{"type":"module"}');
}, 60_000);

afterAll(() => consumer?.remove());

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(program: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [program], { cwd: consumer.directory, env: { ...process.env, ...env } });
}

async function runToEnd(program: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = start(program, env);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (output.stdout += chunk));
  child.stderr?.on('data', (chunk) => (output.stderr += chunk));
  const [status] = await once(child, 'close');
  return { status, ...output };
}

it('the demo shows each step, ends by itself and succeeds', async () => {
  const { status, stdout, stderr } = await runToEnd('demo.js');
  expect(stderr).toBe('');
  expect(stdout.match(/HTTP \d+ .*$/gm)).toEqual([
    'HTTP 202  Freeform-Window: verdict=allow;reason=service_window_open, source=bird  (Bird has it)',
    'HTTP 202  Freeform-Window: verdict=allow;reason=service_window_open, source=memory  (Bird has it)',
    'HTTP 409  Freeform-Window: verdict=deny;reason=service_window_closed, source=bird  (nothing was sent)',
    'HTTP 202  Freeform-Window: verdict=deny;reason=service_window_closed, source=bird, action=reroute, sends=1  (Bird has it)',
    'HTTP 202  Freeform-Window: verdict=deny;reason=service_window_closed, source=bird, action=reroute, sends=1  (Bird has it)',
    'HTTP 202  Freeform-Window: verdict=deny;reason=service_window_closed, source=bird, action=hold, sends=0, held=1  (nothing was sent)',
    'HTTP 202  Freeform-Window: verdict=allow;reason=template, source=none  (Bird has it)',
    'HTTP 202  Freeform-Window: verdict=allow;reason=no_service_window, source=bird  (Bird has it)',
    'HTTP 202  Freeform-Window: verdict=allow;reason=service_window_open, source=bird  (Bird has it)',
  ]);
  expect(stdout).toContain('"code": "service_window_closed"');
  expect(stdout).toContain('status: delivery_failed');
  expect(stdout).toContain('11 Bird reads for 58 guarded sends');
  expect(stdout).toContain(
    'Enforce is on: 4 of 58 messages (6.9 %) in this log were not sent as they are: 1 blocked, 2 rerouted, 1 held.',
  );
  const [, page = ''] = /\nOpen it: (file:.+\.html)\n$/.exec(stdout) ?? [];
  expect(await readFile(new URL(page), 'utf8')).toContain('Enforce is on: 4 of 58 messages');
  await rm(new URL('.', page), { recursive: true });
  expect(stdout.match(/The customer receives.*$/gm)).toEqual([
    'The customer receives on whatsapp: "News of your parcel: Your parcel arrives at noon."',
    'The customer receives on sms-messagebird: "Your parcel arrives at noon."',
    'The customer receives nothing.',
    'The customer receives on whatsapp: "Your parcel arrives at noon."',
  ]);
  expect(status).toBe(0);
});

it.each([
  [
    'reroute-to-template.js',
    [
      'by whatsapp (template): "News from your shop: Your parcel arrives at noon."',
      'by whatsapp (template): "News from your shop: We tried to deliver it twice. The driver left a note, and it"',
      'by whatsapp (template): "News from your shop: is now with your neighbour at number 12."',
    ],
  ],
  ['fallback-to-sms.js', ['by sms-messagebird (text): "Your parcel arrives at noon."']],
  [
    'hold-until-reply.js',
    [
      'by whatsapp (template): "News from your shop: There is news. Write to us to get it."',
      'by whatsapp (text): "Your parcel is at the depot."',
      'by whatsapp (text): "You can pick it up until eight."',
    ],
  ],
])('%s runs, and the customer receives what it says', async (program, received) => {
  const { status, stdout, stderr } = await runToEnd(program);
  expect(stderr).toBe('');
  expect(stdout.match(/(?<=The customer received ).*$/gm)).toEqual(received);
  expect(status).toBe(0);
});

it('campaign.js decides about 200 strangers, and lets an agent reply meanwhile', async () => {
  const { status, stdout, stderr } = await runToEnd('campaign.js');
  expect(stderr).toBe('');
  expect(stdout).toContain("The agent's reply: service_window_open after 0 ms");
  expect(stdout).toContain('The campaign: 50 service_window_open');
  expect(stdout).toContain('The campaign: 150 service_window_closed');
  expect(Number(/(?<=It took )\d+(?= s)/.exec(stdout)?.[0])).toBeLessThanOrEqual(20);
  expect(Number(/(?<=busiest second: )\d+/.exec(stdout)?.[0])).toBeLessThanOrEqual(50);
  expect(status).toBe(0);
});

describeWithRedis('with-redis.js', () => {
  it('runs, and what one process is told the other knows', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const env = { REDIS_URL: `redis://127.0.0.1:${server.port}` };
    const { status, stdout, stderr } = await runToEnd('with-redis.js', env);
    // On a busy machine Redis may be late; that is said, and changes nothing.
    expect(stderr).toMatch(/^(\[freeform-guard\] (Store unavailable or slow; |The store works again ).*\n)*$/);
    expect(stdout.match(/(?<=^ +)\w+: .*$/gm)).toEqual([
      'one: block, by bird',
      'two: block, by bird',
      'one: send, by memory',
      'two: send, by memory',
      'one: block, by bird',
      'two: block, by bird',
    ]);
    expect(status).toBe(0);
  });
});

it('the demo fails and names the step where one gives what it should not', async () => {
  const demo = await readFile(join(consumer.directory, 'demo.js'), 'utf8');
  await writeFile(join(consumer.directory, 'demo-that-fails.js'), demo.replace('hours: 24', 'hours: 23'));
  const { status, stderr } = await runToEnd('demo-that-fails.js');
  expect(status).toBe(1);
  expect(stderr).toContain('Wrong: "The same reply, a day later": the status is 202, but should be 409');
});

it('the quick start blocks a late reply and forwards one that is not late', async () => {
  const sandbox = await createSandbox();
  onTestFinished(() => sandbox.close());
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: 'whatsapp' });
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+12025550123' }] });
  const port = await freePort();
  const child = start('express-quick-start.js', {
    BIRD_URL: sandbox.url,
    ACCESS_KEY: workspace.accessKey,
    WORKSPACE_ID: workspace.id,
    CHANNEL_ID: channel.id,
    PORT: String(port),
  });
  onTestFinished(() => void child.kill());

  const url = `http://127.0.0.1:${port}/workspaces/${workspace.id}/channels/${channel.id}/messages`;
  const message = {
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: '+12025550123' }] },
    body: { type: 'text', text: { text: 'Hello' } },
  };
  const late = await postOnceListening(child, url, message);
  expect(late.status).toBe(409);
  expect(late.headers.get('freeform-window')).toBe('verdict=deny;reason=service_window_closed, source=bird');
  expect(await late.json()).toMatchObject({ code: 'service_window_closed', closedAt: null });
  expect(sandbox.messages()).toEqual([]);

  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
  const inTime = await postOnceListening(child, url, message);
  expect(inTime.status).toBe(202);
  expect(inTime.headers.get('freeform-window')).toBe('verdict=allow;reason=service_window_open, source=bird');
  expect(sandbox.messages().map(({ id }) => id)).toEqual([((await inTime.json()) as { id: string }).id]);
});

/** The child says nothing when it listens, so it is asked until it answers. */
async function postOnceListening(child: ChildProcess, url: string, message: unknown): Promise<Response> {
  const body = JSON.stringify(message);
  for (;;) {
    try {
      return await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    } catch (error) {
      if (child.exitCode !== null) throw new Error('The example ended by itself', { cause: error });
      await sleep(20);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
