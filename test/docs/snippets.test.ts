import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import express, { type Express, type RequestHandler } from 'express';
import { type DecisionLog, decisionLog, type Guard } from 'freeform-guard';
import * as freeformFetch from 'freeform-guard/fetch';
import { pino } from 'pino';
import { Counter, Gauge, Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { signWebhook } from '../../src/bird/webhook-signature.js';
import { inboundEvent, KEY } from '../http/webhook/webhook-endpoint.js';
import { recordLetOut } from '../support/canary.js';
import { createWorld, TEXT, textMessage } from '../support/world.js';
import { namesFor, serve } from './local-bird.js';
import { codeBlocks, projectRoot, readProjectFile, section, tableRows } from './markdown.js';
import { compileSnippets, run, type Snippets } from './snippets.js';

const pages = [
  'README.md',
  ...readdirSync(join(projectRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

let snippets: Snippets;
beforeAll(async () => {
  snippets = await compileSnippets(pages);
}, 60_000);
afterAll(() => snippets?.remove());

it('all blocks type-check against the package as a user gets it', () => {
  expect(snippets.problems).toBe('');
});

describe('own routes', () => {
  it('of the README pass while the window is open, and are stopped when it is over', async () => {
    const world = await createWorld();
    const names = namesFor(world);
    const code = snippets.javaScriptOf('README.md', 'Own routes');
    const post = await serve((await run<{ app: Express }>(code, names, ['app'])).app);
    const reply = { channelId: names.channelId, contactId: names.contactId };
    expect((await post('/replies', reply)).status).toBe(409);
    world.customerWrites();
    expect((await post('/replies', reply)).status).toBe(202);
  });

  it('of docs/http.md are looked up, and what is not found is left alone', async () => {
    const world = await createWorld();
    const names = namesFor(world);
    const findTicket = async (id: string): Promise<unknown> => (id === '7' ? names : undefined);
    const code = snippets.javaScriptOf('docs/http.md', 'Own routes');
    const { app } = await run<{ app: Express }>(code, { ...names, findTicket }, ['app']);
    const post = await serve(app);
    expect((await post('/tickets/7/replies', { reply: 'Hello' })).status).toBe(409);
    expect((await post('/tickets/8/replies', { reply: 'Hello' })).status).toBe(202);
    world.customerWrites();
    expect((await post('/tickets/7/replies', { reply: 'Hello' })).status).toBe(202);
  });
});

describe('reroute', () => {
  it('of an own shape in docs/http.md has the handler send the template', async () => {
    const sendToBird = vi.fn();
    const names = namesFor(await createWorld());
    const code = snippets.javaScriptOf('docs/http.md', 'A reroute of an own shape');
    const post = await serve((await run<{ app: Express }>(code, { ...names, sendToBird }, ['app'])).app);
    expect((await post('/texts', { contactId: names.contactId, text: TEXT })).status).toBe(202);
    expect(sendToBird.mock.calls).toMatchObject([
      [{ channelId: names.channelId, message: { template: { projectId: names.projectId } } }],
    ]);
  });

  it('of the README sends a late text in a template', async () => {
    const names = namesFor(await createWorld());
    const code = snippets.javaScriptOf('README.md', 'Reroute');
    const { middleware } = await run<{ middleware: RequestHandler }>(code, names, ['middleware']);
    const post = await serve(express().use(express.json(), middleware, (req, res) => void res.json(req.body)));
    const { template } = (await post(names.url, textMessage())).body;
    expect(template).toMatchObject({ projectId: names.projectId, locale: 'en' });
    expect(template.parameters).toMatchObject([{ key: 'message', value: TEXT }]);
  });
});

describe("Bird's events", () => {
  it('come in by the receiver of docs/webhooks.md', async () => {
    const world = await createWorld();
    const names = namesFor(world);
    const code = snippets.javaScriptOf('docs/webhooks.md', 'The receiver');
    const { app, guard } = await run<{ app: Express; guard: Guard }>(code, names, ['app', 'guard']);
    const post = await serve(app);
    const [event, timestamp] = [inboundEvent(world), String(Math.floor(world.sandbox.clock.now() / 1000))];
    const body = Buffer.from(JSON.stringify(event));
    const signature = signWebhook({ timestamp, url: 'https://example.com/webhooks/bird', body }, KEY);
    const signed = { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp };
    const answer = await post('/webhooks/bird', event, signed);
    expect([answer.status, answer.body.code]).toEqual([200, 'accepted']);
    // What the event opened needs no read of the window.
    expect((await guard.check(world.send())).decision.verdict).toBe('allow');
    expect(guard.stats().lookups.window).toBe(0);
  });

  it('are told by hand as docs/webhooks.md does', async () => {
    const world = await createWorld({ sandbox: { startAt: '2026-01-06T10:00:00Z' } });
    const calls = (['observeInbound', 'observeRefusal', 'forget'] as const).map((name) => vi.spyOn(world.guard, name));
    const code = snippets.javaScriptOf('docs/webhooks.md', 'Before you reply');
    await run(code, { ...namesFor(world), guard: world.guard });
    for (const call of calls) expect(call).toHaveReturnedTimes(1);
  });
});

describe('the roll-out', () => {
  it('observes and prints, and then enforces on one channel', async () => {
    const world = await createWorld();
    const names = namesFor(world);
    const printed: unknown[][] = [];
    const console = { log: (...words: unknown[]) => void printed.push(words) };
    // The page names a file in the working folder.
    const lines = new PassThrough();
    const logHere = (): DecisionLog => decisionLog(lines);
    const code = snippets.javaScriptOf('docs/roll-out.md', '2. Observe');
    const given = { ...names, console, decisionLog: logHere };
    const { app, guard } = await run<{ app: Express; guard: Guard }>(code, given, ['app', 'guard']);
    const post = await serve(app.use((_req, res) => void res.sendStatus(202)));
    const observed = await post(names.url, textMessage());
    expect(observed.status).toBe(202);
    expect(observed.window).toContain('mode=observe, would-be=block');
    expect(printed).toEqual([['would be', 'block', 'service_window_closed']]);
    await run(snippets.javaScriptOf('docs/roll-out.md', '4. Enforce'), { ...names, guard });
    expect((await post(names.url, textMessage())).status).toBe(409);
    await guard.close();
    const logged = String(lines.read())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(logged).toMatchObject([{ mode: 'observe', action: 'send', wouldBe: 'block' }, { action: 'block' }]);
  });
});

describe('other hosts', () => {
  const code = (heading: string): string => snippets.javaScriptOf('docs/frameworks.md', heading);

  it.each([
    [true, []],
    [false, [409]],
  ])('ask guardRequest as docs/frameworks.md does; the window is open: %s', async (isOpen, answered) => {
    const world = await createWorld();
    if (isOpen) world.customerWrites();
    const statuses: unknown[] = [];
    const console = { log: (status: unknown) => void statuses.push(status) };
    const sendToBird = vi.fn();
    await run(code('Any other host'), { ...namesFor(world), console, sendToBird, message: textMessage() });
    expect(statuses).toEqual(answered);
    expect(sendToBird).not.toHaveBeenCalled();
  });

  it('send to Bird by the fetch of docs/frameworks.md', async () => {
    const world = await createWorld();
    const sent: Request[] = [];
    const guardedFetch = (guard: Guard): typeof fetch =>
      freeformFetch.guardedFetch(guard, async (...call) => {
        sent.push(new Request(...call));
        return new Response(null, { status: 202 });
      });
    await run(code('The fetch that goes out'), { ...namesFor(world), guardedFetch, message: textMessage() });
    expect(await Promise.all(sent.map((request) => request.json()))).toMatchObject([{ template: {} }]);
  });
});

describe('docs/rerouting.md', () => {
  it('reroutes by its first block', async () => {
    const world = await createWorld();
    const code = snippets.javaScriptOf('docs/rerouting.md', 'Reroute policies');
    const { guard } = await run<{ guard: Guard }>(code, namesFor(world), ['guard']);
    expect((await guard.check(world.send())).action).toBe('reroute');
  });

  it('has a policy of its own that tells the team, unless it is a dry run', async () => {
    const notifyTeam = vi.fn();
    const code = snippets.javaScriptOf('docs/rerouting.md', 'Your own');
    const { toTeam } = await run<{ toTeam: (context: object) => unknown }>(code, { notifyTeam }, ['toTeam']);
    const decline = vi.fn();
    expect(toTeam({ send: { conversationId: 'c' }, isDryRun: true, decline })).toEqual({ action: 'block' });
    expect(notifyTeam).not.toHaveBeenCalled();
    expect(toTeam({ send: { conversationId: 'c' }, isDryRun: false, decline })).toEqual({ action: 'block' });
    expect(notifyTeam).toHaveBeenCalledWith('c');
    toTeam({ send: {}, isDryRun: false, decline });
    expect(decline).toHaveBeenCalledWith('no_conversation');
  });
});

describe('docs/observability.md', () => {
  const code = (heading: string): string => snippets.javaScriptOf('docs/observability.md', heading);

  it('logs decisions with pino, in the form that it shows', async () => {
    const world = await createWorld();
    const lines: string[] = [];
    const names = {
      ...namesFor(world),
      pino: (options: object) => pino(options, { write: (line) => lines.push(line) }),
    };
    const { guard } = await run<{ guard: Guard }>(code('Logs with pino'), names, ['guard']);
    await guard.check(world.send());
    const [shown = ''] = codeBlocks(section(readProjectFile('docs/observability.md'), 'Logs with pino'), 'json');
    const { time: _, pid: __, hostname: ___, at, ...line } = JSON.parse(lines[0] ?? '');
    expect(at).toBe(world.sandbox.clock.now());
    const { workspaceId, channelId } = line;
    expect({ ...JSON.parse(shown), workspaceId, channelId, durationMs: 0 }).toEqual({ ...line, durationMs: 0 });
    world.customerWrites();
    await guard.check(world.send());
    expect(lines).toHaveLength(1);
  });

  it('counts decisions for Prometheus', async () => {
    const world = await createWorld();
    const names = { ...namesFor(world), Counter, Gauge, Registry };
    type Monitored = { guard: Guard; registry: Registry };
    const block = code('Metrics with Prometheus');
    const { guard, registry } = await run<Monitored>(block, names, ['guard', 'registry']);
    await guard.check(world.send());
    const metrics = await registry.metrics();
    recordLetOut('metrics', metrics);
    const labels = 'verdict="deny",reason="service_window_closed",action="block",would_be=""';
    expect(metrics).toContain(`freeform_guard_decisions_total{${labels}} 1\n`);
    expect(metrics).toContain('freeform_guard_bird_reachable 1\n');
    world.sandbox.setFault(() => ({ status: 503 }));
    await guard.check(world.send());
    expect(await registry.metrics()).toContain('freeform_guard_bird_reachable 0\n');
  });

  it('records metrics for OpenTelemetry, tells its health, and closes', async () => {
    const world = await createWorld();
    const recordMetrics = vi.fn();
    const names = { ...namesFor(world), recordMetrics };
    const { guard } = await run<{ guard: Guard }>(code('Metrics with OpenTelemetry'), names, ['guard']);
    expect(recordMetrics).toHaveBeenCalledExactlyOnceWith(guard);
    const printed: unknown[][] = [];
    const console = { log: (...words: unknown[]) => void printed.push(words) };
    await run(code('Health'), { ...names, guard, console });
    expect(printed).toEqual([
      [true, null, undefined, true, undefined],
      [world.workspace.id, false, false, 10],
    ]);
    await run(code('Shutting down'), { ...names, guard });
    expect((await guard.check(world.send())).decision.reason).toBe('lookup_failed');
  });

  it('names each field of an event', async () => {
    const events: object[] = [];
    const world = await createWorld({
      workspace: { mode: 'observe' },
      guard: { onDecision: (one) => events.push(one) },
    });
    await world.guard.check(world.send());
    const [rows] = [tableRows(section(readProjectFile('docs/observability.md'), 'Decisions'))];
    expect(rows.map(([field]) => field)).toEqual(Object.keys(events[0] ?? {}));
  });
});
