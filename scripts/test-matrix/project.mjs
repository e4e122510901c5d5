import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runIn } from './process.mjs';

const installFlags = ['--no-audit', '--no-fund', '--loglevel', 'error', '--prefer-offline'];

/**
 * A user's project in a temporary directory, with these packages: `name@version`, or a tarball. They are installed before
 * the first program runs, so that a project of which no row is wanted costs nothing. `use` gets the project; afterwards
 * it is removed.
 */
export async function withProject({ packages, files = {}, type = 'module' }, use) {
  const directory = await mkdtemp(join(tmpdir(), 'freeform-guard-user-'));
  const write = (newFiles) => writeFiles(directory, newFiles);
  let installed;
  const install = () => {
    installed ??= runIn(directory, 'npm', ['install', ...installFlags, ...packages]);
    return installed;
  };
  const run = async (program, args, options) => {
    await install();
    return runIn(directory, program, args, options);
  };
  try {
    await write({ 'package.json': JSON.stringify({ private: true, type }), ...files });
    return await use({
      directory,
      install,
      write,
      run,
      node: (args, options) => run(process.execPath, args, options),
      /** The Node that is one of the packages. */
      toolNode: (args, options) => run(join(directory, 'node_modules/node/bin/node'), args, options),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeFiles(directory, files) {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
