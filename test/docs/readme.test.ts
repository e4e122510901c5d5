import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Decision } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../src/http/request/problem.js';
import { codeBlocks, projectRoot, readProjectFile, section, tableRows } from './markdown.js';
import { outcomeOf } from './outcome.js';

const readme = readProjectFile('README.md');

it('has at most 180 lines', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(180);
});

it('links every page of docs/ in its contents', () => {
  const links = [...section(readme, 'Documentation').matchAll(/\]\(docs\/([^)#]+)\)/g)].map(([, page = '']) => page);
  const pages = readdirSync(join(projectRoot, 'docs')).filter((name) => name.endsWith('.md'));
  expect(links.toSorted()).toEqual(pages.toSorted());
});

describe('the quick start', () => {
  it('is the example that the tests run, word for word', () => {
    expect(codeBlocks(section(readme, 'Quick start'), 'ts')).toEqual([
      readProjectFile('examples/express-quick-start.ts'),
    ]);
  });

  it('stays short', () => {
    expect(readProjectFile('examples/express-quick-start.ts').split('\n').length).toBeLessThanOrEqual(20);
  });
});

describe('the commands', () => {
  it('exist', () => {
    const { scripts } = JSON.parse(readProjectFile('package.json'));
    const named = [...readme.matchAll(/npm run (\w+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of [...named, 'test']) expect(Object.keys(scripts)).toContain(name);
  });

  it('install, and then show or test', () => {
    const [commands] = codeBlocks(section(readme, 'Install'), '');
    expect(commands).toBe('npm install && npm run demo\nnpm install && npm test\n');
  });
});

describe('the decision table', () => {
  it.each(tableRows(section(readme, 'What it decides')))('%s: %s, %s, %s, %s', (_, verdict, reason, sent, http) => {
    const group = { allow: 'Allowed', deny: 'Denied', unknown: 'Unknown' }[verdict ?? ''] ?? '';
    const reasons = tableRows(section(readProjectFile('docs/errors.md'), group)).map(([word]) => word);
    expect(reasons).toContain(reason);
    expect(sent === 'nothing').toBe(http !== 'yours');
    if (http === 'yours') return;
    const outcome = outcomeOf({ verdict, reason, closedAt: null } as Decision, { action: 'block' });
    expect(String(problemOf([outcome], [{ workspaceId: '' }]).status)).toBe(http);
  });
});

describe('the comparison', () => {
  const measured = tableRows(section(readProjectFile('docs/correctness.md'), 'A good day'));
  const names = [
    ['freeform-guard, observeInbound before replies', 'freeform-guard, observeInbound before replies'],
    ['freeform-guard, webhooks alone', 'freeform-guard, webhooks'],
    ['freeform-guard, reads alone', 'freeform-guard, reads alone'],
    ['ask Bird before each send', 'ask before every send'],
    ['ask Bird, and keep the answer for 60 s', 'ask and keep for 60 s'],
    ['last inbound + 24 h, without Bird', 'last inbound + 24 h'],
  ];
  const shown = tableRows(section(readme, 'Compared with the usual ways'));

  it('shows each of these', () => {
    expect(shown.map(([name]) => name)).toEqual(names.map(([name]) => name));
  });

  it.each(names)('has of "%s" the figures that were measured', (name, measuredName) => {
    const [, ...figures] = shown.find(([first]) => first === name) ?? [];
    const [, sends, wrongBlocks, wrongAllows, , reads, , unknown] =
      measured.find(([first]) => first === measuredName) ?? [];
    expect(figures.map((figure) => figure.replaceAll(',', ''))).toEqual([wrongBlocks, reads, unknown]);
    // What the sentences beside the table say.
    expect([sends, wrongAllows]).toEqual(['300141', '0']);
  });
});
