import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
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
  type WebhookReceiverOptions,
  webhookReceiver,
} from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { resolveWorkspace } from '../../src/guard/options.js';
import { resolvePolicy } from '../../src/guard/policy.js';
import { problemOf } from '../../src/http/request/problem.js';
import { windowHeader } from '../../src/http/request/window-header.js';
import { resolveSwitches } from '../../src/sandbox/switches.js';
import { type Consumer, createConsumer, tsc } from '../packaging/staged-package.js';
import { codeBlocks, readProjectFile, section, tableRows } from './markdown.js';
import { outcomeOf } from './outcome.js';

const readme = readProjectFile('README.md');
const silent = { warn: () => {}, error: () => {} };

describe('the quick start', () => {
  it('is the example that the tests run, word for word', () => {
    expect(codeBlocks(section(readme, 'Quick start'), 'ts')).toEqual([
      readProjectFile('examples/express-quick-start.ts'),
    ]);
  });

  it('stays short', () => {
    expect(readProjectFile('examples/express-quick-start.ts').split('\n').length).toBeLessThanOrEqual(20);
  });
});

describe('the commands', () => {
  it('exist', () => {
    const { scripts } = JSON.parse(readProjectFile('package.json'));
    const named = [...readme.matchAll(/npm run (\w+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of [...named, 'test']) expect(Object.keys(scripts)).toContain(name);
  });
});

describe('the links', () => {
  it('lead to files', () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(3);
    for (const target of targets) expect(readProjectFile(target), target).not.toBe('');
  });
});

describe('the blocked response', () => {
  it('is what a late reply gets, field by field', async () => {
    const printed = JSON.parse(codeBlocks(section(readme, 'The blocked response'), 'json')[0] ?? '');
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
    const shown = codeBlocks(section(readme, 'The Freeform-Window header'), '')[0]?.trim().split('\n');
    const values = [
      windowHeader([outcomeOf(open, { source: 'memory' })]),
      windowHeader([outcomeOf(closed, { source: 'bird', action: 'block' })]),
      windowHeader([outcomeOf(open), outcomeOf(failed), outcomeOf(open)]),
      windowHeader([outcomeOf(closed, { source: 'bird', mode: 'observe', wouldBe: 'block' })]),
    ];
    expect(shown).toEqual(values.map((value) => `Freeform-Window: ${value}`));
  });
});

describe('the decision table', () => {
  it.each(tableRows(section(readme, 'What it decides')))('%s: %s, %s, %s, %s', (_, verdict, reason, sent, http) => {
    const group = { allow: 'Allowed', deny: 'Denied', unknown: 'Unknown' }[verdict ?? ''] ?? '';
    const reasons = tableRows(section(readProjectFile('docs/errors.md'), group)).map(([word]) => word);
    expect(reasons).toContain(reason);
    expect(sent === 'nothing').toBe(http !== 'yours');
    if (http === 'yours') return;
    const outcome = outcomeOf({ verdict, reason, closedAt: null } as Decision, { action: 'block' });
    expect(String(problemOf([outcome], [{ workspaceId: '' }]).status)).toBe(http);
  });
});

/** The options that code knows, with its own words for what they take, as its errors tell them. */
function optionRules(given: (options: object) => unknown, path: string): Map<string, string> {
  const messageOf = (options: object): string => {
    try {
      given(options);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const names = /known are (.*)$/.exec(messageOf({ noSuchOption: 1 }))?.[1]?.split(', ') ?? [];
  return new Map(
    names.map((name) => {
      const message = messageOf({ [name]: Symbol('of no type that any option takes') });
      return [name, message.replace(`${path}.${name} must be `, '').replace(/; received .*$/, '')];
    }),
  );
}

describe('the option tables', () => {
  const guard = createGuard({ workspaces: {} });
  const ofGuard = optionRules((options) => createGuard({ workspaces: {}, ...options }), 'options');
  const ofWorkspace = optionRules((defaults) => createGuard({ workspaces: {}, defaults }), 'options.defaults');
  const ofMiddleware = optionRules((options) => freeformGuard(guard, options), 'middlewareOptions');
  const ofReceiver = optionRules((options) => webhookReceiver(guard, options as WebhookReceiverOptions), 'options');
  const policyNames = Object.keys(resolvePolicy({}));

  const tables: readonly (readonly [heading: string, rules: Map<string, string>])[] = [
    ['createGuard(options)', ofGuard],
    ['Workspaces', new Map([...ofWorkspace].filter(([name]) => !policyNames.includes(name)))],
    ['Policies', new Map([...ofWorkspace].filter(([name]) => policyNames.includes(name)))],
    ['freeformGuard(guard, middlewareOptions)', ofMiddleware],
    ["Bird's events", ofReceiver],
  ];

  it.each(tables)('%s: each option and what it takes, in the words of the code', (heading, rules) => {
    const rows = tableRows(section(readme, heading)).map(([name, takes]) => [name, takes]);
    expect(rows.toSorted()).toEqual([...rules].toSorted());
  });

  it('show the defaults of policies', () => {
    const shown = tableRows(section(readme, 'Policies')).map(([name, , byDefault]) => [name, byDefault]);
    expect(Object.fromEntries(shown)).toEqual(asText(resolvePolicy({})));
  });

  it('show the defaults of workspaces', () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const { baseUrl, lookupsPerSecond, lookupBurst } = resolveWorkspace(id, { accessKey: 'key' }, {});
    const shown = tableRows(section(readme, 'Workspaces')).map(([name, , byDefault]) => [name, byDefault]);
    expect(Object.fromEntries(shown)).toEqual({
      accessKey: 'required',
      channels: 'none',
      signingKeys: 'none',
      ...asText({ baseUrl, lookupsPerSecond, lookupBurst }),
    });
  });

  it('show the default status of a denial', () => {
    const shown = tableRows(section(readme, 'freeformGuard(guard')).find(([name]) => name === 'statusCode');
    const denied = outcomeOf({ verdict: 'deny', reason: 'opted_out', closedAt: null }, { action: 'block' });
    expect(shown?.[2]).toBe(String(problemOf([denied], [{ workspaceId: '' }]).status));
  });

  it('show the switches of the sandbox and their defaults', () => {
    const shown = tableRows(section(readme, 'Testing with the sandbox')).map(([name, byDefault]) => [name, byDefault]);
    expect(Object.fromEntries(shown)).toEqual(asText({ ...resolveSwitches({}), retryAfter: 'absent' }));
  });
});

function asText(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

describe('the code blocks', () => {
  let consumer: Consumer | undefined;
  beforeAll(async () => {
    consumer = await createConsumer(['@types/node', '@types/express', 'express', 'redis', 'ioredis']);
  }, 60_000);
  afterAll(() => consumer?.remove());

  /** What the blocks take for granted. */
  const given = `
    declare const workspaceId: string, channelId: string, contactId: string, accessKey: string, signingKey: string, phone: string;
    declare const projectId: string, smsChannelId: string, url: string, secret: string;
    declare function notifyTeam(conversationId: string): void;
    declare const message: object;
    declare function waitForItsTurn(): Promise<void>;
    declare function sendToBird(message: object): Promise<void>;
  `;

  it('type-check against the package as a user gets it', async () => {
    const directory = join(consumer?.directory ?? '', 'readme');
    await mkdir(directory);
    const pages = ['README.md', 'docs/rerouting.md', 'docs/hosts.md', 'docs/scaling.md', 'docs/writing-a-store.md'].map(
      readProjectFile,
    );
    const blocks = pages.flatMap((page) => codeBlocks(page, 'ts'));
    // A block may import what another one is.
    await writeFile(join(directory, 'ioredis-store.ts'), readProjectFile('examples/ioredis-store.ts'));
    for (const [index, block] of blocks.entries()) {
      const usesGuard = /\bguard\.observe/.test(block);
      const guard = usesGuard ? `declare const guard: import('freeform-guard').Guard;` : '';
      await writeFile(join(directory, `block-${index + 1}.mts`), `${given}${guard}\n${block}\nexport {};\n`);
    }
    const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'], noEmit: true };
    const config = { compilerOptions: { ...compilerOptions, skipLibCheck: true }, include: ['*.mts', '*.ts'] };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
    await writeFile(join(directory, 'package.json'), '{"type":"module"}');
    await expect(tsc('-p', directory)).resolves.toBe('');
  });

  it('of the function alone give what their comments say', async () => {
    const [block = ''] = codeBlocks(section(readme, 'The function alone'), 'ts');
    const said = [...block.matchAll(/(?:^|; )\/\/ (.*)$/gm)].map(([, text = '']) => text);
    const { canSendFreeform, decideFreeform } = await import('freeform-guard');
    const calls = block
      .replace(/^import .*$/m, '')
      .replace(/^((?:canSend|decide)Freeform\(.*\));.*$/gm, 'results.push($1);');
    const run = new Function('canSendFreeform', 'decideFreeform', 'results', calls);
    const results: unknown[] = [];
    run(canSendFreeform, decideFreeform, results);
    expect(said).toHaveLength(4);
    expect(results).toEqual(said.map((text) => new Function(`return (${text})`)()));
  });

  it.each<[action: string, onClosed: OnClosed, isOpen: boolean, sent: number, printed: unknown[]]>([
    ['send', 'block', true, 1, []],
    ['block', 'block', false, 0, ['not sent', 'service_window_closed']],
    ['reroute', toTemplate({ projectId: 'x', locale: 'en', variable: 'text' }), false, 1, []],
    ['hold', holdUntilReply(), false, 0, ['waits', 'ticket-7']],
  ])('of a worker do what is to be done with %s, and hold nothing twice (field B1)', async (...row) => {
    const [, onClosed, isOpen, sent, printed] = row;
    const [block = ''] = codeBlocks(section(readme, 'Workers and queues'), 'ts');
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

  it('of the sandbox print what their comments say', async () => {
    const [block = ''] = codeBlocks(section(readme, 'Testing with the sandbox'), 'ts');
    const said = [...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text]) => text);
    const body = block.replace(/^import .*$/gm, '').replaceAll('console.log', 'print');
    const run = new Function('createGuard', 'createSandbox', 'print', `return (async () => {${body}})()`);
    const printed: unknown[] = [];
    await run(createGuard, createSandbox, (text: unknown) => printed.push(text));
    expect(printed).toEqual(said);
    expect(printed).toEqual(['send', 'block']);
  });
});
