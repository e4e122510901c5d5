// How long `npx freeform-guard report` takes over a day of a million decisions, and how much memory.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDecisionLog } from './decision-log.mjs';

const decisions = Number(process.argv[2] ?? 1_000_000);
const command = fileURLToPath(new URL('../dist/cli/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'decision-log-'));
try {
  const [log, page] = [join(folder, 'decisions.jsonl'), join(folder, 'report.html')];
  await writeDecisionLog(log, { decisions });
  const measured = `
    process.argv.splice(1, 0, 'cli');
    await import(${JSON.stringify(command)});
    console.error(process.resourceUsage().maxRSS / 1024, performance.now() / 1000);`;
  const args = ['--input-type=module', '-e', measured, 'report', log, '--html', page];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [megabytes, seconds] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  console.log(stdout);
  const size = (path) => (statSync(path).size / 1e6).toFixed(1);
  console.log(
    `${decisions} decisions, ${size(log)} MB: ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB of memory at most`,
  );
  console.log(`the page: ${size(page)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}
