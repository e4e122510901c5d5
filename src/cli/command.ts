import { check } from './check/check.js';
import { UsageError } from './command-line.js';
import { doctor } from './doctor/doctor.js';
import { report } from './report/report.js';
import type { Command, Shell } from './shell.js';

const commands: Readonly<Record<string, Command>> = { check, doctor, report };

export const USAGE = `Usage: npx freeform-guard COMMAND [options]

  check    asks whether one contact can be written to freely now, and why
  doctor   checks whether the guard can work with a key and a channel, and names the first thing to fix
  report   says what a decision log has, and what enforce would change

npx freeform-guard COMMAND --help shows the options of a command.
`;

const MIN_KEY_LENGTH = 8;

/** Runs a command and returns its exit status; 2 for invalid usage. */
export async function runCommand(given: Shell): Promise<number> {
  const shell = withoutKey(given);
  const [name = '', ...args] = shell.args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (shell.args.includes('--help')) {
    shell.writeOut(command?.usage ?? USAGE);
    return 0;
  }
  try {
    if (command === undefined) throw new UsageError(`The command must be ${listOf(Object.keys(commands))}`);
    return await command.run({ ...shell, args });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const help = command === undefined ? '--help' : `${name} --help`;
    shell.writeError(`${error.message}.\nSee: npx freeform-guard ${help}\n`);
    return 2;
  }
}

/** The key is removed from all output. A shorter value is not a key, and would occur in any text. */
function withoutKey(shell: Shell): Shell {
  const key = shell.env.BIRD_ACCESS_KEY ?? '';
  if (key.length < MIN_KEY_LENGTH) return shell;
  const redact = (text: string): string => text.replaceAll(key, '[redacted]');
  return {
    ...shell,
    writeOut: (text) => shell.writeOut(redact(text)),
    writeError: (text) => shell.writeError(redact(text)),
  };
}

function listOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names.map((name) => `\`${name}\``));
}
