import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

export interface TestTitle {
  readonly path: string;
  readonly title: string;
}

/** What is looked at of a syntax tree. */
interface Node {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly object?: Node;
  readonly property?: Node;
  readonly tag?: Node;
  readonly expression?: Node;
  readonly elements?: readonly Node[];
}

/**
 * The titles of all `describe`, `it` and `test` calls in a folder, as they are written: `${…}` is left out, and `%s` of an
 * `each` stays `%s`, with the names in the first column of its table beside it. What is skipped proves nothing, so its
 * title is not among them.
 */
export function readTestTitles(folder: string): readonly TestTitle[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:test|contract)\.ts$|contracts\/.*\.ts$/.test(path))
    .sort()
    .flatMap((path) => titlesOf(readFileSync(join(folder, path), 'utf8')).map((title) => ({ path, title })));
}

export function titlesOf(source: string): readonly string[] {
  const titles: string[] = [];
  visit(parseAst(source, { lang: 'ts' }) as unknown as Node, (node) => {
    const title = node.type === 'CallExpression' ? titleOf(node) : undefined;
    if (title === undefined) return;
    titles.push(title);
    if (title.includes('%s')) titles.push(...namesOfRows(node.callee));
  });
  return titles;
}

function titleOf({ callee, arguments: given = [] }: Node): string | undefined {
  const names = namesOf(callee);
  const isTitled =
    /^(?:it|test|describe\w*)$/.test(names[0] ?? '') && !names.includes('skip') && !names.includes('todo');
  return isTitled ? textOf(given[0]) : undefined;
}

/** The names in the first column of a table that is written where it is used. */
function namesOfRows(each: Node | undefined): readonly string[] {
  const table = withoutConst(each?.arguments?.[0]);
  return (table?.elements ?? []).flatMap(
    (row) => textOf(row.type === 'ArrayExpression' ? row.elements?.[0] : row) ?? [],
  );
}

function withoutConst(node: Node | undefined): Node | undefined {
  return node?.type === 'TSAsExpression' ? node.expression : node;
}

/** `it.each(rows)` and `it.each\`rows\`` give `['it', 'each']`, and `it` gives `['it']`. */
function namesOf(node: Node | undefined): readonly string[] {
  if (node?.name !== undefined) return [node.name];
  if (node?.type === 'MemberExpression') return [...namesOf(node.object), ...namesOf(node.property)];
  return node === undefined ? [] : namesOf(node.callee ?? node.tag);
}

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  return node?.quasis?.map(({ value }) => value.raw).join('');
}

function visit(value: unknown, look: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  if ('type' in value && typeof value.type === 'string') {
    look(value as Node);
  }
  for (const child of Object.values(value)) {
    visit(child, look);
  }
}
