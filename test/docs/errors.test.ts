import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Decision } from 'freeform-guard';
import { expect, it, onTestFinished } from 'vitest';
import { problemOf } from '../../src/http/request/problem.js';
import { answerWebhook, type WebhookAnswer } from '../../src/http/webhook/answers.js';
import { readProjectFile, section, tableRows } from './markdown.js';
import { outcomeOf } from './outcome.js';

const page = readProjectFile('docs/errors.md');

/** The members of a union of string literals, as the source names them. */
function unionOf(path: string, name: string): string[] {
  const declaration = new RegExp(`export type ${name} =([^;]+);`).exec(readProjectFile(path))?.[1] ?? '';
  return [...declaration.matchAll(/'(\w+)'/g)].map(([, member = '']) => member);
}

it.each([
  ['Allowed', 'src/core/types.ts', 'AllowReason'],
  ['Denied', 'src/core/types.ts', 'DenyReason'],
  ['Unknown', 'src/core/types.ts', 'UnknownReason'],
  ['What the log says', 'src/errors.ts', 'LookupTrouble'],
  ["Answers to Bird's events", 'src/http/webhook/answers.ts', 'WebhookAnswer'],
])('under "%s" stands each word of %s: %s, in its order', (heading, path, union) => {
  const words = tableRows(section(page, heading)).map(([word]) => word);
  expect(words.length).toBeGreaterThan(0);
  expect(words).toEqual(unionOf(path, union));
});

it('says for each word what it means and what to do', () => {
  for (const cells of tableRows(page)) {
    expect(cells.length, cells[0]).toBeGreaterThanOrEqual(3);
    for (const cell of cells) expect(cell, cells[0]).not.toBe('');
  }
});

it.each(tableRows(section(page, 'Denied')))('%s is answered with the status of the page', (reason, _1, _2, status) => {
  expect(String(statusOf({ verdict: 'deny', reason, closedAt: null } as Decision))).toBe(status);
});

it.each(tableRows(section(page, 'Unknown')))('%s is answered with the status of the page', (reason, _1, _2, status) => {
  expect(String(statusOf({ verdict: 'unknown', reason } as Decision))).toBe(status);
});

it.each(tableRows(section(page, 'Answers')))(
  '%s answers an event with the status of the page',
  async (code, ...cells) => {
    const server = createServer((_req, res) => answerWebhook(res, code as WebhookAnswer)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST' });
    expect(String(response.status)).toBe(cells[2]);
    expect(await response.json()).toMatchObject({ code });
  },
);

function statusOf(decision: Decision): number {
  return problemOf([outcomeOf(decision, { action: 'block' })], [{ workspaceId: '' }]).status;
}
