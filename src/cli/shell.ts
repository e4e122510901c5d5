import type { BirdApiOptions } from '../bird/api/api-client.js';
import type { Clock } from '../ports.js';

/** Marks a text as a terminal shows it. Gives it back as it is where colours are not wanted. */
export type Style = (format: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string;

export const plain: Style = (_, text) => text;

/** The environment of a command. */
export interface Shell {
  /** The arguments without the program itself. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: BirdApiOptions['fetch'];
  readonly clock: Clock;
  /** For what `writeOut` gets. */
  readonly style: Style;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Draws over what it drew before; `undefined` where nobody looks. */
  readonly drawProgress: ((text: string) => void) | undefined;
  /** The script of the report's page. */
  readonly pageScript: () => string;
}

/** One of the commands of `npx freeform-guard`. */
export interface Command {
  /** What `--help` shows. */
  readonly usage: string;
  /**
   * @param shell `args` without the command's name
   * @returns the exit status
   * @throws {UsageError} for invalid arguments
   */
  run(shell: Shell): Promise<number>;
}
