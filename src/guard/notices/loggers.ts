import { isPromiseLike } from '../../core/promise-like.js';
import type { Logger } from '../../ports.js';
import type { ReportError } from '../../telemetry/reported-error.js';

/** What logs when no logger was given: only what somebody should act on. */
export const consoleLogger: Logger = {
  warn: (fields, text) => console.warn(`[freeform-guard] ${text}`, fields),
  error: (fields, text) => console.error(`[freeform-guard] ${text}`, fields),
};

/**
 * The same logger, which can make no decision fail: what it throws, or a promise of it rejects with, is only reported.
 */
export function safeLogger(logger: Logger, reportError: ReportError): Logger {
  const failed = (error: unknown): void => reportError({ source: 'hook', hook: 'logger', error });
  const safely =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: Readonly<Record<string, unknown>>, text: string): void => {
      try {
        const given: unknown = logger[level]?.(fields, text);
        if (isPromiseLike(given)) Promise.resolve(given).catch(failed);
      } catch (error) {
        failed(error);
      }
    };
  // Without one of these methods, nothing is made ready for it.
  const debug = logger.debug === undefined ? undefined : safely('debug');
  const info = logger.info === undefined ? undefined : safely('info');
  return { debug, info, warn: safely('warn'), error: safely('error') };
}
