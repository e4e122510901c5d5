import type { Sample } from './messages.js';

/** What the process needs at its start, as JSON in `SOAK_SETUP`. */
export interface StrangersSetup {
  readonly birdUrl: string;
  readonly workspaceId: string;
  readonly accessKey: string;
  readonly channelId: string;
  readonly holdChannelId: string;
  /** How many strangers. */
  readonly count: number;
  /** How many windows are remembered. */
  readonly max: number;
  /** How many reads Bird allows. */
  readonly readsPerSecond: number;
  readonly redisPort: number | undefined;
  /** Whether the memories of what Bird does not know are to be full before it begins. */
  readonly isFilled: boolean;
  /** Where each reading leaves a heap snapshot. */
  readonly snapshots: string | undefined;
  /** Addresses whose windows are open. */
  readonly known: readonly string[];
}

export type FromStrangers =
  | ({ readonly kind: 'met'; readonly count: number; readonly snapshot?: string | undefined } & Sample)
  | {
      readonly kind: 'done';
      readonly seconds: number;
      /** Of the strangers that were written to. */
      readonly outcomes: Readonly<Record<string, number>>;
      readonly knownAsked: number;
      /** How many of them were not allowed. */
      readonly knownUnknown: number;
      /** The longest stall of its event loop. */
      readonly stallMs: number;
    };
