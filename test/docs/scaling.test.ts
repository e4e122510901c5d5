import { readFileSync } from 'node:fs';
import { redisStore } from 'freeform-guard/redis';
import { expect, it } from 'vitest';
import { resolveRedisOptions } from '../../src/redis/options.js';
import { codeBlocks, projectRoot, readProjectFile, section, tableRows } from './markdown.js';

const page = readProjectFile('docs/scaling.md');

it('names every option of redisStore, with its default', () => {
  const { secret, clock, ...defaults } = resolveRedisOptions({ secret: 'a secret of this deployment' });
  const rows = tableRows(section(page, 'redisStore(client, options)'));
  const shown = rows.map(([name = '', byDefault = '']) => [name, byDefault.replace(/,.*$/, '')]);
  const expected = { secret: 'required', clock: "the system's", ...defaults };
  expect(Object.fromEntries(shown)).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, String(value)])),
  );
});

it('names a file of tests that exists for each component that may be unavailable', () => {
  const files = tableRows(section(page, 'When a component is unavailable')).map((cells) => cells.at(-1) ?? '');
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(readFileSync(`${projectRoot}test/${file}`, 'utf8'), file).not.toBe('');
});

it('quotes the warning as it is', () => {
  const [, text] = /text: '(.*)'/.exec(readProjectFile('src/guard/workspaces/safe-store.ts')) ?? [];
  expect(page.replaceAll('\n', ' ')).toContain(`\`${text}\``);
});

it('names every setting of the client that has no effect on the store', () => {
  let overridden: Readonly<Record<string, unknown>> = {};
  const connection = { connect: () => new Promise(() => {}), on: () => {}, unref: () => {}, destroy: () => {} };
  const duplicate = (overrides: Readonly<Record<string, unknown>>): typeof connection => {
    overridden = overrides;
    return connection;
  };
  const client = { options: { socket: { host: 'h' } }, duplicate, on: () => {} };
  redisStore(client as never, { secret: 'a secret of this deployment' }).close();
  const { socket, emitInvalidate, ...others } = overridden;
  const names = [...Object.keys(others), ...Object.keys(socket as object).map((name) => `socket.${name}`)];
  expect(names.length).toBeGreaterThan(8);
  const text = section(page, 'Setting up Redis');
  for (const name of names.filter((one) => one !== 'socket.host')) expect(text).toContain(`\`${name}\``);
});

it('divides the limit so that no second sees more than 50 reads', () => {
  const rows = tableRows(section(page, 'Several processes without Redis'));
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) {
    const [processes = 0, perSecond = 0, burst = 0] = row.map(Number);
    expect(processes * perSecond, `${processes} processes`).toBeLessThanOrEqual(40);
    expect(processes * (perSecond + burst), `${processes} processes`).toBeLessThanOrEqual(50);
  }
});

it('has the store of docs/writing-a-store.md as the example that the tests run, word for word', () => {
  const blocks = codeBlocks(readProjectFile('docs/writing-a-store.md'), 'ts');
  expect(blocks[0]).toBe(readProjectFile('examples/ioredis-store.ts'));
});
