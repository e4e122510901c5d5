/** A hit in a loop, as in `hit-loop`: where nobody hears of it, and where somebody does. */
import { interleave } from '../rounds.mjs';
import { createWarmGuard } from '../warm-guard.mjs';
import { timeOfHandling } from './hit-loop.mjs';

const quiet = { warn() {}, error() {} };

const listeners = {
  nobody: { logger: quiet },
  onDecision: { logger: quiet, onDecision() {} },
  'logger.debug': { logger: { ...quiet, info() {}, debug() {} } },
};

/** Measures the first build alone: to listen is no part of a comparison. */
export async function measure({ builds: [build], isSmoke }) {
  const { calls, ...plan } = isSmoke ? { calls: 50, rounds: 2 } : { calls: 200, rounds: 200, warmUps: 100 };
  const guards = await Promise.all(
    Object.entries(listeners).map(async ([name, options]) => ({
      name: `${build.name}, ${name}`,
      ...(await createWarmGuard(build, { options: () => options })),
    })),
  );
  const candidates = guards.map(({ name, library, guard }) => ({ name, handle: library.freeformGuard(guard) }));
  const samples = await interleave(candidates, (candidate) => timeOfHandling(candidate, calls), plan);
  for (const { close } of guards) await close();
  return { listeners: samples };
}
