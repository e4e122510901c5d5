import type { Timeline } from '../model/timeline.js';
import type { LinkWeather } from './redis-link-faults.js';
import type { Change } from './server.js';

export interface HearsayParts {
  readonly process: number;
  readonly timeline: Timeline;
  readonly weather: LinkWeather;
  /** The process has heard that a window was changed. */
  readonly onHeard: (process: number, windowId: string) => void;
}

/** What is on its way to one process about changes that others have made. */
export class Hearsay {
  readonly #parts: HearsayParts;
  /** Of which windows the process has not heard yet that they were changed, and how often; empty: any of them. */
  #unheard = new Map<string, number>();

  constructor(parts: HearsayParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#unheard.size === 0;
  }

  isOf(windowId: string): boolean {
    return this.#unheard.has(windowId) || this.#unheard.has('');
  }

  /** @param hear called each time that the process hears of the change */
  send({ what, id = '' }: Change, hear: () => void): void {
    const { timeline, weather, process, onHeard } = this.#parts;
    const unheard = this.#unheard;
    for (const delayMs of weather.hearings(process, timeline.now)) {
      if (what === 'window') unheard.set(id, (unheard.get(id) ?? 0) + 1);
      timeline.ours(timeline.now + delayMs, () => {
        // The connection has broken meanwhile.
        if (unheard !== this.#unheard) return;
        if (what === 'window') {
          onHeard(process, id);
          this.#heard(id);
        }
        timeline.stir();
        hear();
      });
    }
  }

  /** The connection breaks: nothing of it arrives. */
  lose(): void {
    this.#unheard = new Map();
  }

  #heard(id: string): void {
    const left = (this.#unheard.get(id) ?? 1) - 1;
    if (left === 0) this.#unheard.delete(id);
    else this.#unheard.set(id, left);
  }
}
