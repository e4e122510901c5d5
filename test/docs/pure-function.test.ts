import { canSendFreeform, decideFreeform } from 'freeform-guard';
import { expect, it } from 'vitest';
import { codeBlocks, readProjectFile } from './markdown.js';

it('the calls give what their comments say', () => {
  const [block = ''] = codeBlocks(readProjectFile('docs/pure-function.md'), 'ts');
  const said = [...block.matchAll(/(?:^|; )\/\/ (.*)$/gm)].map(([, text = '']) => text);
  const calls = block
    .replace(/^import .*$/m, '')
    .replace(/^((?:canSend|decide)Freeform\(.*\));.*$/gm, 'results.push($1);');
  const run = new Function('canSendFreeform', 'decideFreeform', 'results', calls);
  const results: unknown[] = [];
  run(canSendFreeform, decideFreeform, results);
  expect(said).toHaveLength(4);
  expect(results).toEqual(said.map((text) => new Function(`return (${text})`)()));
});
