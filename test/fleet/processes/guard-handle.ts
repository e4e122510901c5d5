import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FromGuard, GuardSetup, Inbound, SendCommand, ToGuard } from './messages.js';

/** A guard process, from outside. Commands to it are collected, and sent together. */
export class GuardHandle {
  readonly #child: ChildProcess;
  #inbounds: Inbound[] = [];
  #sends: SendCommand[] = [];
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

  send(command: SendCommand): void {
    this.#sends.push(command);
  }

  flush(): void {
    if (this.#inbounds.length + this.#sends.length === 0) return;
    this.post({ kind: 'work', inbounds: this.#inbounds, sends: this.#sends });
    this.#inbounds = [];
    this.#sends = [];
  }

  post(message: ToGuard): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Returns the longest stall of its event loop, in ms. */
  async leave(): Promise<number> {
    if (this.#hasLeft) return this.#stallMs;
    this.#hasLeft = true;
    const gone = once(this.#child, 'exit');
    this.post({ kind: 'leave' });
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await gone;
    clearTimeout(kill);
    return this.#stallMs;
  }
}
