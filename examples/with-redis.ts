// Two processes of one service: what one of them is told, the other knows. REDIS_URL says where their Redis is.
import { setTimeout as sleep } from 'node:timers/promises';
import { createGuard, type Guard } from 'freeform-guard';
import { type RedisStore, redisStore } from 'freeform-guard/redis';
import { createSandbox } from 'freeform-guard/sandbox';
import { createClient } from 'redis';

const PHONE = '+12025550123';

// A local Bird. It shows what customers write a minute late: for so long only the guards can know.
const sandbox = await createSandbox({ readLagMs: 60_000 });
const { clock } = sandbox;
const workspace = sandbox.addWorkspace();
const channel = workspace.addChannel({ platformId: 'whatsapp' });
const customer = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });

const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
const { SECRET: secret = 'a secret for this example' } = process.env;
const workspaces = { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url, lookupBurst: 100 } };
const ref = { workspaceId: workspace.id, channelId: channel.id };
const send = { ...ref, contact: { identifierKey: 'phonenumber', identifierValue: PHONE } };

interface Process {
  readonly guard: Guard;
  readonly store: RedisStore;
}

/** What each process does when it starts. */
function startProcess(): Process {
  const store = redisStore(client, { secret, prefix: 'ffg-example:', clock });
  return { guard: createGuard({ workspaces, store, clock }), store };
}

async function tell(process: string, { guard }: Process): Promise<void> {
  const { action, source } = await guard.check(send);
  console.log(`    ${process}: ${action}, by ${source}`);
}

/** The other process hears of it a moment later. */
async function until(action: 'send' | 'block', { guard }: Process): Promise<void> {
  while ((await guard.check(send)).action !== action) await sleep(5);
}

const [one, two] = [startProcess(), startProcess()];
console.log('The customer has never written.');
await tell('one', one);
await tell('two', two);

console.log('They write, and process one gets the event.');
workspace.receiveInbound({ channelId: channel.id, contactId: customer.id });
await one.guard.observeInbound({ ...ref, address: PHONE, at: clock.now() });
await until('send', two);
await tell('one', one);
await tell('two', two);

console.log('A message is refused as too late, and process two gets the event.');
clock.advance({ seconds: 1 });
await two.guard.observeRefusal({ ...ref, address: PHONE, sentAt: clock.now(), code: 131047 });
await until('block', one);
await tell('one', one);
await tell('two', two);

for (const { guard, store } of [one, two]) {
  await guard.close();
  store.close();
}
await sandbox.close();
