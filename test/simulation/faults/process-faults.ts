import type { Directory } from '../model/directory.js';
import type { FakeBird } from '../model/fake-bird.js';
import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;

export interface ProcessFaultsParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly bird: FakeBird;
  readonly directory: Directory;
  /** The key that the application gives to the guard, by workspace id. */
  readonly keysInUse: Map<string, string>;
  /** The process that the next fault hits. */
  readonly target: () => FaultTarget;
  readonly count: (name: string) => void;
}

export interface FaultTarget {
  readonly timeline: Timeline;
  readonly restart: () => void;
}

/** Faults other than those of reads: of the process, of its clock, and of the people who run it. */
export class ProcessFaults {
  readonly #parts: ProcessFaultsParts;
  #keys = 0;

  constructor(parts: ProcessFaultsParts) {
    this.#parts = parts;
  }

  /** Spreads the faults over the times with traffic. */
  plan(shifts: readonly { readonly from: number; readonly to: number }[]): void {
    const { timeline, random, count, target } = this.#parts;
    const kinds: Readonly<Record<string, () => void>> = {
      stall: () => target().timeline.stall(random.spread(100, 3 * SECOND)),
      sleep: () => target().timeline.sleep(random.spread(SECOND, 2 * MINUTE)),
      'clock set forward': () => this.#moveWall(target().timeline, random.spread(SECOND, 60 * MINUTE)),
      'clock set back': () => this.#moveWall(target().timeline, -random.spread(SECOND, 60 * MINUTE)),
      // The clock is right at the start: before Bird's first answer, a guard has nothing else to go by.
      'process restarted': () => {
        const { timeline: ofTarget, restart } = target();
        ofTarget.wallOffsetMs = 0;
        ofTarget.stall(random.between(SECOND, 5 * SECOND));
        restart();
      },
      'key rotated': () => this.#rotateKey(random.pick([0, 0, 300])),
      'channel paused': () => this.#pauseChannel(),
      'reads of others': () => this.#readBesides(),
    };
    for (const [name, inject] of Object.entries(kinds)) {
      for (const { from, to } of shifts) {
        timeline.at(random.between(from, to), () => {
          count(name);
          inject();
        });
      }
    }
  }

  /** The wall clock is wrong until somebody sets it right. */
  #moveWall(timeline: Timeline, ms: number): void {
    this.#setWall(timeline, ms);
    timeline.at(timeline.now + this.#parts.random.spread(SECOND, 10 * MINUTE), () => {
      if (timeline.wallOffsetMs === ms) this.#setWall(timeline, 0);
    });
  }

  /** Not while the machine sleeps: nobody could distinguish the two. */
  #setWall(timeline: Timeline, offsetMs: number): void {
    if (timeline.now >= timeline.stalledUntil) timeline.wallOffsetMs = offsetMs;
    else timeline.at(timeline.stalledUntil + SECOND, () => this.#setWall(timeline, offsetMs));
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
