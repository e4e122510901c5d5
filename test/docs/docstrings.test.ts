import { expect, it } from 'vitest';
import { entryFiles, publicNames } from './public-api.js';

/** Words that say nothing beside a name. */
const FILLERS = new Set(
  'a an and are be by can for from in is it its of on or that the this to what which with'.split(' '),
);

const names = publicNames(entryFiles());

it('finds what the entries export, and the members', () => {
  const places = names.map(({ place }) => place.replace(/^\S+ /, ''));
  expect(places).toEqual(
    expect.arrayContaining(['createGuard', 'Guard.check', 'WindowKey.address', 'Sandbox.clock', 'redisStore']),
  );
});

it('says in a sentence what each of them is', () => {
  const without = names.filter(({ doc = '' }) => firstSentence(doc) === '');
  expect(without.map(({ place }) => place)).toEqual([]);
});

it('says that first, and the default, the range or the format after it', () => {
  const late = names.filter(({ doc = '' }) => /^Default|^\S+( \S+)?[.?!](\s|$)/.test(doc));
  expect(late.map(({ place, doc }) => `${place}: ${doc}`)).toEqual([]);
});

it('says more than the name does', () => {
  const empty = names.filter(({ place, doc = '' }) => doc !== '' && newWords(doc, place).length === 0);
  expect(empty.map(({ place, doc }) => `${place}: ${doc}`)).toEqual([]);
});

function firstSentence(doc: string): string {
  return /^(?!@).*?[.?!](?=\s|$)/s.exec(doc)?.[0] ?? '';
}

/** The words of a docstring's first sentence that are not in the name, nor in that of what it belongs to. */
function newWords(doc: string, place: string): string[] {
  const known = new Set(wordsOf(place.replace(/^\S+ /, '')));
  return wordsOf(firstSentence(doc)).filter((word) => !FILLERS.has(word) && !known.has(word));
}

function wordsOf(text: string): string[] {
  return (text.replace(/([a-z])(?=[A-Z])/g, '$1 ').match(/[A-Za-z]+/g) ?? []).map((word) =>
    word.toLowerCase().replace(/s$/, ''),
  );
}
