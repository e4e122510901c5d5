/**
 * The watch over everything that leaves the guard. Tests register what is secret and record what was let out: log
 * lines, response headers and bodies, errors. After each test the two are compared (`setup.ts`), so that the whole test
 * run is one search for leaks.
 */
const secrets = new Set<string>();
const letOut: { readonly where: string; readonly text: string }[] = [];

/** Registers a key, phone number or text that must never leave. Short ones would be found by chance. */
export function keepSecret(secret: string): void {
  if (secret.length < 8) throw new RangeError('a canary needs at least 8 characters');
  secrets.add(secret);
  const digits = secret.replace(/^\+/, '');
  if (/^\d{8,}$/.test(digits)) secrets.add(digits);
}

/** Begins anew. */
export function forgetSecrets(): void {
  secrets.clear();
  letOut.length = 0;
}

/** Records what was let out. Errors are unfolded with their causes and stacks. */
export function recordLetOut(where: string, value: unknown): void {
  letOut.push({ where, text: textOf(value) });
}

/** The places where a secret was let out since the last call. */
export function takeLeaks(): string[] {
  const leaks: string[] = [];
  for (const { where, text } of letOut.splice(0)) {
    for (const secret of secrets) if (text.includes(secret)) leaks.push(`${where}: ${secret}`);
  }
  return leaks;
}

function textOf(value: unknown): string {
  if (value instanceof Error) return [value.stack, JSON.stringify(value), textOf(value.cause ?? '')].join('\n');
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, inner: unknown) => (inner instanceof Error ? textOf(inner) : inner)) ?? '';
}
