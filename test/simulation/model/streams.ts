import { Random } from './random.js';

/** The streams of chance, kept apart so that none depends on how often another is used. Another number gives other runs. */
const streams = {
  traffic: 0,
  surroundings: 1,
  network: 2,
  readFaults: 3,
  processFaults: 4,
  edgeTiming: 5,
  platform: 6,
  balance: 7,
  servers: 8,
  links: 9,
  serverFaults: 10,
  bursts: 11,
} as const;

export type Stream = keyof typeof streams;

/** The chance of one kind of thing, in the run of one seed. */
export function chanceOf(seed: number, stream: Stream): Random {
  return new Random(seed, streams[stream]);
}
