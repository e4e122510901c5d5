/** What a million windows take on the heap, in a process each. */
import { startProcess } from '../child-process.mjs';

const MEBIBYTE = 2 ** 20;

export async function measure({ builds, isSmoke }) {
  const count = isSmoke ? 2_000 : 1_000_000;
  const kept = {};
  const found = {};
  const [own] = builds;
  kept['Map of addresses'] = [(await fill({ build: own, kind: 'map', count })).bytes / MEBIBYTE];
  for (const build of builds) {
    const byAddress = await fill({ build, kind: 'address', count });
    const byBoth = await fill({ build, kind: 'id and address', count });
    kept[`by address, ${build.name}`] = [byAddress.bytes / MEBIBYTE];
    kept[`by id and address, ${build.name}`] = [byBoth.bytes / MEBIBYTE];
    found[build.name] = [byBoth.found];
  }
  return { memory: kept, 'memory-found': found };
}

async function fill(order) {
  const { ask, stop } = startProcess('fill.mjs');
  const filled = await ask(order);
  await stop();
  return filled;
}
