import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import {
  createGuard,
  type Decision,
  freeformGuard,
  type Guard,
  holdUntilReply,
  isStillValid,
  type OnClosed,
  type Outcome,
  toTemplate,
} from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { windowHeader } from '../../src/http/request/window-header.js';
import { codeBlocks, readProjectFile, section } from './markdown.js';
import { outcomeOf } from './outcome.js';

const silent = { warn: () => {}, error: () => {} };
const page = readProjectFile('docs/http.md');

describe('the blocked response', () => {
  it('is what a late reply gets, field by field', async () => {
    const printed = JSON.parse(codeBlocks(section(page, 'The blocked response'), 'json')[0] ?? '');
    const answer = await lateReply({ channelId: printed.channelId, waitHours: 24.5 });
    expect(answer.body).toEqual(printed);
    expect(Object.keys(answer.body)).toEqual(Object.keys(printed));
    expect(answer.contentType).toBe('application/problem+json');
  });
});

interface Late {
  readonly channelId: string;
  readonly waitHours: number;
}

async function lateReply({ channelId, waitHours }: Late): Promise<{ contentType: string | null; body: object }> {
  const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
  onTestFinished(() => sandbox.close());
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: 'whatsapp', id: channelId });
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+12025550123' }] });
  const guard = createGuard({
    workspaces: { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url } },
    clock: sandbox.clock,
  });
  const path = `/workspaces/${workspace.id}/channels/${channel.id}/messages`;
  const url = await listen(path, guard);
  const post = (): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        receiver: { contacts: [{ id: contact.id }] },
        body: { type: 'text', text: { text: 'Hi' } },
      }),
    });
  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
  expect((await post()).status).toBe(200);
  sandbox.clock.advance({ hours: waitHours });
  const response = await post();
  return { contentType: response.headers.get('content-type'), body: (await response.json()) as object };
}

async function listen(path: string, guard: Guard): Promise<string> {
  const app = express();
  app.post(path, express.json(), freeformGuard(guard), (_req, res) => void res.json({}));
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the header', () => {
  const closed: Decision = { verdict: 'deny', reason: 'service_window_closed', closedAt: null };
  const failed: Decision = { verdict: 'unknown', reason: 'lookup_failed' };
  const open: Decision = { verdict: 'allow', reason: 'service_window_open', validUntil: 1 };

  it('looks as the examples show', () => {
    const shown = codeBlocks(section(page, 'The Freeform-Window header'), '')[0]?.trim().split('\n');
    const values = [
      windowHeader([outcomeOf(open, { source: 'memory' })]),
      windowHeader([outcomeOf(closed, { source: 'bird', action: 'block' })]),
      windowHeader([outcomeOf(open), outcomeOf(failed), outcomeOf(open)]),
      windowHeader([outcomeOf(closed, { source: 'bird', mode: 'observe', wouldBe: 'block' })]),
    ];
    expect(shown).toEqual(values.map((value) => `Freeform-Window: ${value}`));
  });
});

describe('the worker', () => {
  it.each<[action: string, onClosed: OnClosed, isOpen: boolean, sent: number, printed: unknown[]]>([
    ['send', 'block', true, 1, []],
    ['block', 'block', false, 0, ['not sent', 'service_window_closed']],
    ['reroute', toTemplate({ projectId: 'x', locale: 'en', variable: 'text' }), false, 1, []],
    ['hold', holdUntilReply(), false, 0, ['waits', 'ticket-7']],
  ])('does what is to be done with %s, and holds nothing twice (field B1)', async (...row) => {
    const [, onClosed, isOpen, sent, printed] = row;
    const [block = ''] = codeBlocks(section(page, 'Workers and queues'), 'ts');
    const sandbox = await createSandbox();
    onTestFinished(() => sandbox.close());
    const workspace = sandbox.addWorkspace();
    const channel = workspace.addChannel({ platformId: 'whatsapp' });
    const phone = '+12025550123';
    const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: phone }] });
    if (isOpen) workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const { id: workspaceId, accessKey } = workspace;
    const options = { accessKey, baseUrl: sandbox.url, onClosed };
    const guard = createGuard({ workspaces: { [workspaceId]: options }, clock: sandbox.clock, logger: silent });
    onTestFinished(() => void guard.close());
    const check = vi.spyOn(guard, 'check');
    const sends: unknown[] = [];
    const told: unknown[] = [];
    const given = {
      createGuard: () => guard,
      isStillValid: (outcome: Outcome) => isStillValid(outcome, sandbox.clock.now()),
      ...{ workspaceId, channelId: channel.id, accessKey, phone },
      message: { body: { type: 'text', text: { text: 'Hello' } }, reference: 'ticket-7' },
      waitForItsTurn: async () => sandbox.clock.advance(60_000),
      sendToBird: async (send: unknown) => void sends.push(send),
      console: { log: (...words: unknown[]) => told.push(...words) },
    };
    const body = block.replace(/^import .*$/gm, '');
    await new Function(...Object.keys(given), `return (async () => {${body}})()`)(...Object.values(given));
    expect([sends.length, told]).toEqual([sent, printed]);
    expect(check).toHaveBeenCalledTimes(printed[0] === 'not sent' ? 2 : 1);
  });
});
