// A process that holds messages in a file or in Redis, for a test that kills it. It is run beside the built package and
// example.
import { createGuard, holdUntilReply } from 'freeform-guard';
import { redisStore } from 'freeform-guard/redis';
import { createClient } from 'redis';
import { fileHeldStore } from './file-held-store.js';

const { BIRD_URL, RELEASE_URL, STORE, REDIS_PORT, ACCESS_KEY, WORKSPACE_ID, CHANNEL_ID } = process.env;

function heldInRedis() {
  const client = createClient({ socket: { host: '127.0.0.1', port: Number(REDIS_PORT) } });
  return redisStore(client, { secret: 'a secret of this test', timeoutMs: 10_000 }).held;
}

const onClosed = holdUntilReply({
  store: REDIS_PORT === undefined ? fileHeldStore(STORE) : heldInRedis(),
  maxPerContact: 100,
  release: async ({ reference }) => {
    const answer = await fetch(RELEASE_URL, { method: 'POST', body: reference });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
  },
});
const workspace = { accessKey: ACCESS_KEY, baseUrl: BIRD_URL, lookupsPerSecond: 10_000, lookupBurst: 10_000 };
const guard = createGuard({
  workspaces: { [WORKSPACE_ID]: { ...workspace, onClosed, deadlineMs: 30_000 } },
  logger: { warn: () => {}, error: () => {} },
});
const ids = { workspaceId: WORKSPACE_ID, channelId: CHANNEL_ID };

// One message after the other per customer, so that there is an order to keep.
process.on('message', async ({ hold, reply }) => {
  if (reply !== undefined) {
    for (const { address, at } of reply) guard.observeInbound({ ...ids, address, at });
    return;
  }
  for (const { address, reference } of hold) {
    const contact = { identifierKey: 'phonenumber', identifierValue: address };
    const body = { type: 'text', text: { text: `message ${reference}` } };
    const message = { receiver: { contacts: [contact] }, body, reference };
    let outcome = await guard.check({ ...ids, contact, message });
    // A busy machine answers a read too late, and then nobody knows.
    while (outcome.decision.verdict === 'unknown') outcome = await guard.check({ ...ids, contact, message });
    process.send({ reference, action: outcome.action });
  }
});
process.on('disconnect', () => process.exit());
