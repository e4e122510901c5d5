import { expect, it } from 'vitest';
import { USAGE } from '../../src/cli/command.js';
import { report } from '../../src/cli/report/report.js';
import { codeBlocks, readProjectFile, section } from '../docs/markdown.js';

const page = readProjectFile('docs/commands.md');

it('shows the commands as --help does', () => {
  expect(codeBlocks(page, 'text')[0]).toBe(USAGE);
});

it.each([['report', report]])('shows the usage of %s as --help does', (name, { usage }) => {
  expect(codeBlocks(section(page, name), 'text')[0]).toBe(usage);
});
