import type { Logger, ReportedError } from 'freeform-guard';
import { describe, expect, it, vi } from 'vitest';
import { consoleLogger, safeLogger } from '../../../src/guard/notices/loggers.js';
import { turns } from '../support.js';

const levels = ['debug', 'info', 'warn', 'error'] as const;
const noop = (): void => {};

const safe = (logger: Logger): { logger: Logger; reported: ReportedError[] } => {
  const reported: ReportedError[] = [];
  return { logger: safeLogger(logger, (error) => void reported.push(error)), reported };
};

describe('the logger of an application', () => {
  it.each(levels)('gets each line of %s as it is', (level) => {
    const log = vi.fn();
    const { logger, reported } = safe({ warn: noop, error: noop, [level]: log });
    logger[level]?.({ a: 1 }, 'text');
    expect(log.mock.calls).toEqual([[{ a: 1 }, 'text']]);
    expect(reported).toEqual([]);
  });

  it('keeps its own this', () => {
    class Own {
      readonly lines: string[] = [];
      warn(_: object, text: string): void {
        this.lines.push(text);
      }
      error(): void {}
    }
    const own = new Own();
    safe(own).logger.warn({}, 'text');
    expect(own.lines).toEqual(['text']);
  });

  it('without debug and info has none, so that nothing is made ready for them', () => {
    const { logger } = safe({ warn: noop, error: noop });
    expect([logger.debug, logger.info]).toEqual([undefined, undefined]);
  });

  it.each(levels)('that throws, or rejects, in %s makes nothing fail; the error is reported', async (level) => {
    const error = new Error('disk full');
    for (const fails of [
      () => {
        throw error;
      },
      () => Promise.reject(error),
    ]) {
      const { logger, reported } = safe({ warn: noop, error: noop, [level]: fails });
      logger[level]?.({}, 'text');
      await turns();
      expect(reported).toEqual([{ source: 'hook', hook: 'logger', error }]);
    }
  });

  it('that loses a method later makes nothing fail', () => {
    const own: { warn?: typeof noop; error: typeof noop } = { warn: noop, error: noop };
    const { logger, reported } = safe(own as Logger);
    own.warn = undefined as never;
    logger.warn({}, 'text');
    expect(reported).toEqual([]);
  });
});

describe('the console', () => {
  it.each(['warn', 'error'] as const)('gets the lines of %s, with whose they are', (level) => {
    const spy = vi.spyOn(console, level).mockImplementation(noop);
    consoleLogger[level]({ a: 1 }, 'text');
    const { calls } = spy.mock;
    spy.mockRestore();
    expect(calls).toEqual([['[freeform-guard] text', { a: 1 }]]);
  });

  it('gets nothing that nobody has to act on', () => {
    expect([consoleLogger.debug, consoleLogger.info]).toEqual([undefined, undefined]);
  });
});
