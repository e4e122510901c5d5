// Proves where the packed package works, and records it: `npm run test:matrix`. See docs/compatibility.md.
import { parseArgs } from 'node:util';
import { writeTables } from './document.mjs';
import { packProject } from './package.mjs';
import { testBundlers } from './parts/bundlers.mjs';
import { testConsumers } from './parts/consumers.mjs';
import { testNode } from './parts/node.mjs';
import { testRedis } from './parts/redis.mjs';
import { testRuntimes } from './parts/runtimes.mjs';
import { record } from './results.mjs';

const parts = {
  node: testNode,
  consumers: testConsumers,
  bundlers: testBundlers,
  runtimes: testRuntimes,
  redis: testRedis,
};

const usage = `npm run test:matrix -- [options]
  --only PART     one of ${Object.keys(parts).join(', ')}; may be repeated
  --match TEXT    only rows whose name or version has the text
  --failed        of the suite on Node, only the files that failed last
  --short         one of each kind, as in CI; records nothing
  --tables        only writes the tables of docs/compatibility.md again`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(parts) },
    match: { type: 'string', default: '' },
    failed: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    tables: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const unknown = options.only.find((part) => !Object.hasOwn(parts, part));
if (options.help || unknown !== undefined) {
  console.log(usage);
  process.exit(options.help ? 0 : 2);
}
if (options.tables) writeTables();
else await runParts();

async function runParts() {
  // A server of one's own is one more.
  const isPartial = options.match !== '' || options.failed || process.env.REDIS_SERVER !== undefined;
  const packed = await packProject();
  let failures = 0;
  let rowsRun = 0;
  try {
    for (const part of options.short ? ['consumers', 'bundlers'] : options.only) {
      console.log(`\n${part}`);
      const rows = [];
      await parts[part]({
        tarball: packed.tarball,
        isShort: options.short,
        isFailedOnly: options.failed,
        check: checkInto(rows),
      });
      rowsRun += rows.length;
      failures += rows.filter(({ isAsExpected }) => !isAsExpected).length;
      if (!options.short) record(part, rows, { isPartial });
    }
  } finally {
    await packed.remove();
  }
  if (!options.short) writeTables();
  console.log(`\n${rowsRun - failures} passed, ${failures} failed`);
  // A filter that leaves nothing is a mistake, not a success.
  process.exitCode = failures > 0 || rowsRun === 0 ? 1 : 0;
}

/** Runs one row: `run` gives its result, or throws. */
function checkInto(rows) {
  return async ({ name, version, setting = '', isInShort = false }, run) => {
    if (options.short && !isInShort) return;
    if (!`${name} ${version}`.toLowerCase().includes(options.match.toLowerCase())) return;
    const startedAt = performance.now();
    const date = new Date().toISOString().slice(0, 10);
    let result;
    let isAsExpected = true;
    let details = {};
    try {
      result = (await run()) ?? 'passes';
    } catch (error) {
      isAsExpected = false;
      result = 'fails';
      details = error.details ?? {};
      console.error(error.message);
    }
    rows.push({ name, version, result, setting, date, isAsExpected, ...details });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`  ${isAsExpected ? 'ok  ' : 'FAIL'} ${name} ${version}: ${result} (${seconds} s)`);
  };
}
