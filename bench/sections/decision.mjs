/** The pure decision about fresh objects, as a parser makes them, beside the clock that it reads. */
import { load } from '../builds.mjs';
import { randomBelow } from '../contacts.mjs';
import { interleave, processorTimeOf } from '../rounds.mjs';

const HOUR_MS = 3_600_000;
const channel = { platformId: 'whatsapp', status: 'active' };

export async function measure({ builds, isSmoke }) {
  const { calls, ...plan } = isSmoke ? { calls: 500, rounds: 2 } : { calls: 2_000, rounds: 200, warmUps: 50 };
  const cores = await Promise.all(builds.map(async ({ name, core }) => ({ name, core: await load(core) })));
  const candidates = [
    { name: 'Date.now()', make: openUntilMs, run: () => Date.now() > 0 },
    ...cores.flatMap(({ name, core }) => {
      const run = (pair) => core.decideFreeform(pair.channel, pair.contact).verdict === 'allow';
      return [
        { name: `epoch ms, ${name}`, make: openUntilMs, run },
        { name: `ISO, ${name}`, make: openUntilText, run },
      ];
    }),
  ];
  return { decision: await interleave(candidates, (candidate) => timeOf(candidate, calls), plan) };
}

/** Microseconds a call. */
async function timeOf({ name, make, run }, calls) {
  const pairs = Array.from({ length: calls }, () =>
    JSON.parse(JSON.stringify({ channel, contact: { serviceWindowExpireAt: make(), isPermanentSession: false } })),
  );
  let allowed = 0;
  const elapsed = await processorTimeOf(() => {
    for (const pair of pairs) if (run(pair)) allowed += 1;
  });
  if (allowed !== calls) throw new Error(`${name} allowed ${allowed} of ${calls}`);
  return elapsed / calls;
}

function openUntilMs() {
  return Date.now() + HOUR_MS + randomBelow(HOUR_MS);
}

/** In the form that Bird sends. */
function openUntilText() {
  return new Date(openUntilMs()).toISOString();
}
