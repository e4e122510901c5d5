/** What a guard process needs at its start, as JSON in `FLEET_SETUP`. */
export interface GuardSetup {
  readonly workspaceId: string;
  readonly channelId: string;
  readonly accessKey: string;
  readonly birdUrl: string;
  readonly redisPort: number;
  readonly processes: number;
}

/** A customer has written. */
export interface Inbound {
  readonly id: number;
  readonly address: string;
  readonly contactId: string;
  /** Epoch ms. */
  readonly at: number;
}

export interface SendCommand {
  readonly id: number;
  readonly address: string;
}

export type ToGuard =
  | { readonly kind: 'work'; readonly inbounds: readonly Inbound[]; readonly sends: readonly SendCommand[] }
  /** Report when memory alone allows a send to this address. */
  | { readonly kind: 'watch'; readonly probe: number; readonly address: string }
  /** Observe the message of a probe, and report when that began. */
  | { readonly kind: 'probe'; readonly probe: number; readonly inbound: Inbound }
  | { readonly kind: 'leave' };

/** One decision. All instants are epoch ms; the processes share a host, and so a clock. */
export interface Decided {
  readonly id: number;
  readonly verdict: 'allow' | 'deny' | 'unknown';
  readonly reason: string;
  readonly source: string;
  readonly arrivedAt: number;
  readonly decidedAt: number;
  readonly tookMs: number;
}

export type FromGuard =
  | { readonly kind: 'ready' }
  | { readonly kind: 'results'; readonly observed: readonly number[]; readonly decided: readonly Decided[] }
  /** `at` in ms of the host's monotonic clock, which all processes share. */
  | { readonly kind: 'observed' | 'seen'; readonly probe: number; readonly at: number }
  /** The longest stall of the event loop. */
  | { readonly kind: 'left'; readonly stallMs: number };
