import { type ClientRequest, get } from 'node:http';
import type { Random } from '../../simulation/model/random.js';

const AT_ONCE = 20;
const MAX_LIFE_MS = 8_000;

/** Agents' pages that watch a window each, for some seconds. */
export class Streams {
  readonly mistakes: string[] = [];
  opened = 0;
  events = 0;
  readonly #random: Random;
  readonly #urlOfAny: () => string;
  readonly #open = new Map<ClientRequest, NodeJS.Timeout>();
  #isStopped = false;

  constructor(random: Random, urlOfAny: () => string) {
    this.#random = random;
    this.#urlOfAny = urlOfAny;
  }

  /** Opens what is missing. */
  tick(): void {
    while (!this.#isStopped && this.#open.size < AT_ONCE) this.#start();
  }

  get open(): number {
    return this.#open.size;
  }

  /** No page comes or goes any more: those that are there are ended by the service. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#open.values()) clearTimeout(timer);
  }

  #start(): void {
    this.opened += 1;
    const req = get(this.#urlOfAny(), { headers: { accept: 'text/event-stream' }, agent: false });
    const leave = setTimeout(() => req.destroy(), this.#random.between(500, MAX_LIFE_MS));
    this.#open.set(req, leave);
    req.on('response', (res) => {
      if (res.statusCode !== 200 && !this.#isStopped)
        this.mistakes.push(`a stream was answered with ${res.statusCode}`);
      res.on('error', () => {});
      res.on('data', (chunk) => {
        this.events += String(chunk).includes('data: ') ? 1 : 0;
      });
    });
    req.on('error', () => {});
    req.on('close', () => {
      clearTimeout(leave);
      this.#open.delete(req);
    });
  }
}
