import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Longer than any test takes. */
const STUCK_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

/** One run of vitest that writes what it finds into a file, line by line. */
export class Progress {
  #results;
  #setup;

  constructor(directory) {
    const own = mkdtempSync(join(directory, 'run-'));
    this.#results = join(own, 'results.jsonl');
    this.#setup = join(own, 'setup.json');
  }

  lines() {
    if (!existsSync(this.#results)) return [];
    const text = readFileSync(this.#results, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** Whether it came to its end: one that makes no progress is stopped. */
  async run({ directory, folders, files, tries, workers }) {
    writeFileSync(this.#setup, JSON.stringify({ results: this.#results, tries }));
    const chosen = files ?? folders.map((folder) => `test/${folder}`);
    const vitest = start(directory, [...chosen, `--maxWorkers=${workers}`, '--config=test/mutation/vitest.config.ts'], {
      MUTATION_SETUP: this.#setup,
    });
    let [size, changedAt, isStuck] = [0, Date.now(), false];
    const looks = setInterval(() => {
      const now = existsSync(this.#results) ? statSync(this.#results).size : 0;
      if (now !== size) [size, changedAt] = [now, Date.now()];
      if (Date.now() - changedAt < STUCK_MS) return;
      isStuck = true;
      kill(vitest);
    }, LOOK_EVERY_MS);
    const onExit = () => kill(vitest);
    process.once('exit', onExit);
    const { code, output } = await vitest.ended;
    process.off('exit', onExit);
    clearInterval(looks);
    const hasEnded = !isStuck && this.lines().some(({ ended }) => ended);
    if (!hasEnded && !isStuck) console.log(`vitest ended with ${code}: ${output.slice(-500)}`);
    return hasEnded;
  }
}

function start(directory, args, env) {
  const child = spawn('node_modules/.bin/vitest', ['run', ...args], {
    cwd: directory,
    env: { ...process.env, NO_COLOR: '1', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk) => {
    output = (output + chunk).slice(-4_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
  return { child, ended };
}

/** With its workers. */
function kill({ child }) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
