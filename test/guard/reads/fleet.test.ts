import { createGuard, type Guard } from 'freeform-guard';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { connectedStore, newPrefix, timeoutMs } from '../../redis/support.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { createWorld, PHONE, recordingLogger, TEXT, textMessage, type World } from '../../support/world.js';
import { countOf, holdAnswers, turns } from '../support.js';

let server: RedisServer;

/** Guards as in so many processes, each with a store of its own on one Redis. */
async function fleet(count: number): Promise<{ world: World; guards: Guard[]; prefix: string }> {
  const prefix = newPrefix();
  const world = await createWorld();
  const options = { clock: world.sandbox.clock, timeoutMs, prefix };
  const guards: Guard[] = [];
  for (let process = 0; process < count; process += 1) {
    const guard = createGuard({
      workspaces: { [world.workspace.id]: world.workspaceOptions },
      clock: world.sandbox.clock,
      logger: recordingLogger(world.logs),
      store: await connectedStore(server.port, options),
    });
    onTestFinished(() => void guard.close());
    guards.push(guard);
  }
  return { world, guards, prefix };
}

/** Each process asks for the channel itself: here by a message to somebody else. */
async function learnChannel(world: World, guards: readonly Guard[]): Promise<void> {
  const { id } = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+31600000001' }] });
  for (const guard of guards) await guard.check(world.send({ contact: { id } }));
}

/** How often Redis has run a command, as part of a script too. */
async function callsOf(command: string): Promise<number> {
  const stats = await server.client.info('commandstats');
  const [, calls] = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats) ?? [];
  return Number(calls ?? 0);
}

describeWithRedis('guards that share a Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  it.each(['closed', 'open'])('that miss on one %s window at once ask Bird for it at most twice', async (state) => {
    const { world, guards } = await fleet(6);
    await learnChannel(world, guards);
    if (state === 'open') world.customerWrites();
    const [joined, taken] = [await callsOf('hmget'), await callsOf('get')];
    const contactReads = countOf(world.sandbox, 'contact');
    const reads = holdAnswers(world.sandbox, 'contact');
    const send = world.send({ contact: { id: world.contact.id, identifierValue: PHONE } });
    const checked = Promise.all(guards.flatMap((guard) => [guard.check(send), guard.check(send)]));
    const release = await reads.next();
    // All of them, and the one that reads has taken its read.
    const hasJoined = async (): Promise<number> => (await callsOf('hmget')) - joined;
    await expect.poll(hasJoined, { interval: 1 }).toBeGreaterThanOrEqual(guards.length);
    expect(await callsOf('get')).toBeGreaterThan(taken);
    release();
    (await reads.next())();
    for (const { action } of await checked) expect(action).toBe(state === 'open' ? 'send' : 'block');
    expect(countOf(world.sandbox, 'contact') - contactReads).toBe(2);
  });

  it('each search for their part of the contacts, lest all together leave no room for the sends', async () => {
    const { world, guards } = await fleet(1);
    await learnChannel(world, guards);
    const before = countOf(world.sandbox, 'search');
    const sends = Array.from({ length: 60 }, (_, index) => {
      const contact = { identifierKey: 'phonenumber', identifierValue: `+316700000${10 + index}` };
      return world.send({ contact, message: textMessage({ receiver: { contacts: [contact] } }) });
    });
    const checked = guards[0]?.checkAll(sends);
    // A fourth of 50 at once; the clock stands still.
    await expect.poll(() => countOf(world.sandbox, 'search') - before, { interval: 1 }).toBe(12);
    await turns(50);
    expect(countOf(world.sandbox, 'search') - before).toBe(12);
    world.sandbox.clock.advance(800);
    await checked;
  });

  it('ask Bird no more for a window that one of them has found open', async () => {
    const { world, guards } = await fleet(3);
    world.customerWrites();
    await learnChannel(world, guards);
    await guards[0]?.check(world.send());
    const reads = world.reads();
    for (const guard of guards) {
      await expect.poll(() => guard.check(world.send()), { interval: 1 }).toMatchObject({ source: 'memory' });
    }
    expect(world.reads()).toBe(reads);
  });

  it('block on nothing that was read before they were asked', async () => {
    const { world, guards } = await fleet(2);
    const [one, two] = guards;
    const send = world.send({ contact: { id: world.contact.id } });
    expect((await one?.check(send))?.action).toBe('block');
    world.customerWrites();
    expect((await two?.check(send))?.action).toBe('send');
    world.sandbox.clock.advance({ hours: 25 });
    expect((await one?.check(send))?.action).toBe('block');
    expect((await two?.check(send))?.action).toBe('block');
  });

  it('open and close a window together, whoever was told', async () => {
    const { world, guards } = await fleet(3);
    const [one, two, three] = guards;
    const at = world.sandbox.clock.now();
    const contact = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    // Channels are asked for by each process.
    for (const guard of guards) await guard.check(world.send());
    const reads = world.reads();
    await one?.observeInbound({ ...contact, at });
    await expect.poll(() => two?.check(world.send()), { interval: 1 }).toMatchObject({ source: 'memory' });
    expect(await three?.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    await three?.observeRefusal({ ...contact, sentAt: at + 1, code: 131047 });
    world.sandbox.clock.advance(10);
    await three?.observeRefusal({ ...contact, sentAt: at + 5, code: 131047 });
    await expect.poll(() => one?.check(world.send()), { interval: 1 }).toMatchObject({ action: 'block' });
    expect(await two?.check(world.send())).toMatchObject({ action: 'block', source: 'bird' });
    expect(world.reads()).toBeGreaterThan(reads);
  });

  it('leave nothing in Redis that holds a phone number, a message or a key [S17]', async () => {
    const { world, guards, prefix } = await fleet(2);
    world.customerWrites();
    for (const guard of guards) await guard.check(world.send());
    const contact = { workspaceId: world.workspace.id, channelId: world.channel.id, contactId: world.contact.id };
    await guards[0]?.observeInbound({ ...contact, address: PHONE, at: world.sandbox.clock.now(), messageId: 'm' });
    await guards[1]?.observeRefusal({ ...contact, address: PHONE, sentAt: world.sandbox.clock.now(), code: 131047 });
    world.sandbox.clock.advance({ hours: 30 });
    for (const guard of guards) await guard.check(world.send());
    await guards[0]?.forget({ workspaceId: world.workspace.id });
    const names = await server.client.keys('*');
    const dumps = await Promise.all(names.map((name) => server.client.sendCommand(['DUMP', name])));
    const values = await Promise.all(names.map((name) => server.client.get(name).catch(() => '')));
    const hashes = await Promise.all(names.map((name) => server.client.hGetAll(name).catch(() => '')));
    expect(names.filter((name) => name.startsWith(prefix)).length).toBeGreaterThanOrEqual(5);
    const all = JSON.stringify([names, dumps, values, hashes]);
    const { workspace, channel, contact: birdContact } = world;
    for (const secret of [PHONE.slice(1), TEXT, workspace.accessKey, workspace.id, channel.id, birdContact.id]) {
      expect(all).not.toContain(secret);
    }
  });
});
