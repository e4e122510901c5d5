/** The processor time of a miss, which asks Bird for one window, beside the same question as a bare `fetch`. */
import { startBird } from '../bird.mjs';
import { load } from '../builds.mjs';
import { interleave, processorTimeOf } from '../rounds.mjs';
import { sendTo } from '../warm-guard.mjs';

/** More than the bench asks for. */
const UNLIMITED = 10_000;

export async function measure({ builds, isSmoke }) {
  const { calls, ...plan } = isSmoke ? { calls: 10, rounds: 2, warmUps: 1 } : { calls: 25, rounds: 80, warmUps: 40 };
  const fresh = calls * (plan.rounds + plan.warmUps) + 1;
  const bird = await startBird({
    build: builds[0],
    open: fresh,
    closed: 0,
    readsPerSecond: Infinity,
    sendsPerSecond: Infinity,
  });
  const guards = await Promise.all(builds.map((build) => createAskingGuard(build, bird)));
  const candidates = [
    { name: 'bare fetch', next: createQueue(bird.open), ask: (contact) => isOpenAtBird(bird, contact) },
    ...guards.map(({ name, guard }) => ({
      name,
      next: createQueue(bird.open),
      ask: (contact) => isOpenByGuard(guard, contact),
    })),
  ];
  // The first question also asks for the channel.
  for (const { next, ask } of candidates) await ask(next());
  const samples = await interleave(candidates, (candidate) => timeOf(candidate, calls), plan);
  for (const { name, guard, reads } of guards) {
    // One for each window, and one for the channel.
    if (reads() !== fresh + 1) throw new Error(`${name} read ${reads()} times for ${fresh} windows`);
    guard.close();
  }
  await bird.close();
  return { miss: samples };
}

/** Each customer once: a second time would be a hit. */
function createQueue(contacts) {
  let index = 0;
  return () => contacts[index++];
}

async function createAskingGuard(build, bird) {
  const library = await load(build.index);
  let reads = 0;
  const countingFetch = (...args) => {
    reads += 1;
    return fetch(...args);
  };
  const defaults = { lookupsPerSecond: UNLIMITED, lookupBurst: UNLIMITED };
  const guard = library.createGuard({ workspaces: bird.workspaces, defaults, fetch: countingFetch });
  return { name: build.name, guard, reads: () => reads };
}

async function isOpenAtBird(bird, contact) {
  const { status, contact: answer } = await bird.askWindow(contact);
  return status === 200 && Date.parse(answer.serviceWindowExpireAt) > Date.now();
}

async function isOpenByGuard(guard, { id, address }) {
  const contact = { id, identifierKey: 'phonenumber', identifierValue: address };
  const { action, source } = await guard.check(sendTo(contact));
  return action === 'send' && source === 'bird';
}

/** Microseconds a question. */
async function timeOf({ name, next, ask }, calls) {
  const elapsed = await processorTimeOf(async () => {
    for (let call = 0; call < calls; call += 1) {
      if (!(await ask(next()))) throw new Error(`${name} did not learn from Bird that the window is open`);
    }
  });
  return elapsed / calls;
}
