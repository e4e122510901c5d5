import { expect, it } from 'vitest';
import { check } from '../../src/cli/check/check.js';
import { USAGE } from '../../src/cli/command.js';
import { report } from '../../src/cli/report/report.js';
import { codeBlocks, readProjectFile, section } from '../docs/markdown.js';

const page = readProjectFile('docs/commands.md');

it('shows the commands as --help does', () => {
  expect(codeBlocks(page, 'text')[0]).toBe(USAGE);
});

it.each([
  ['check', check],
  ['report', report],
])('shows the usage of %s as --help does', (name, { usage }) => {
  expect(codeBlocks(section(page, name), 'text')).toContain(usage);
});
