import { readdirSync } from 'node:fs';
import { holdUntilReply, type ReroutePolicy, toTemplate } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { readProjectFile, section, tableRows } from './markdown.js';

const page = readProjectFile('docs/rerouting.md');

/** The options that a policy knows, by the error for one that it does not. */
function optionsOf(create: (options: never) => ReroutePolicy): string[] {
  try {
    create({ nonsense: 1 } as never);
  } catch (error) {
    return String(error)
      .replace(/^.*valid options are /, '')
      .split(', ')
      .toSorted();
  }
  throw new Error('The policy takes any option');
}

describe('the option tables', () => {
  it.each<[string, (options: never) => ReroutePolicy]>([
    ['toTemplate(options)', toTemplate],
    ['holdUntilReply(options)', holdUntilReply],
  ])('%s names every option', (heading, create) => {
    expect(
      tableRows(section(page, heading))
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(optionsOf(create));
  });
});

describe('the reasons for declining', () => {
  const documented = tableRows(section(page, 'Reasons for declining')).map(([reason]) => reason ?? '');
  const directories = ['src/core/reroute', 'src/guard', 'src/held', 'src/http/request'];
  const code = directories
    .flatMap((directory) => readdirSync(directory).map((name) => `${directory}/${name}`))
    .filter((path) => path.endsWith('.ts'))
    .map(readProjectFile)
    .join('\n')
    .replace(/\/\*\*[\s\S]*?\*\//g, '');

  it('are all in the code', () => {
    for (const reason of documented) expect(code).toContain(`'${reason}'`);
    expect(documented.length).toBeGreaterThan(15);
  });

  it('and those that the code gives by name are all documented', () => {
    const given = [...code.matchAll(/(?:decline|none)\('(\w+)'\)/g)].map(([, reason]) => reason);
    expect(given.length).toBeGreaterThan(8);
    for (const reason of given) expect(documented).toContain(reason);
  });
});
