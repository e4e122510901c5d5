import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Longer than the chosen tests take without a mutant. */
const STUCK_MS = 120_000;

/** A process that starts tests anew for each mutant. */
export class LoadProcess {
  #directory;
  #child;

  static async start(directory) {
    const process = new LoadProcess();
    process.#directory = directory;
    await process.#fork();
    return process;
  }

  /** What became of the mutant; `undefined`: no test has found it. */
  async try(mutant) {
    if (mutant.files === undefined) return undefined;
    this.#child.send(mutant);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STUCK_MS);
    const answered = new AbortController();
    const isPending = { signal: answered.signal };
    const answer = await Promise.race([
      once(this.#child, 'message', isPending),
      once(this.#child, 'exit', isPending).then(() => undefined),
    ]);
    // Otherwise each try would leave its listeners on the process.
    answered.abort();
    clearTimeout(timer);
    if (answer !== undefined) return answer[0].isFound ? 'killed' : undefined;
    await this.#fork();
    return 'late';
  }

  stop() {
    this.#child.disconnect();
  }

  async #fork() {
    const options = { cwd: this.#directory, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] };
    this.#child = fork(join(this.#directory, 'test/mutation/load-process.mjs'), options);
    await once(this.#child, 'message');
  }
}
