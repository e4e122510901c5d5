/** What it costs to start: the import in a new process, the first guard, and the bytes of `./core` for a browser. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { startProcess } from '../child-process.mjs';
import { interleave, pickField } from '../rounds.mjs';

const run = promisify(execFile);

export async function measure({ builds, isSmoke }) {
  const plan = isSmoke ? { rounds: 1, warmUps: 0 } : { rounds: 15, warmUps: 2 };
  const programs = [
    { name: 'bare node', program: '' },
    ...builds.flatMap(({ name, index, core }) => [
      { name: `., ${name}`, program: `await import('${pathToFileURL(index)}')` },
      { name: `./core, ${name}`, program: `await import('${pathToFileURL(core)}')` },
    ]),
  ];
  const imports = await interleave(programs, timeOfProgram, plan);
  const created = await interleave(builds, createInNewProcess, plan);
  const size = {};
  for (const { name, core } of builds) size[name] = [await sizeOf(core)];
  return {
    import: imports,
    'create-ms': { ...named('first', pickField(created, 'firstMs')), ...named('later', pickField(created, 'laterMs')) },
    'create-kib': pickField(created, 'kibibytes'),
    'core-size': size,
  };
}

function named(which, samples) {
  return Object.fromEntries(Object.entries(samples).map(([name, rounds]) => [`${which}, ${name}`, rounds]));
}

const saySpent = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1e3);';

/** Milliseconds of processor time, from start to end. */
async function timeOfProgram({ program }) {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `${program};${saySpent}`]);
  return Number(stdout);
}

async function createInNewProcess({ index }) {
  const { ask, stop } = startProcess('create.mjs');
  const created = await ask({ index });
  await stop();
  return created;
}

/** Kilobytes of 1000 bytes, as a browser gets them. */
async function sizeOf(core) {
  const bundle = await rolldown({ input: core, platform: 'browser', treeshake: true, logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  return brotliCompressSync(output[0].code).length / 1000;
}
