import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSandbox } from 'freeform-guard/sandbox';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Consumer, createConsumer, PACKAGES_WITH_REDIS, projectRoot, tsc } from '../packaging/staged-package.js';
import { Random } from '../simulation/model/random.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';

const CUSTOMERS = 50;
const MESSAGES = 20;

let consumer: Consumer;

beforeAll(async () => {
  consumer = await createConsumer(PACKAGES_WITH_REDIS);
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

type Rows = readonly (readonly Message[])[];

/** The rows of messages, one per customer. */
const rowsOf = (customers: number, messages: number): Rows =>
  Array.from({ length: customers }, (_, customer) =>
    Array.from({ length: messages }, (_unused, number) => ({
      address: addressOf(customer),
      reference: `${customer}/${number}`,
    })),
  );

interface Scene {
  /** What a process needs to know, but for where it holds messages. */
  readonly env: Readonly<Record<string, string>>;
  /** The references under which somebody was asked to send, in order. */
  readonly released: string[];
  /** Called with each of them. */
  onRelease: () => void;
  /** All customers write. Returns the observations to pass to a process. */
  reply(): object;
}

async function createScene(rows: Rows): Promise<Scene> {
  const sandbox = await createSandbox({ readsPerSecond: 100_000, sendsPerSecond: 100_000 });
  onTestFinished(() => sandbox.close());
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: 'whatsapp' });
  const addresses = rows.map(([first]) => first?.address ?? '');
  const contacts = addresses.map((value) => workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }));
  const released: string[] = [];
  const releaseUrl = await startReceiver((reference) => {
    released.push(reference);
    scene.onRelease();
  });
  const scene: Scene = {
    env: {
      BIRD_URL: sandbox.url,
      RELEASE_URL: releaseUrl,
      ACCESS_KEY: workspace.accessKey,
      WORKSPACE_ID: workspace.id,
      CHANNEL_ID: channel.id,
    },
    released,
    onRelease: () => {},
    reply: () => {
      const at = sandbox.clock.now();
      for (const { id } of contacts) workspace.receiveInbound({ channelId: channel.id, contactId: id });
      return { reply: addresses.map((address) => ({ address, at })) };
    },
  };
  return scene;
}

/** Somebody to send to, who notes under which references it was asked. */
async function startReceiver(onRelease: (reference: string) => void): Promise<string> {
  const server = createServer(async (req, res) => {
    const chunks = await req.toArray();
    onRelease(Buffer.concat(chunks).toString());
    res.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Each row went in its order, and nothing of it was lost. */
function expectInOrder(released: readonly string[], rows: Rows): void {
  for (const row of rows) {
    const customer = `${row[0]?.reference.split('/')[0]}/`;
    const seen = released.filter((reference) => reference.startsWith(customer));
    // A repetition is of the one that was under way when the process was killed, and comes before the next.
    const once = seen.filter((reference, index) => reference !== seen[index - 1]);
    expect(once).toEqual(row.map(({ reference }) => reference));
  }
}

it('scenario 38: 1,000 held messages survive kill -9 at random points, and each is released once per reference', async () => {
  const random = new Random(1, 0);
  const rows = rowsOf(CUSTOMERS, MESSAGES);
  const scene = await createScene(rows);
  const { released } = scene;
  const env = { ...scene.env, STORE: join(consumer.directory, 'held.jsonl') };
  let kills = 0;

  // Each process holds until it is killed; what it has confirmed is not sent to the next one again.
  const held = new Set<string>();
  while (held.size < CUSTOMERS * MESSAGES) {
    const child = start(env);
    const killAt = held.size + random.between(100, 500);
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
  const reply = scene.reply();
  let isTold = false;
  const isDone = (): boolean => new Set(released).size === CUSTOMERS * MESSAGES;
  while (!isDone()) {
    const child = start(env);
    const killAt = released.length + random.between(100, 500);
    scene.onRelease = () => {
      if (released.length >= killAt || isDone()) kill(child);
    };
    if (!isTold) child.send(reply);
    isTold = true;
    await once(child, 'exit');
    kills += 1;
  }

  expectInOrder(released, rows);
  expect(released.length - CUSTOMERS * MESSAGES).toBeLessThanOrEqual(CUSTOMERS * kills);
  console.log(
    `${kills} processes killed, ${released.length - CUSTOMERS * MESSAGES} sends repeated under their reference`,
  );
}, 120_000);

describeWithRedis('processes that hold messages in Redis', () => {
  it('release each once per reference and in order, though one of them is killed while it does', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const rows = rowsOf(10, 6);
    const scene = await createScene(rows);
    const { released } = scene;
    const env = { ...scene.env, REDIS_PORT: String(server.port) };
    const [one, two] = [start(env), start(env)];
    // Each row is of both: what the one has confirmed is there before the other adds to it.
    for (let number = 0; number < 6; number += 1) {
      await hold(
        number % 2 === 0 ? one : two,
        rows.flatMap((row) => row.slice(number, number + 1)),
      );
    }
    expect(released).toEqual([]);

    scene.onRelease = () => {
      if (released.length === 15) kill(one);
    };
    const reply = scene.reply();
    for (const child of [one, two]) child.send(reply);
    await once(one, 'exit');
    const locks = await server.client.keys('ffg:hl:*');
    for (const name of locks) {
      // Redis reads its clock once per round of its loop, so that 60,001 has been seen.
      expect(await server.client.pTTL(name)).toBeLessThanOrEqual(60_010);
      // As if that time were over.
      await server.client.pExpire(name, 1);
    }
    await expect.poll(() => new Set(released).size).toBe(60);
    await expect.poll(() => server.client.keys('ffg:h[rb]:*')).toEqual([]);
    expectInOrder(released, rows);
    // Of each row that was released by the one when it was killed, a single message at most.
    expect(released.length - 60).toBeLessThanOrEqual(rows.length);
  });
});

/** Has a process hold these, and waits until it has confirmed all of them. */
async function hold(child: ChildProcess, messages: readonly Message[]): Promise<void> {
  let left = messages.length;
  const done = new Promise<void>((resolve, reject) => {
    child.on('message', ({ reference, action }: { reference: string; action: string }) => {
      left -= 1;
      if (action !== 'hold') reject(new Error(`${reference}: ${action}`));
      else if (left === 0) resolve();
    });
  });
  child.send({ hold: messages });
  await done;
  child.removeAllListeners('message');
}

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
