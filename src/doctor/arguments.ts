import { parseArgs } from 'node:util';
import { cureOfBaseUrl, isLoopbackOrHttps } from '../bird/api/base-url.js';
import { toId } from '../core/uuid.js';

/** The options from the command line and the environment. */
export interface DoctorArguments {
  readonly workspaceId: string;
  readonly channelId: string;
  readonly contactId: string | undefined;
  readonly accessKey: string;
  readonly baseUrl: string;
}

/** The command line is invalid. The message names the option, and never quotes a value. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: npx freeform-guard doctor --workspace ID --channel ID [--contact ID] [--base-url URL]

Checks with read-only requests to Bird whether the guard can work, and names the first thing to fix.
The access key comes from the environment variable BIRD_ACCESS_KEY.

  --workspace ID   the workspace, a UUID
  --channel ID     the channel, a UUID
  --contact ID     the contact whose window to read, a UUID; without it, only the permission is checked
  --base-url URL   https, or http on loopback; default https://api.bird.com
  --help           show this text

Exit status: 0 the guard can work, 1 the last line says what to fix, 2 invalid usage.
`;

const options = {
  workspace: { type: 'string' },
  channel: { type: 'string' },
  contact: { type: 'string' },
  'base-url': { type: 'string' },
  help: { type: 'boolean' },
} as const;

/**
 * Reads the arguments strictly: one command, valid options, each at most once, values in the right form.
 *
 * @throws {UsageError}
 */
export function readArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DoctorArguments | 'help' {
  const { values, positionals, tokens } = parse(args);
  if (values.help === true) return 'help';
  if (positionals.length !== 1 || positionals[0] !== 'doctor') throw new UsageError('The only command is `doctor`');
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given more than once`);
  return {
    workspaceId: requireId('workspace', values.workspace),
    channelId: requireId('channel', values.channel),
    contactId: values.contact === undefined ? undefined : requireId('contact', values.contact),
    baseUrl: requireBaseUrl(values['base-url'] ?? 'https://api.bird.com'),
    accessKey: requireKey(env.BIRD_ACCESS_KEY),
  };
}

// The result's type follows from the options.
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    throw new UsageError(firstSentence(error));
  }
}

/** Node's message names the option and never its value. The sentences after the first are about shells. */
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.split(/\.\s|\n/)[0] ?? '';
}

function requireId(name: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  const id = toId(value);
  if (id === undefined) throw new UsageError(`--${name} must be a UUID`);
  return id;
}

function requireBaseUrl(value: string): string {
  if (!isLoopbackOrHttps(value)) {
    throw new UsageError(
      '--base-url must be an https URL, or an http URL on loopback, without query, fragment or credentials',
    );
  }
  const cure = cureOfBaseUrl(value);
  if (cure !== undefined) throw new UsageError(`--base-url: ${cure}`);
  const { origin, pathname } = new URL(value);
  return origin + pathname.replace(/\/+$/, '');
}

function requireKey(value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError('BIRD_ACCESS_KEY is not set');
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new UsageError('BIRD_ACCESS_KEY must consist of visible ASCII characters, without a space or a line break');
}
