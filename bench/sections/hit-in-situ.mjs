/** A hit inside real HTTP requests: from the call of the middleware to its call of `next`. */
import { performance } from 'node:perf_hooks';
import { bareListener, expressApp, listen } from '../hosts.mjs';
import { startLoad } from '../load.mjs';
import { checkHit, otherMiddleware } from '../other-middleware.mjs';
import { interleave } from '../rounds.mjs';
import { median } from '../statistics.mjs';
import { createWarmGuard } from '../warm-guard.mjs';

const NOTHING = 'nothing';
const hosts = { 'hit-express': expressApp, 'hit-http': bareListener };

export async function measure({ builds, isSmoke, host }) {
  const { sends, ...plan } = isSmoke ? { sends: 40, rounds: 2 } : { sends: 200, rounds: 60, warmUps: 20 };
  const guards = await Promise.all(builds.map((build) => createWarmGuard(build)));
  const candidates = [
    { name: NOTHING, handle: (_req, _res, next) => next() },
    ...otherMiddleware(),
    ...guards.map(({ library, guard }, index) => ({ name: builds[index].name, handle: library.freeformGuard(guard) })),
  ];
  const watch = createWatch();
  const server = await listen(hosts[host](watch.handle));
  const load = startLoad();
  const timeOf = async (candidate) => {
    watch.start(candidate);
    await load.send(server.port, sends);
    return watch.read(sends);
  };
  const samples = await interleave(candidates, timeOf, plan);
  await load.stop();
  server.close();
  for (const { close } of guards) await close();
  return { [host]: withoutWatch(samples) };
}

/** The one middleware of the server: it runs the candidate whose turn it is, and takes the time. */
function createWatch() {
  let candidate;
  let times = [];
  const handle = (req, res, next) => {
    const startedAt = performance.now();
    candidate.handle(req, res, (error) => {
      times.push(performance.now() - startedAt);
      checkHit(candidate.name, res);
      next(error);
    });
  };
  const start = (next) => {
    candidate = next;
    times = [];
  };
  /** The median, in microseconds: a request that another program interrupted tells nothing. */
  const read = (sends) => {
    if (times.length !== sends) throw new Error(`${candidate.name} let ${times.length} of ${sends} requests pass`);
    return median(times) * 1e3;
  };
  return { handle, start, read };
}

function withoutWatch({ [NOTHING]: nothing, ...samples }) {
  return Object.fromEntries(
    Object.entries(samples).map(([name, times]) => [name, times.map((time, round) => time - nothing[round])]),
  );
}
