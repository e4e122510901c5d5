import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codeBlocks, readProjectFile, section, tableRows } from './markdown.js';

const page = readProjectFile('docs/frameworks.md');
const suites = readdirSync('test/hosts')
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readProjectFile(`test/hosts/${name}`));

/** The hosts that the contract suite runs, and queues, which answer nobody. */
function hostsInTests(): { readonly name: string; readonly recipe: string }[] {
  const hosts = suites.flatMap((text) => [...text.matchAll(/name: '([^']+)',\s*recipe: '([^']+)'/g)]);
  const queues = suites.flatMap((text) => [...text.matchAll(/describeWithRedis\('([^']+)'/g)]);
  return [
    ...hosts.map(([, name = '', recipe = '']) => ({ name, recipe })),
    ...queues.map(([, name = '']) => ({ name, recipe: `${name.toLowerCase()}.ts` })),
  ];
}

it('the table has each host that the suite runs, and no other', () => {
  const linked = tableRows(page).map(([host = '']) => /^\[(.+)\]\(#.+\)$/.exec(host)?.[1]);
  expect(linked.toSorted()).toEqual(
    hostsInTests()
      .map(({ name }) => name)
      .toSorted(),
  );
});

describe('the recipes', () => {
  it('are the files that the suite runs', () => {
    const blocks = new Set(codeBlocks(page, 'ts'));
    for (const file of readdirSync('examples/hosts')) {
      expect(blocks.has(readProjectFile(`examples/hosts/${file}`)), file).toBe(true);
    }
    const run = new Set(hostsInTests().map(({ recipe }) => recipe));
    expect([...run, 'service.ts'].toSorted()).toEqual(readdirSync('examples/hosts').toSorted());
  });

  it('stand in the section that the table leads to', () => {
    for (const { name, recipe } of hostsInTests()) {
      const anchor = new RegExp(`\\[${name}\\]\\(#(.+?)\\)`).exec(page)?.[1];
      const heading = [...page.matchAll(/^## (.+)$/gm)]
        .map(([, text = '']) => text)
        .find((text) => slug(text) === anchor);
      expect(codeBlocks(section(page, heading ?? `of ${name}`), 'ts')).toContain(
        readProjectFile(`examples/hosts/${recipe}`),
      );
    }
  });
});

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
