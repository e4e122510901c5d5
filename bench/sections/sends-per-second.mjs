/**
 * How many sends a second get through Bird's real limits: with the guard, to which each customer's message is reported before
 * the reply, and with a read before each send. A send counts when Bird accepts it, or when it is rightly stopped.
 *
 * A virtual clock drives Bird and the guard, so the speed of the machine plays no part.
 */
import { createBird } from '../bird.mjs';
import { load } from '../builds.mjs';
import { randomBelow } from '../contacts.mjs';
import { interleave, pickField } from '../rounds.mjs';
import { sendTo, windowRef } from '../warm-guard.mjs';

const READS_PER_SECOND = 50;
/** Of the 500 that Bird allows. */
const OFFERED_PER_SECOND = 480;
/** About the share of a good day in docs/correctness.md: late follow-ups, and sends to customers who never wrote. */
const CLOSED_SHARE = 0.02;

const STOPPED = 'stopped';

export async function measure({ builds, isSmoke }) {
  const { seconds, ...plan } = isSmoke ? { seconds: 1, rounds: 1, warmUps: 0 } : { seconds: 4, rounds: 3, warmUps: 0 };
  const bird = await createBird(await load(builds[0].sandbox), { open: 5_000, closed: 500 });
  const network = countingFetch();
  const guards = await Promise.all(
    builds.map(async ({ name, index }) => {
      const { createGuard } = await load(index);
      return { name, guard: createGuard({ workspaces: bird.workspaces, clock: bird.clock, fetch: network.fetch }) };
    }),
  );
  const candidates = [
    { name: 'asking before each', perSecond: READS_PER_SECOND, send: createAsker(bird, network) },
    ...guards.map(({ name, guard }) => ({
      name,
      perSecond: OFFERED_PER_SECOND,
      send: createGuarded(bird, network, guard),
    })),
  ];
  const offer = (candidate) => offerSends(candidate, { seconds, clock: bird.clock, network });
  const results = await interleave(candidates, offer, plan);
  for (const { guard } of guards) await guard.close();
  await bird.close();
  return { sends: pickField(results, 'milliseconds'), throttled: pickField(results, 'throttled') };
}

/** A `fetch` that knows when nothing is under way any more. */
function countingFetch() {
  let underWay = 0;
  return {
    async fetch(...request) {
      underWay += 1;
      try {
        const answer = await fetch(...request);
        return new Response(await answer.arrayBuffer(), answer);
      } finally {
        underWay -= 1;
      }
    },
    async idle() {
      do await new Promise(setImmediate);
      while (underWay > 0);
    },
  };
}

/** Offers sends at an even pace: the virtual milliseconds for each that got through, and how many Bird refused with 429. */
async function offerSends({ perSecond, send }, { seconds, clock, network }) {
  // Bird counts over a second: the sends of the last candidate must not count with these.
  clock.advance(1_100);
  const startedAt = clock.now();
  const sent = [];
  for (let index = 0; index < perSecond * seconds; index += 1) {
    clock.advance(Math.max(0, Math.ceil(startedAt + (index * 1000) / perSecond - clock.now())));
    sent.push(send());
    await network.idle();
  }
  // A guard may still wait for a permitted read.
  clock.advance(1_000);
  const results = await Promise.all(sent);
  const count = (wanted) => results.filter((result) => result === wanted).length;
  return { milliseconds: (seconds * 1000) / (count(202) + count(STOPPED)), throttled: count(429) };
}

/** Resolves with Bird's status, or with `STOPPED`. */
function createAsker(bird, network) {
  return async () => {
    const { contact } = pickRecipient(bird);
    const { status, contact: answer } = await bird.askWindow(contact, network.fetch);
    if (status !== 200) return status;
    return answer.serviceWindowExpireAt === null ? STOPPED : bird.post(contact, network.fetch);
  };
}

/** The same, or the reason why the guard does not know. */
function createGuarded(bird, network, guard) {
  return async () => {
    const { contact, hasWritten } = pickRecipient(bird);
    const { id, address } = contact;
    if (hasWritten) guard.observeInbound({ ...windowRef(), contactId: id, address, at: bird.clock.now() });
    const { decision } = await guard.check(sendTo({ id, identifierKey: 'phonenumber', identifierValue: address }));
    if (decision.verdict === 'unknown') return decision.reason;
    return decision.verdict === 'deny' ? STOPPED : bird.post(contact, network.fetch);
  };
}

function pickRecipient({ open, closed }) {
  const hasWritten = Math.random() >= CLOSED_SHARE;
  const contacts = hasWritten ? open : closed;
  return { hasWritten, contact: contacts[randomBelow(contacts.length)] };
}
