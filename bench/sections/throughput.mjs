/** Express 5 with a handler that does nothing: elapsed and processor time of a request, in alternating slices. */
import { expressApp, listen } from '../hosts.mjs';
import { startLoad } from '../load.mjs';
import { LIMITER, otherMiddleware } from '../other-middleware.mjs';
import { interleave, pickField, processorTimeOf } from '../rounds.mjs';
import { createWarmGuard } from '../warm-guard.mjs';

export async function measure({ builds, isSmoke }) {
  const { sends, ...plan } = isSmoke ? { sends: 60, rounds: 2 } : { sends: 500, rounds: 60, warmUps: 10 };
  const guards = await Promise.all(builds.map((build) => createWarmGuard(build)));
  const candidates = [
    { name: 'unguarded', handle: undefined },
    ...otherMiddleware().filter(({ name }) => name === LIMITER),
    ...guards.map(({ library, guard }, index) => ({ name: builds[index].name, handle: library.freeformGuard(guard) })),
  ];
  const apps = await Promise.all(
    candidates.map(async ({ name, handle }) => ({ name, ...(await listen(expressApp(handle))) })),
  );
  const load = startLoad();
  const timesOf = async ({ port }) => {
    let elapsedMs = 0;
    const processor = await processorTimeOf(async () => {
      elapsedMs = await load.send(port, sends);
    });
    return { elapsed: (elapsedMs * 1e3) / sends, processor: processor / sends };
  };
  const samples = await interleave(apps, timesOf, plan);
  await load.stop();
  for (const { close } of [...apps, ...guards]) await close();
  return { throughput: pickField(samples, 'elapsed'), 'throughput-cpu': pickField(samples, 'processor') };
}
