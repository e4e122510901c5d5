const PLACEHOLDER = /\{\{\s*([^{}\s]+)\s*\}\}/g;

/** The names in a text's `{{placeholders}}`, each once, in the order of their first occurrence. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name))];
}

/** Whether a text has double braces outside its placeholders, which a customer would see. */
export function hasLooseBraces(text: string): boolean {
  return /\{\{|\}\}/.test(text.replace(PLACEHOLDER, ''));
}

/** The text with each placeholder replaced by its value, verbatim. A placeholder without a value stays. */
export function fillIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => values.get(name) ?? placeholder);
}
