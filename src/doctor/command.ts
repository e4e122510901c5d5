import type { Clock } from '../ports.js';
import { readArguments, USAGE, UsageError } from './arguments.js';
import { type DiagnoseOptions, diagnose } from './diagnose.js';
import { renderDiagnosis } from './render-diagnosis.js';

/** The environment of the command. */
export interface Shell {
  /** The arguments without the program itself. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: DiagnoseOptions['fetch'];
  readonly clock: Clock;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

const MIN_KEY_LENGTH = 8;

/** Runs `freeform-guard doctor` and returns its exit status: 0 the guard can work, 1 it cannot, 2 invalid usage. */
export async function runCommand({ args, env, fetch, clock, ...shell }: Shell): Promise<0 | 1 | 2> {
  // The key is removed from all output. A shorter value is not a key, and would occur in any text.
  const key = env.BIRD_ACCESS_KEY ?? '';
  const redact = (text: string): string => (key.length < MIN_KEY_LENGTH ? text : text.replaceAll(key, '[redacted]'));
  try {
    const asked = readArguments(args, env);
    if (asked === 'help') {
      shell.writeOut(USAGE);
      return 0;
    }
    const diagnosis = await diagnose({ ...asked, fetch, clock });
    shell.writeOut(redact(renderDiagnosis(diagnosis)));
    return diagnosis.problem === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    shell.writeError(redact(`${error.message}.\nSee: npx freeform-guard doctor --help\n`));
    return 2;
  }
}
