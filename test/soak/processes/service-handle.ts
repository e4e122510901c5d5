import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FromService, ServiceSetup, ToService } from './messages.js';

/** How long a process may take to end by itself once nothing is left to do. */
const MAX_EXIT_MS = 10_000;

type Reply<Kind extends FromService['kind']> = Extract<FromService, { kind: Kind }>;

/** A service process, from outside. */
export class ServiceHandle {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.#gone = once(child, 'exit');
  }

  static async start(program: string, setup: ServiceSetup): Promise<ServiceHandle> {
    const env = { ...process.env, SOAK_SETUP: JSON.stringify(setup) };
    const handle = new ServiceHandle(fork(program, { env, execArgv: ['--expose-gc'] }), setup.port);
    await handle.#reply('ready');
    return handle;
  }

  ask<Kind extends FromService['kind']>(message: ToService, kind: Kind): Promise<Reply<Kind>> {
    const reply = this.#reply(kind);
    this.#child.send(message);
    return reply;
  }

  /** Whether it has ended without help. */
  async hasEnded(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, MAX_EXIT_MS);
    });
    await Promise.race([this.#gone, late]);
    clearTimeout(timer);
    return this.#child.exitCode === 0;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #reply<Kind extends FromService['kind']>(kind: Kind): Promise<Reply<Kind>> {
    const died = this.#gone.then(() => Promise.reject(new Error(`A service ended before it said ${kind}`)));
    const said = new Promise<Reply<Kind>>((resolve) => {
      const onMessage = (message: FromService): void => {
        if (message.kind !== kind) return;
        this.#child.off('message', onMessage);
        resolve(message as Reply<Kind>);
      };
      this.#child.on('message', onMessage);
    });
    return Promise.race([said, died]);
  }
}
