import { LookupError } from '../errors.js';
import type { Clock } from '../ports.js';

/**
 * Settles as `work` does, or rejects with `deadline_exceeded` after `deadlineMs`. What comes later is ignored; the work
 * itself goes on, because others may wait for it.
 */
export function withinDeadline<T>(clock: Clock, deadlineMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      reject(new LookupError('deadline_exceeded', 'The facts did not arrive in time'));
    }, deadlineMs);
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
}
