import type { FaultRequest } from './fault.js';

/** One HTTP request to the sandbox, without addresses, keys and texts. */
export interface LoggedRequest extends FaultRequest {
  /** When it was processed, epoch ms by the sandbox's clock. */
  readonly at: number;
  /** The response's status; `null` where there is none yet. */
  readonly status: number | null;
}

export interface RequestLog {
  /** Records a request. The returned function records the status of its response. */
  add(request: Omit<LoggedRequest, 'status'>): (status: number) => void;
  all(): LoggedRequest[];
  /** The largest number of GET requests within any 1000 ms, refused ones included. */
  readsInBusiestSecond(): number;
}

export function createRequestLog(): RequestLog {
  const entries: LoggedRequest[] = [];
  return {
    add: (request) => {
      const index = entries.push({ ...request, status: null }) - 1;
      return (status) => {
        entries[index] = { ...request, status };
      };
    },
    all: () => entries.map((entry) => ({ ...entry })),
    readsInBusiestSecond: () => busiestSecond(entries.filter(({ method }) => method === 'GET').map(({ at }) => at)),
  };
}

/** Slides a second over ascending instants: each instant is the end of a candidate. */
function busiestSecond(instants: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of instants.entries()) {
    while ((instants[first] ?? at) <= at - 1000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
