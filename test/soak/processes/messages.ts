/** One workspace of the sandbox, as the service knows it. */
export interface WorkspaceSetup {
  readonly id: string;
  readonly accessKey: string;
}

/** What a service needs at its start, as JSON in `SOAK_SETUP`. */
export interface ServiceSetup {
  readonly port: number;
  readonly birdUrl: string;
  /** What is closed becomes a template there, but on `holdChannelId` it waits, and on `blockChannelId` it is blocked. */
  readonly enforced: WorkspaceSetup & { readonly holdChannelId: string; readonly blockChannelId: string };
  readonly observed: WorkspaceSetup;
  readonly signingKey: string;
  readonly logPath: string;
  /** How many windows are remembered. */
  readonly max: number;
  /** A process alone needs none. */
  readonly redis: { readonly port: number; readonly processes: number } | undefined;
  /** Whether its caches are to be full before it begins. */
  readonly isFilled: boolean;
  /** What it does wrong on purpose. */
  readonly plant: string | undefined;
}

export type ToService =
  | { readonly kind: 'sample' }
  /** While work is in flight. Whatever then is left is told, and the process has to end by itself. */
  | { readonly kind: 'close'; readonly timeoutMs: number };

/** After a forced collection of garbage. All sizes in bytes. */
export interface Sample {
  /** Without compiled code. */
  readonly heapBytes: number;
  readonly codeBytes: number;
  readonly residentBytes: number;
}

export interface Closed {
  /** Requests without an answer when it was closed. */
  readonly inFlight: number;
  readonly tookMs: number;
  /** What was not there before the service, or not so often. */
  readonly leftBehind: readonly string[];
}

/** What a service has done since its start. */
export interface ServiceTotals {
  readonly requests: number;
  /** What no service should do: rejections that nobody handles, warnings, statuses from 500, and so on. */
  readonly mistakes: readonly string[];
  /** Decisions by what was done. */
  readonly actions: Readonly<Record<string, number>>;
  readonly lookups: number;
  /** Whether the metrics have counted what the guard has. */
  readonly decisionsMeasured: number;
  /** The longest stall of its event loop. */
  readonly stallMs: number;
}

export type FromService =
  | { readonly kind: 'ready' }
  /** `isQuiet`: no request was under way, whose memory would count. */
  | { readonly kind: 'sample'; readonly sample: Sample; readonly isQuiet: boolean }
  | { readonly kind: 'closed'; readonly closed: Closed; readonly totals: ServiceTotals };
