import type { Directory } from '../model/directory.js';
import type { FakeBird } from '../model/fake-bird.js';
import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;

export interface TroublesParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly bird: FakeBird;
  readonly directory: Directory;
  /** The key that the application gives to the guard, by workspace id. */
  readonly keysInUse: Map<string, string>;
  /** The process that is hit next. */
  readonly victim: () => Victim;
  readonly count: (name: string) => void;
}

export interface Victim {
  readonly timeline: Timeline;
  readonly restart: () => void;
}

/** What goes wrong beside the reads: in the process, with its clock, and in the hands of the people who run it. */
export class Troubles {
  readonly #parts: TroublesParts;
  #keys = 0;

  constructor(parts: TroublesParts) {
    this.#parts = parts;
  }

  /** Spreads each of them over the times in which there is traffic. */
  plan(shifts: readonly { readonly from: number; readonly to: number }[]): void {
    const { timeline, random, count, victim } = this.#parts;
    const kinds: Readonly<Record<string, () => void>> = {
      stall: () => victim().timeline.stall(random.spread(100, 3 * SECOND)),
      sleep: () => victim().timeline.sleep(random.spread(SECOND, 2 * MINUTE)),
      'clock set forward': () => this.#moveWall(victim().timeline, random.spread(SECOND, 60 * MINUTE)),
      'clock set back': () => this.#moveWall(victim().timeline, -random.spread(SECOND, 60 * MINUTE)),
      // The clock is right at the start: before Bird's first answer, a guard has nothing else to go by.
      'process restarted': () => {
        const { timeline: ofVictim, restart } = victim();
        ofVictim.wallOffsetMs = 0;
        ofVictim.stall(random.between(SECOND, 5 * SECOND));
        restart();
      },
      'key rotated': () => this.#rotateKey(random.pick([0, 0, 300])),
      'channel paused': () => this.#pauseChannel(),
      'reads of others': () => this.#readBesides(),
    };
    for (const [name, strike] of Object.entries(kinds)) {
      for (const { from, to } of shifts) {
        timeline.at(random.between(from, to), () => {
          count(name);
          strike();
        });
      }
    }
  }

  /** The wall is wrong until somebody sets it right. */
  #moveWall(timeline: Timeline, ms: number): void {
    this.#setWall(timeline, ms);
    timeline.at(timeline.now + this.#parts.random.spread(SECOND, 10 * MINUTE), () => {
      if (timeline.wallOffsetMs === ms) this.#setWall(timeline, 0);
    });
  }

  /** Not while the machine sleeps: nobody could tell the one from the other. */
  #setWall(timeline: Timeline, offsetMs: number): void {
    if (timeline.now >= timeline.stillUntil) timeline.wallOffsetMs = offsetMs;
    else timeline.at(timeline.stillUntil + SECOND, () => this.#setWall(timeline, offsetMs));
  }

  /** Bird takes the new key from now on; the application may learn of it later. */
  #rotateKey(delayMs: number): void {
    const { timeline, random, bird, directory, keysInUse } = this.#parts;
    const id = random.pick(directory.workspaces);
    this.#keys += 1;
    const key = `key-${this.#keys}-of-${id}`;
    bird.accessKeys.set(id, key);
    timeline.at(timeline.now + delayMs, () => keysInUse.set(id, key));
  }

  #pauseChannel(): void {
    const { timeline, random, bird, directory } = this.#parts;
    const channel = random.between(0, directory.workspaces.length * directory.channelsPerWorkspace - 1);
    bird.channelStatus.set(channel, 'paused');
    timeline.at(timeline.now + random.spread(SECOND, MINUTE), () => bird.channelStatus.delete(channel));
  }

  /** The application reads for itself, so that what the guard may read is too much for Bird. */
  #readBesides(): void {
    const { timeline, random, bird, directory } = this.#parts;
    const id = random.pick(directory.workspaces);
    for (let read = 0; read < 200; read += 1) {
      timeline.at(timeline.now + read * 22, () => void bird.takesRead(id, timeline.now));
    }
  }
}
