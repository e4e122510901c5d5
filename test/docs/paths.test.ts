import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot, readProjectFile, section, tableRows } from './markdown.js';

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(projectRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

it.each(pages)('%s names no file that is not there', (page) => {
  const text = readFileSync(join(projectRoot, page), 'utf8').replaceAll('\n', ' ');
  // With a star or angle brackets it stands for several.
  const paths = [...text.matchAll(/`((?:src|test|examples|bench)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  for (const path of paths) expect(existsSync(join(projectRoot, path)), path).toBe(true);
});

it('docs/architecture.md has each room, and only those', () => {
  const rows = tableRows(section(readProjectFile('docs/architecture.md'), 'The rooms'));
  const rooms = readdirSync(join(projectRoot, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rows.map(([room]) => room).toSorted()).toEqual(rooms.map(({ name }) => `${name}/`).toSorted());
});
