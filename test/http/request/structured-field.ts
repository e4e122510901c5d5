/** A bare item of a structured field; only what the guard may use. */
export type BareItem = { readonly token: string } | number | boolean;

export interface Member {
  readonly value: BareItem;
  readonly parameters: Readonly<Record<string, BareItem>>;
}

/**
 * Parses a structured field dictionary (RFC 9651, section 4.2.2) strictly, and of the item types only tokens, integers
 * and booleans: strings, bytes, dates and decimals throw, since a text could hold what must not leave.
 */
export function parseDictionary(field: string): Readonly<Record<string, Member>> {
  const reader = new Reader(field);
  const members: Record<string, Member> = {};
  while (!reader.isAtEnd()) {
    const key = reader.key();
    if (Object.hasOwn(members, key)) throw new SyntaxError(`${key} is there twice`);
    const value = reader.takes('=') ? reader.bareItem() : true;
    members[key] = { value, parameters: reader.parameters() };
    if (reader.isAtEnd()) break;
    reader.comma();
    if (reader.isAtEnd()) throw new SyntaxError('a comma at the end');
  }
  return members;
}

class Reader {
  #rest: string;

  constructor(field: string) {
    this.#rest = field.replace(/^ +| +$/g, '');
  }

  isAtEnd(): boolean {
    return this.#rest === '';
  }

  takes(text: string): boolean {
    const isThere = this.#rest.startsWith(text);
    if (isThere) this.#rest = this.#rest.slice(text.length);
    return isThere;
  }

  key(): string {
    return this.#match(/^[a-z*][a-z0-9_\-.*]*/, 'a key');
  }

  comma(): void {
    this.#match(/^[ \t]*,[ \t]*/, 'a comma');
  }

  parameters(): Record<string, BareItem> {
    const parameters: Record<string, BareItem> = {};
    while (this.takes(';')) {
      this.#match(/^ */, 'spaces');
      const key = this.key();
      parameters[key] = this.takes('=') ? this.bareItem() : true;
    }
    return parameters;
  }

  bareItem(): BareItem {
    if (this.takes('?1')) return true;
    if (this.takes('?0')) return false;
    if (/^[-0-9]/.test(this.#rest)) return Number(this.#match(/^-?[0-9]{1,15}(?![0-9.])/, 'an integer'));
    return { token: this.#match(/^[A-Za-z*][A-Za-z0-9:/!#$%&'*+\-.^_`|~]*/, 'a token') };
  }

  #match(pattern: RegExp, what: string): string {
    const [found] = pattern.exec(this.#rest) ?? [];
    if (found === undefined) throw new SyntaxError(`${what} is missing at ${JSON.stringify(this.#rest.slice(0, 20))}`);
    this.#rest = this.#rest.slice(found.length);
    return found;
  }
}
