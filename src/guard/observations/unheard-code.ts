import { knownRefusalCodes } from '../../bird/refusal-codes.js';
import { typeName } from '../../core/option-checks.js';
import type { LogOnce } from '../notices/log-once.js';

/** Says once that a refusal's code changes nothing. The code is not shown: words of the provider's may stand there. */
export function tellUnheard(code: unknown, logOnce: LogOnce): void {
  const isMissing = !(typeof code === 'number' || (typeof code === 'string' && code.trim() !== ''));
  const problem = isMissing
    ? `must be the provider's code, a string or a number; received ${code === '' ? 'an empty string' : typeName(code)}`
    : 'is none that speaks of the window';
  const text = `observeRefusal: code ${problem}, so nothing changes; known are ${knownRefusalCodes}`;
  logOnce.warn('refusal', isMissing ? 'missing' : 'unknown', { field: 'code' }, text);
}
