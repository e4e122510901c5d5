import { ignoreRejection } from '../../core/promise-like.js';
import type { Logger } from '../../ports.js';

/** What logs when no logger was given: only what somebody should act on. */
export const consoleLogger: Logger = {
  warn: (fields, text) => console.warn(`[freeform-guard] ${text}`, fields),
  error: (fields, text) => console.error(`[freeform-guard] ${text}`, fields),
};

/**
 * The same logger, which can make no decision fail: what it throws, or a promise of it rejects with, is dropped, since
 * there is nobody to tell.
 */
export function safeLogger(logger: Logger): Logger {
  const safely =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: Readonly<Record<string, unknown>>, text: string): void => {
      try {
        ignoreRejection(logger[level]?.(fields, text));
      } catch {}
    };
  // Without one of these methods, nothing is made ready for it.
  const debug = logger.debug === undefined ? undefined : safely('debug');
  const info = logger.info === undefined ? undefined : safely('info');
  return { debug, info, warn: safely('warn'), error: safely('error') };
}
