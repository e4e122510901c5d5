import { parseArgs } from 'node:util';
import { cureOfBaseUrl, isLoopbackOrHttps } from '../bird/api/base-url.js';
import { toId } from '../core/uuid.js';

/** The command line is invalid. The message names the option, and never quotes a value. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type OptionTypes = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

type Values<Options extends OptionTypes> = {
  readonly [Name in keyof Options]?: Options[Name]['type'] extends 'string' ? string : boolean;
};

/**
 * Reads a command's arguments strictly: valid options, each at most once, and `--option=value` or `--option value`.
 *
 * @throws {UsageError}
 */
export function parseCommandLine<Options extends OptionTypes>(
  args: readonly string[],
  options: Options,
): { readonly values: Values<Options>; readonly positionals: readonly string[] } {
  const { values, positionals, tokens } = parse(args, options);
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given more than once`);
  return { values: values as Values<Options>, positionals };
}

/** The same for a command that takes options alone. */
export function parseOptions<Options extends OptionTypes>(args: readonly string[], options: Options): Values<Options> {
  const { values, positionals } = parseCommandLine(args, options);
  if (positionals.length > 0) throw new UsageError('There is an argument that belongs to no option');
  return values;
}

// The result's type follows from the options.
function parse<Options extends OptionTypes>(args: readonly string[], options: Options) {
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

/** @throws {UsageError} */
export function requireId(name: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  const id = toId(value);
  if (id === undefined) throw new UsageError(`--${name} must be a UUID`);
  return id;
}

/** @throws {UsageError} */
export function requireBaseUrl(value = 'https://api.bird.com'): string {
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

/** @throws {UsageError} */
export function requireKey({ BIRD_ACCESS_KEY: value }: Readonly<Record<string, string | undefined>>): string {
  if (value === undefined || value === '') throw new UsageError('BIRD_ACCESS_KEY is not set');
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new UsageError('BIRD_ACCESS_KEY must consist of visible ASCII characters, without a space or a line break');
}
