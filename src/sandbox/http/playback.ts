import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Answer } from '../api/answer.js';
import type { SandboxClock } from '../clock.js';
import type { Fault } from './fault.js';

/** A response being sent. */
export interface Wire {
  readonly res: ServerResponse;
  readonly clock: SandboxClock;
  readonly noteStatus: (status: number) => void;
}

/** Faults that replace a response. */
export type ReplacingFault =
  | Extract<Fault, { status: number } | { redirect: string }>
  | { stall: 'headers' }
  | { reset: true };

export function replacesAnswer(fault: Fault): fault is ReplacingFault {
  if ('stall' in fault) return fault.stall === 'headers';
  if ('reset' in fault) return fault.reset === true;
  return 'status' in fault || 'redirect' in fault;
}

/** Plays a fault for a request that is not processed. */
export function playInstead(wire: Wire, fault: ReplacingFault): void {
  if ('stall' in fault) return;
  if ('reset' in fault) {
    wire.res.destroy();
    return;
  }
  const verbatim = 'redirect' in fault ? { status: 302, headers: { location: fault.redirect } } : fault;
  const { status, headers, body } = { body: '', ...verbatim };
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : toJson(body);
  writeHead(wire, status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...lowerCased(headers),
  });
  wire.res.end(bytes);
}

/** Sends a response that was just computed, damaged or delayed by the fault. */
export async function playAnswer(wire: Wire, answer: Answer, fault: Fault | undefined): Promise<void> {
  const bytes = toJson(answer.body);
  const date = dateOf(wire.clock);
  if (fault !== undefined && 'holdUntil' in fault) await fault.holdUntil.catch(() => undefined);
  if (fault !== undefined && 'oversize' in fault) {
    writeHead(wire, answer.status, { 'content-type': 'application/json', date, ...answer.headers });
    wire.res.end(Buffer.concat([bytes, Buffer.alloc(Math.max(0, fault.oversize - bytes.length), ' ')]));
    return;
  }
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length, date, ...answer.headers };
  writeHead(wire, answer.status, headers);
  if (fault !== undefined && 'dripMs' in fault) drip(wire, bytes, fault.dripMs);
  else if (fault !== undefined && ('stall' in fault || 'reset' in fault)) writeHalf(wire, bytes, 'reset' in fault);
  else wire.res.end(bytes);
}

function writeHead({ res, clock, noteStatus }: Wire, status: number, headers: OutgoingHttpHeaders): void {
  noteStatus(status);
  res.sendDate = false;
  res.writeHead(status, { date: dateOf(clock), ...headers });
}

function writeHalf({ res }: Wire, bytes: Buffer, thenReset: boolean): void {
  res.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => {
    if (thenReset) res.destroy();
  });
}

/** Sends one byte now, and each further one `dripMs` of the sandbox's clock later. */
function drip(wire: Wire, bytes: Buffer, dripMs: number): void {
  if (bytes.length <= 1) {
    wire.res.end(bytes);
    return;
  }
  wire.res.write(bytes.subarray(0, 1));
  wire.clock.setTimeout(() => drip(wire, bytes.subarray(1), dripMs), dripMs);
}

function toJson(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body) ?? '');
}

function dateOf(clock: SandboxClock): string {
  return new Date(clock.now()).toUTCString();
}

function lowerCased(headers: Readonly<Record<string, string | readonly string[]>> = {}): OutgoingHttpHeaders {
  const entries = Object.entries(headers).map(([name, value]) => {
    return [name.toLowerCase(), typeof value === 'string' ? value : [...value]] as const;
  });
  return Object.fromEntries(entries);
}
