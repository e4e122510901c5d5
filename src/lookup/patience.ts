import type { ReadLimits } from '../ports.js';

/** How long the reads of one decision may take. */
export interface Patience {
  /** How long a read may take, in ms: from its own start, or from its turn where it waits for one. */
  readonly readMs: number;
  /** Set where nobody waits for the decision now: from when until when a read may wait for its turn, epoch ms. */
  readonly wait: { readonly from: number; readonly until: number } | undefined;
}

export function limitsOf({ readMs, wait }: Patience, startedAt: number): ReadLimits {
  return wait === undefined
    ? { giveUpAt: startedAt + readMs, patientMs: undefined }
    : { giveUpAt: wait.until, patientMs: readMs };
}

/** Leaves the other half for what comes after. */
export function halfOf({ readMs, wait }: Patience): Patience {
  return { readMs: readMs / 2, wait: wait && { from: wait.from, until: (wait.from + wait.until) / 2 } };
}

/**
 * The name under which reads are coalesced. A read that somebody waits for now must not wait for one that gives way to
 * others.
 */
export function nameOfShared(name: string, { patientMs }: Pick<ReadLimits, 'patientMs'>): string {
  return patientMs === undefined ? name : `patient ${name}`;
}
