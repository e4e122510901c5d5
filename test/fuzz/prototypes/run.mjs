// Runs the suite with prototypes that are frozen, without `__proto__`, and polluted. Arguments are parts of the suite.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const modes = {
  frozen: { PROTOTYPES: 'frozen' },
  'no-proto': { NODE_OPTIONS: '--disable-proto=throw' },
  polluted: { PROTOTYPES: 'polluted' },
};

/** Without what runs whole packages of others in its process: they are not ours to make fit. */
const PARTS = [
  'core',
  'bird',
  'lookup',
  'stores',
  'guard',
  'telemetry',
  'held',
  'http/request',
  'http/webhook',
  'http/fetch',
];

const { values, positionals } = parseArgs({ options: { mode: { type: 'string' } }, allowPositionals: true });
if (values.mode !== undefined && !Object.hasOwn(modes, values.mode)) {
  throw new RangeError(`--mode must be ${Object.keys(modes).join(' or ')}`);
}
const root = fileURLToPath(new URL('../../..', import.meta.url));
const parts = positionals.length > 0 ? positionals : PARTS.map((part) => `test/${part}/`);
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/fuzz/prototypes/vitest.config.ts', ...parts];
for (const [mode, env] of Object.entries(modes)) {
  if ((values.mode ?? mode) !== mode) continue;
  console.log(`\n${mode}: ${parts.join(' ')}`);
  const { status } = spawnSync(process.execPath, vitest, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
