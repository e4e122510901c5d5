import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FromGuard, GuardSetup, Inbound, SendOrder, ToGuard } from './messages.js';

/** A guard process, as the one that drives it sees it. What it is to do is collected and sent in one go. */
export class GuardHandle {
  readonly #child: ChildProcess;
  #inbounds: Inbound[] = [];
  #sends: SendOrder[] = [];
  #stallMs = 0;
  #hasLeft = false;

  constructor(program: string, setup: GuardSetup, onMessage: (message: FromGuard) => void) {
    this.#child = fork(program, { env: { ...process.env, FLEET_SETUP: JSON.stringify(setup) } });
    this.#child.on('message', (message: FromGuard) => {
      if (message.kind === 'left') this.#stallMs = message.stallMs;
      else onMessage(message);
    });
    this.#child.on('exit', (code) => {
      if (!this.#hasLeft) throw new Error(`A guard process ended by itself, with ${code}`);
    });
  }

  inbound(inbound: Inbound): void {
    this.#inbounds.push(inbound);
  }

  send(order: SendOrder): void {
    this.#sends.push(order);
  }

  flush(): void {
    if (this.#inbounds.length + this.#sends.length === 0) return;
    this.tell({ kind: 'work', inbounds: this.#inbounds, sends: this.#sends });
    this.#inbounds = [];
    this.#sends = [];
  }

  tell(message: ToGuard): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Gives the longest, in ms, that its event loop stood still. */
  async leave(): Promise<number> {
    if (this.#hasLeft) return this.#stallMs;
    this.#hasLeft = true;
    const gone = once(this.#child, 'exit');
    this.tell({ kind: 'leave' });
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await gone;
    clearTimeout(kill);
    return this.#stallMs;
  }
}
