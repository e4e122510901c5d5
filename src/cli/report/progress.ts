import type { Clock } from '../../ports.js';
import { formatCount } from './numbers.js';

const WIDTH = 30;
const REDRAW_MS = 100;
const MEGABYTE = 1_000_000;

/** Draws one line again and again: how much of so many bytes was read. */
export class ProgressBar {
  readonly #bytes: number;
  readonly #clock: Clock;
  readonly #draw: (text: string) => void;
  #read = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  /**
   * @param bytes 0 where nobody knows, as of a pipe
   * @param draw writes to a terminal
   */
  constructor(bytes: number, clock: Clock, draw: (text: string) => void) {
    this.#bytes = bytes;
    this.#clock = clock;
    this.#draw = draw;
  }

  add(bytes: number): void {
    this.#read += bytes;
    const now = this.#clock.now();
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    if (this.#bytes === 0) return this.#draw(`\r${formatCount(this.#read / MEGABYTE)} MB `);
    // A file that is written to meanwhile may have more than it had.
    const share = Math.min(1, this.#read / this.#bytes);
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
    const size = `${formatCount(this.#read / MEGABYTE)} of ${formatCount(this.#bytes / MEGABYTE)} MB`;
    this.#draw(`\r[${bar}] ${Math.floor(share * 100)} % (${size}) `);
  }

  /** Takes the line away. */
  clear(): void {
    this.#draw('\r\u001b[K');
  }
}
