import express from 'express';
import {
  createGuard,
  type Decision,
  freeformGuard,
  holdUntilReply,
  isStillValid,
  type OnClosed,
  type Outcome,
  toTemplate,
} from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { windowHeader } from '../../src/http/request/window-header.js';
import { createWorld } from '../support/world.js';
import { namesFor, type Reply, serve } from './local-bird.js';
import { codeBlocks, readProjectFile, section } from './markdown.js';
import { outcomeOf } from './outcome.js';
import { run, withoutImports } from './snippets.js';

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

async function lateReply({ channelId, waitHours }: Late): Promise<Reply> {
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
  const app = express().post(path, express.json(), freeformGuard(guard), (_req, res) => void res.json({}));
  const post = await serve(app);
  const message = { receiver: { contacts: [{ id: contact.id }] }, body: { type: 'text', text: { text: 'Hi' } } };
  workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
  expect((await post(path, message)).status).toBe(200);
  sandbox.clock.advance({ hours: waitHours });
  return await post(path, message);
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
    const world = await createWorld({ workspace: { onClosed } });
    if (isOpen) world.customerWrites();
    const { guard, sandbox } = world;
    const check = vi.spyOn(guard, 'check');
    const sends: unknown[] = [];
    const lines: unknown[] = [];
    await run(withoutImports(block), {
      ...namesFor(world),
      createGuard: () => guard,
      isStillValid: (outcome: Outcome) => isStillValid(outcome, sandbox.clock.now()),
      message: { body: { type: 'text', text: { text: 'Hello' } }, reference: 'ticket-7' },
      waitForItsTurn: async () => sandbox.clock.advance(60_000),
      sendToBird: async (send: unknown) => void sends.push(send),
      console: { log: (...words: unknown[]) => lines.push(...words) },
    });
    expect([sends.length, lines]).toEqual([sent, printed]);
    expect(check).toHaveBeenCalledTimes(printed[0] === 'not sent' ? 2 : 1);
  });
});
