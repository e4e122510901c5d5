import type { BirdAnswer } from './fake-bird.js';
import type { Exchange } from './network.js';
import type { Random } from './random.js';

/** What reaches the process in the place of Bird's answer. */
export type Spoilt =
  | 'silence'
  | {
      readonly answer: BirdAnswer | 'reset';
      /** How much later than usual. */
      readonly delayMs: number;
      /** Comes instead of the answer's own body, which is then not whole. */
      readonly body?: AsyncIterable<Uint8Array> | undefined;
    };

export interface Fault {
  readonly name: string;
  spoil(answer: BirdAnswer, random: Random, now: number): Spoilt;
}

/** Decides what goes wrong with which request. */
export interface FaultSource {
  of(exchange: Exchange, now: number): Fault | undefined;
}

export const noFaults: FaultSource = { of: () => undefined };
