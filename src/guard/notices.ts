import type { Logger } from '../ports.js';

const MOST_NOTICES = 1_000;

/** Says each thing once, so that a fault that touches every send does not flood the log. */
export class Notices {
  readonly #said = new Set<string>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  warnOnce(name: string, fields: Readonly<Record<string, unknown>>, text: string): void {
    if (this.#said.has(name) || this.#said.size >= MOST_NOTICES) return;
    this.#said.add(name);
    this.#logger.warn(fields, text);
  }
}
