import { parseSync } from 'rolldown/utils';
import { expect, it } from 'vitest';
import { englishTexts } from '../../src/element/texts.js';
import { codeBlocks, readProjectFile, section, tableRows } from './markdown.js';

const page = readProjectFile('docs/agent-screen.md');
const element = ['service-window', 'styles'].map((name) => readProjectFile(`src/element/${name}.ts`)).join('\n');

const wordsIn = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, word = '']) => word))].toSorted();

it('names each answer of the handler that is no status, and its HTTP status', () => {
  const shown = tableRows(section(page, 'What it answers')).map(([code, , status]) => [code, Number(status)]);
  const answers = readProjectFile('src/http/status/answers.ts').matchAll(/(\w+): \{ status: (\d+)/g);
  expect(shown.toSorted()).toEqual([...answers].map(([, code, status]) => [code, Number(status)]).toSorted());
});

it('names each text, part and custom property of the element', () => {
  const [texts = ''] = section(page, 'The element')
    .split('\n')
    .filter((line) => line.startsWith('| `texts`'));
  const names = wordsIn(texts, /`(\w+)`/g).filter((name) => name !== 'texts');
  expect(names).toEqual(Object.keys(englishTexts).toSorted());
  const styles = section(page, 'Styles');
  expect(wordsIn(element, /part: '(\w+)'/g)).toEqual(wordsIn(styles.split('.')[0] ?? '', /`(\w+)`/g));
  for (const name of wordsIn(page, /(--service-window-[a-z-]*[a-z])/g)) expect(element).toContain(`var(${name},`);
});

it('has an answer of the shape that the handler gives', () => {
  const [json = ''] = codeBlocks(page, 'json');
  expect(Object.keys(JSON.parse(json))).toEqual(['verdict', 'reason', 'openUntil', 'closedAt', 'serverNow']);
});

it('has a React component without a mistake of syntax, which uses attributes and the event that there are', () => {
  const [component = ''] = codeBlocks(page, 'tsx');
  expect(parseSync('composer.tsx', component).errors).toEqual([]);
  const [vue = ''] = codeBlocks(page, 'vue');
  for (const block of [component, vue]) expect(block).toMatch(/<service-window [^>]*src=.* for="composer" ?[^>]*>/);
  expect(element).toContain("new CustomEvent('use-template'");
  expect(component).toContain("addEventListener('use-template'");
  expect(vue).toContain('@use-template=');
});
