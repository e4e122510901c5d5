const PLACEHOLDER = /\{\{\s*([^{}\s]+)\s*\}\}/g;

/** The names in a text's `{{placeholders}}`, each once, in the order in which they first stand there. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name))];
}

/** Whether double braces are left over beside the placeholders: a customer would get to see them. */
export function hasLooseBraces(text: string): boolean {
  return /\{\{|\}\}/.test(text.replace(PLACEHOLDER, ''));
}

/** The text with each placeholder replaced by its value, verbatim; one without a value stays. */
export function fillIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => values.get(name) ?? placeholder);
}
