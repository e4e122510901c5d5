import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot: string = fileURLToPath(new URL('../..', import.meta.url));

export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The text from a heading to the next one of the same or a higher level. */
export function section(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').startsWith(heading));
  if (start < 0) throw new RangeError(`There is no heading "${heading}"`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const isEnd = (line: string): boolean => /^#+ /.test(line) && line.indexOf(' ') <= level;
  let isCode = false;
  const length = lines.slice(start + 1).findIndex((line) => {
    if (line.startsWith('```')) isCode = !isCode;
    return !isCode && isEnd(line);
  });
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** The texts of a page's headings, without those in code. */
export function headings(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
}

/** The cells of each table row in a text, without headings. Backticks and the backslash of `\|` are taken off. */
export function tableRows(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  const isHeading = (index: number): boolean => /^\|[\s:|-]+$/.test(lines[index + 1] ?? '');
  return lines
    .filter((line, index) => !isHeading(index) && !/^\|[\s:|-]+$/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('`', '')));
}

/** The code blocks of a language, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  const blocks = markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'));
  return [...blocks].map(([, code = '']) => code);
}
