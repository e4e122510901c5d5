import { isAlive, roomOf } from './tries.mjs';

const STATUSES = ['killed', 'late', 'survived', 'not executed'];

/** A survivor is known by its file, the text of its line and what was put in the place of what. */
export function nameOf({ file, line, from, to }) {
  return JSON.stringify([file, line, from, to]);
}

/**
 * Which survivors nobody has explained, and the list as it should be: without those of the files that were tried and were
 * found now.
 */
export function explain(mutants, explained) {
  const why = new Map(explained.map((one) => [nameOf(one), one.why]));
  const survivors = mutants.filter(isAlive);
  const tried = new Set(mutants.map(({ file }) => file));
  const unexplained = survivors.filter((one) => !why.get(nameOf(one)));
  const kept = explained.filter(({ file }) => !tried.has(file));
  const next = survivors.map((one) => {
    const { file, line, from, to } = one;
    return { file, line, from, to, why: why.get(nameOf(one)) ?? '' };
  });
  return { unexplained, next: [...kept, ...next] };
}

/** As it stands in docs/mutation.md. */
export function report(mutants, unexplained) {
  for (const { file, line, from, to, status } of unexplained) {
    console.log(`${status} ${file}\n  in ${line}\n  - ${from}\n  + ${to}`);
  }
  console.log('\n| room | mutants | killed | by time | survived | not executed | score |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const room of new Set(mutants.map(roomOf))) {
    const count = (status) => mutants.filter((one) => roomOf(one) === room && one.status === status).length;
    const [killed, late, survived, unseen] = STATUSES.map(count);
    const all = killed + late + survived + unseen;
    const score = `${((100 * (killed + late)) / all).toFixed(1)} %`;
    console.log(`| ${room} | ${all} | ${killed} | ${late} | ${survived} | ${unseen} | ${score} |`);
  }
  console.log(`\n${unexplained.length} survivors are not explained.`);
}
