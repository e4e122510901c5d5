import type { Writable } from 'node:stream';
import { isFunction, typeName } from '../../core/option-checks.js';
import type { DecisionEvent } from '../decision-event.js';
import { LineQueue } from './line-queue.js';
import { LogFile } from './log-file.js';
import type { LogSink } from './log-sink.js';
import { LogStream } from './log-stream.js';

/** A log of decisions, for the option `onDecision`. */
export interface DecisionLog {
  /**
   * Adds an event. While lines cannot be written, it throws the reason each time, which the guard logs once.
   */
  (event: DecisionEvent): void;
  /** Settles when all lines are written; rejects where they cannot be. `guard.close()` calls it. */
  flush(): Promise<void>;
  /** Writes what is left and closes the file. Later events are ignored. A stream stays open. */
  close(): Promise<void>;
}

/**
 * Writes each decision as a line of JSON, for `npx freeform-guard report`. A file that was renamed or removed, as
 * rotation does, is opened anew. What a slow disk or pipe holds up waits, 10 000 events at most; of those beyond, a line
 * says how many there were.
 *
 * @param target the path of a file, which is appended to; or a stream, such as `process.stdout`
 * @throws {TypeError} for any other target; the system's error where the file cannot be opened
 *
 * @example
 * const log = decisionLog('/var/log/decisions.jsonl');
 * const guard = createGuard({ workspaces: { [workspaceId]: { accessKey } }, onDecision: log });
 */
export function decisionLog(target: string | Writable): DecisionLog {
  const queue = new LineQueue(sinkFor(target));
  const log = (event: DecisionEvent): void => queue.push(event);
  return Object.assign(log, { flush: () => queue.flush(), close: () => queue.close() });
}

function sinkFor(target: string | Writable): LogSink {
  if (typeof target === 'string' && target !== '') return new LogFile(target);
  if (typeof target === 'object' && isFunction(target?.write) && isFunction(target.on)) return new LogStream(target);
  throw new TypeError(`decisionLog needs the path of a file or a writable stream; received ${typeName(target)}`);
}
