import { toInstant } from '../../core/instant.js';
import { UsageError } from '../command-line.js';

const units: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The instant that `--since` means, epoch ms.
 *
 * @throws {UsageError}
 */
export function readSince(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6})(min|h|d)$/.exec(text) ?? [];
  const instant = count === undefined ? toInstant(text) : now - Number(count) * (units[unit] ?? 0);
  if (instant !== undefined) return instant;
  throw new UsageError('--since must be a time such as 90min, 24h or 7d, or an instant with its offset');
}
