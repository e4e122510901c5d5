import { posix } from 'node:path';
import { type ESTree, parseSync } from 'rolldown/utils';
import { readProjectFile } from './markdown.js';

/** Something that a user meets: an entry, what it exports, or a member of that. */
export interface PublicName {
  /** Where it stands, such as `src/ports.ts Clock.now`. */
  readonly place: string;
  /** The text of its docstring; `undefined` where it has none. */
  readonly doc: string | undefined;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly statements: readonly ESTree.Node[];
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
}

/** A declaration at the top of a file. Its docstring stands before the whole statement, `export` included. */
interface Declaration {
  readonly file: SourceFile;
  readonly name: string;
  readonly node: ESTree.Node;
  readonly start: number;
}

const MEMBERS = new Set(['TSPropertySignature', 'TSMethodSignature', 'PropertyDefinition', 'MethodDefinition']);

/** What runs is nobody's to read about: the bodies of functions, and initial values. */
const CODE = new Set(['BlockStatement', 'FunctionBody', 'ObjectExpression', 'NewExpression', 'CallExpression']);

/** The source file of each entry of the package. */
export function entryFiles(): string[] {
  const { exports } = JSON.parse(readProjectFile('package.json'));
  return Object.values<{ readonly types?: string }>(exports)
    .flatMap(({ types }) => types ?? [])
    .map((types) => types.replace('./dist/', 'src/').replace('.d.ts', '.ts'));
}

/** All public names of some entries, each once. A member that an exported type inherits from another is one, too. */
export function publicNames(entries: readonly string[]): PublicName[] {
  const files = new Map<string, SourceFile>();
  const parse = (path: string): SourceFile => {
    const file = files.get(path) ?? parseSource(path);
    files.set(path, file);
    return file;
  };
  const exported = entries.flatMap((entry) => exportsOf(parse(entry), parse));
  const all = [...exported, ...exported.flatMap((declaration) => ancestorsOf(declaration, parse))];
  const byPlace = new Map(all.map((declaration) => [`${declaration.file.path} ${declaration.name}`, declaration]));
  return [
    ...entries.map((path) => ({ place: path, doc: docBefore(parse(path), undefined) })),
    ...[...byPlace].flatMap(namesIn),
  ];
}

function parseSource(path: string): SourceFile {
  const text = readProjectFile(path);
  const { program, comments } = parseSync(path, text);
  return { path, text, statements: program.body, comments };
}

type Parse = (path: string) => SourceFile;

function exportsOf(file: SourceFile, parse: Parse): Declaration[] {
  return file.statements.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return [];
    if (statement.source === null) return declarationsIn(file, statement);
    const target = parse(pathOf(file, statement.source.value));
    return statement.specifiers.map(({ local }) => {
      const declaration = find(target, nameOf(local), parse);
      if (declaration === undefined) throw new Error(`${target.path} does not declare ${nameOf(local)}`);
      return declaration;
    });
  });
}

/** What an interface extends, and what that does, wherever it is declared in this project. */
function ancestorsOf({ file, node }: Declaration, parse: Parse): Declaration[] {
  const heritage = node.type === 'TSInterfaceDeclaration' ? node.extends : [];
  const names = heritage
    .flatMap((clause) => [...walk(clause)])
    .flatMap((part) => (part.type === 'Identifier' ? part.name : []));
  const parents = names.flatMap((name) => find(file, name, parse) ?? []);
  return parents.flatMap((parent) => [parent, ...ancestorsOf(parent, parse)]);
}

/** What a name means in a file: its own declaration, or that of another file from which it is imported. */
function find(file: SourceFile, name: string, parse: Parse): Declaration | undefined {
  const own = file.statements.flatMap((statement) => declarationsIn(file, statement));
  const declaration = own.find((one) => one.name === name);
  if (declaration !== undefined) return declaration;
  for (const statement of file.statements) {
    if (statement.type !== 'ImportDeclaration' || !statement.source.value.startsWith('.')) continue;
    const specifier = statement.specifiers.find(({ local }) => local.name === name);
    if (specifier?.type === 'ImportSpecifier') {
      return find(parse(pathOf(file, statement.source.value)), nameOf(specifier.imported), parse);
    }
  }
  return undefined;
}

function declarationsIn(file: SourceFile, statement: ESTree.Node): Declaration[] {
  const { start } = statement;
  const node = statement.type === 'ExportNamedDeclaration' ? (statement.declaration ?? statement) : statement;
  if (node.type === 'VariableDeclaration') {
    return node.declarations.flatMap((part) =>
      part.id.type === 'Identifier' ? [{ file, name: part.id.name, node: part, start }] : [],
    );
  }
  const name = 'id' in node && node.id !== null ? nameOf(node.id) : '';
  return name === '' ? [] : [{ file, name, node, start }];
}

/** A declaration and its members, those of object types inside it included. */
function namesIn([place, { file, node, start }]: readonly [place: string, Declaration]): PublicName[] {
  const members = [...walk(node)].flatMap((part) => {
    const isMember = MEMBERS.has(part.type) && 'key' in part && part.key.type !== 'PrivateIdentifier';
    // What stands at the getter is about both.
    const isSetter = part.type === 'MethodDefinition' && part.kind === 'set';
    return isMember && !isSetter ? [{ place: `${place}.${nameOf(part.key)}`, doc: docBefore(file, part.start) }] : [];
  });
  return [{ place, doc: docBefore(file, start) }, ...members];
}

/** Every part of a declaration that a user can see. */
function* walk(node: ESTree.Node): Generator<ESTree.Node> {
  yield node;
  for (const value of Object.values(node).flat()) {
    if (typeof value?.type === 'string' && !CODE.has(value.type)) yield* walk(value);
  }
}

/** The docstring before a place in a file, without its asterisks. `undefined`: the one at the file's head. */
function docBefore(file: SourceFile, start: number | undefined): string | undefined {
  const isBefore = (end: number): boolean =>
    start !== undefined && end <= start && file.text.slice(end, start).trim() === '';
  const comment = file.comments.find(
    ({ value, start: at, end }) => value.startsWith('*') && (start === undefined ? at === 0 : isBefore(end)),
  );
  return comment?.value.replace(/^\s*\* ?/gm, '').trim();
}

/** What an identifier or a quoted key says; nothing for what is no name. */
function nameOf(node: ESTree.Node): string {
  return 'name' in node ? String(node.name) : 'value' in node ? String(node.value) : '';
}

function pathOf({ path }: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}
