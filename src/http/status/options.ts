import type { IncomingMessage } from 'node:http';
import {
  aFunction,
  checkOptions,
  integerBetween,
  type OptionCheck,
  oneOf,
  requireAll,
} from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import type { WindowQuery } from '../../guard/window-query.js';

/**
 * Whose window a request is about, and who would write. `Req` is the framework's type, such as Express's `Request`, or
 * that of `fetch`.
 */
export interface WindowStatusOptions<Req extends IncomingMessage | Request = IncomingMessage> {
  /**
   * Finds the window that a request is about, as `guard.window` takes it. It knows who is logged in: for a conversation
   * that this person may not see, and for one that does not exist, it gives `undefined` or `null`, and the answer is 404.
   */
  readonly resolve: (req: Req) => WindowQuery | null | undefined | Promise<WindowQuery | null | undefined>;
  /** Who would write: only `human` may use a human-agent window. Default `automation`. */
  readonly sender?: 'human' | 'automation' | undefined;
  /**
   * How many streams the guard serves at once in this process; one more is answered with 503. Default 1000; 1 to
   * 100 000.
   */
  readonly maxConnections?: number | undefined;
}

export interface ResolvedStatusOptions {
  /** What the host gives the handler is what `resolve` gets. */
  readonly resolve: (req: unknown) => WindowQuery | null | undefined | Promise<WindowQuery | null | undefined>;
  readonly sender: 'human' | 'automation';
  readonly maxConnections: number;
}

const checks = {
  resolve: aFunction,
  sender: oneOf('human', 'automation'),
  maxConnections: integerBetween(1, 100_000, 'connections'),
} satisfies Record<keyof WindowStatusOptions, OptionCheck>;

/** @throws {TypeError | RangeError} naming the option */
export function resolveStatusOptions(options: object): ResolvedStatusOptions {
  checkOptions(options, checks, 'windowStatus');
  const given = ownFields(options as ResolvedStatusOptions);
  requireAll({ resolve: given.resolve }, 'windowStatus');
  const { resolve, sender = 'automation', maxConnections = 1000 } = given;
  return { resolve, sender, maxConnections };
}
