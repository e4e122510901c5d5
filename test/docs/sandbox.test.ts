import { createGuard } from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';
import { expect, it } from 'vitest';
import { resolveSwitches } from '../../src/sandbox/switches.js';
import { codeBlocks, readProjectFile, section, tableRows } from './markdown.js';

const page = readProjectFile('docs/sandbox.md');

it('the lines print what their comments say', async () => {
  const [block = ''] = codeBlocks(page, 'ts');
  const said = [...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text]) => text);
  const body = block.replace(/^import .*$/gm, '').replaceAll('console.log', 'print');
  const run = new Function('createGuard', 'createSandbox', 'print', `return (async () => {${body}})()`);
  const printed: unknown[] = [];
  await run(createGuard, createSandbox, (text: unknown) => printed.push(text));
  expect(printed).toEqual(said);
  expect(printed).toEqual(['send', 'block']);
});

it('the table shows the switches and their defaults', () => {
  const shown = tableRows(section(page, 'Switches')).map(([name, byDefault]) => [name, byDefault]);
  const switches = Object.entries({ ...resolveSwitches({}), retryAfter: 'absent' });
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(switches.map(([name, value]) => [name, String(value)])));
});
