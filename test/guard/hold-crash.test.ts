import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSandbox } from 'freeform-guard/sandbox';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Consumer, createConsumer, projectRoot, tsc } from '../packaging/staged-package.js';
import { Random } from '../simulation/random.js';

const CUSTOMERS = 50;
const MESSAGES = 20;

let consumer: Consumer;

beforeAll(async () => {
  consumer = await createConsumer(['date-fns', 'lru-cache', 'p-retry', 'is-network-error']);
  await tsc('-p', join(projectRoot, 'examples'), '--outDir', consumer.directory, '--noCheck');
  await writeFile(join(consumer.directory, 'package.json'), '{"type":"module"}');
  await copyFile(
    join(projectRoot, 'test/support/holding-process.mjs'),
    join(consumer.directory, 'holding-process.mjs'),
  );
}, 60_000);

afterAll(() => consumer?.remove());

interface Message {
  readonly address: string;
  readonly reference: string;
}

const addressOf = (customer: number): string => `+3161200${String(1000 + customer)}`;

/** The rows of messages, one per customer. */
const rows: readonly (readonly Message[])[] = Array.from({ length: CUSTOMERS }, (_, customer) =>
  Array.from({ length: MESSAGES }, (_unused, number) => ({
    address: addressOf(customer),
    reference: `${customer}/${number}`,
  })),
);

/** Somebody to send to, who notes under which references it was asked. */
async function startReceiver(released: string[], onRelease: () => void): Promise<string> {
  const server = createServer(async (req, res) => {
    const chunks = await req.toArray();
    released.push(Buffer.concat(chunks).toString());
    onRelease();
    res.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it('scenario 38: 1,000 held messages survive kill -9 at random points, and each is released once per reference', async () => {
  const random = new Random(1, 0);
  const sandbox = await createSandbox({ readsPerSecond: 100_000, sendsPerSecond: 100_000 });
  onTestFinished(() => sandbox.close());
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: 'whatsapp' });
  const contacts = rows.map(([first]) => {
    const identifiers = [{ key: 'phonenumber', value: first?.address ?? '' }];
    return workspace.addContact({ identifiers });
  });
  const released: string[] = [];
  let onRelease = (): void => {};
  const env = {
    BIRD_URL: sandbox.url,
    RELEASE_URL: await startReceiver(released, () => onRelease()),
    STORE: join(consumer.directory, 'held.jsonl'),
    ACCESS_KEY: workspace.accessKey,
    WORKSPACE_ID: workspace.id,
    CHANNEL_ID: channel.id,
  };
  let kills = 0;

  // Each process holds until it is killed; what it has confirmed is not sent to the next one again.
  const held = new Set<string>();
  while (held.size < CUSTOMERS * MESSAGES) {
    const child = start(env);
    const killAt = held.size + random.between(20, 400);
    child.on('message', ({ reference, action }: { reference: string; action: string }) => {
      if (action !== 'hold') throw new Error(`${reference}: ${action}`);
      held.add(reference);
      if (held.size >= killAt || held.size === CUSTOMERS * MESSAGES) kill(child);
    });
    for (const row of rows) child.send({ hold: row.filter(({ reference }) => !held.has(reference)) });
    await once(child, 'exit');
    kills += 1;
  }
  expect(released).toEqual([]);
  expect(kills).toBeGreaterThan(3);

  // The customers write; the first process hears of it, and those after it find out by themselves.
  const at = sandbox.clock.now();
  for (const { id } of contacts) workspace.receiveInbound({ channelId: channel.id, contactId: id });
  let isTold = false;
  const isDone = (): boolean => new Set(released).size === CUSTOMERS * MESSAGES;
  while (!isDone()) {
    const child = start(env);
    const killAt = released.length + random.between(20, 400);
    onRelease = () => {
      if (released.length >= killAt || isDone()) kill(child);
    };
    if (!isTold) child.send({ reply: rows.map(([first]) => ({ address: first?.address, at })) });
    isTold = true;
    await once(child, 'exit');
    kills += 1;
  }

  for (const row of rows) {
    const customer = `${row[0]?.reference.split('/')[0]}/`;
    const seen = released.filter((reference) => reference.startsWith(customer));
    // A repetition is of the one that was under way when the process was killed, and comes before the next.
    const once = seen.filter((reference, index) => reference !== seen[index - 1]);
    expect(once).toEqual(row.map(({ reference }) => reference));
  }
  expect(released.length - CUSTOMERS * MESSAGES).toBeLessThanOrEqual(CUSTOMERS * kills);
  console.log(
    `${kills} processes killed, ${released.length - CUSTOMERS * MESSAGES} sends repeated under their reference`,
  );
}, 60_000);

function start(env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, ['holding-process.mjs'], {
    cwd: consumer.directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function kill(child: ChildProcess): void {
  child.kill('SIGKILL');
}
