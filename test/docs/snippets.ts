import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Consumer, createConsumer, tsc } from '../packaging/staged-package.js';
import { codeBlocks, projectRoot, readProjectFile, section } from './markdown.js';

/** What the blocks take for granted. A block that declares one of these itself means its own. */
const GIVEN = `
declare const workspaceId: string, channelId: string, contactId: string, accessKey: string, signingKey: string;
declare const phone: string, projectId: string, smsChannelId: string, url: string, secret: string;
declare const guard: import('freeform-guard').Guard;
declare const message: object;
declare const channel: { platformId: string }, contact: { lastInboundAt: string };
declare function notifyTeam(conversationId: string): void;
declare function waitForItsTurn(): Promise<void>;
declare function sendToBird(message: object): Promise<void>;
declare function windowOf(conversationId: unknown): Promise<import('freeform-guard').WindowQuery | undefined>;
declare function findTicket(id: unknown): Promise<{ phone: string; channelId: string } | undefined>;
`;

const RECIPES = 'examples/hosts';

/** The TypeScript blocks of pages, compiled. */
export interface Snippets {
  /** What the compiler says of them all: nothing, where they type-check. */
  readonly problems: string;
  /** The JavaScript of a block under a heading, without imports and exports. */
  javaScriptOf(page: string, heading: string, index?: number): string;
  remove(): Promise<void>;
}

const PACKAGES = [
  ...['@types/node', '@types/express', 'express', 'redis', 'ioredis'],
  ...['pino', 'prom-client', '@opentelemetry/api'],
] as const;

/** Compiles all blocks against the package as a user gets it. */
export async function compileSnippets(pages: readonly string[]): Promise<Snippets> {
  const consumer = await createConsumer([...PACKAGES]);
  // The recipes for hosts are files, which are compiled and run as such.
  const recipes = new Set(readdirSync(join(projectRoot, RECIPES)).map((name) => readProjectFile(`${RECIPES}/${name}`)));
  const blocks = pages
    .flatMap((page) => codeBlocks(readProjectFile(page), 'ts'))
    .filter((block) => !recipes.has(block));
  const problems = await compile(consumer, blocks);
  const emitted = await Promise.all(
    blocks.map((_, index) => readFile(join(consumer.directory, 'pages', 'out', `block-${index + 1}.mjs`), 'utf8')),
  );
  return {
    problems,
    javaScriptOf: (page, heading, index = 0) => {
      const block = codeBlocks(section(readProjectFile(page), heading), 'ts')[index];
      const code = emitted[blocks.indexOf(block ?? '')];
      if (code === undefined) throw new RangeError(`${page} has no block ${index} under "${heading}"`);
      return withoutImports(code);
    },
    remove: () => consumer.remove(),
  };
}

/** The same code as the body of a function. */
export function withoutImports(code: string): string {
  return code.replace(/^import [^;]*;.*$/gm, '').replace(/^export (\{\};)?/gm, '');
}

async function compile(consumer: Consumer, blocks: readonly string[]): Promise<string> {
  const directory = join(consumer.directory, 'pages');
  await mkdir(directory);
  for (const [index, block] of blocks.entries()) {
    await writeFile(join(directory, `block-${index + 1}.mts`), `${block}\nexport {};\n`);
  }
  await writeFile(join(directory, 'given.d.ts'), GIVEN);
  // A block may import what another one is.
  await writeFile(join(directory, 'ioredis-store.ts'), readProjectFile('examples/ioredis-store.ts'));
  const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'], skipLibCheck: true };
  const config = { compilerOptions: { ...compilerOptions, outDir: 'out' }, include: ['*.mts', '*.ts'] };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  return await tsc('-p', directory).catch((error: unknown) => (error as Error).message);
}

/**
 * Runs a compiled block. `names` take the place of what it imports and of what it takes for granted; the result holds what
 * it declares under `results`.
 */
export async function run<T extends object>(
  code: string,
  names: Readonly<Record<string, unknown>>,
  results: readonly (keyof T & string)[] = [],
): Promise<T> {
  const body = `return (async () => { ${code}\n return { ${results.join(', ')} }; })()`;
  return await new Function(...Object.keys(names), body)(...Object.values(names));
}
