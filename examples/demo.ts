import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import express from 'express';
import {
  createGuard,
  decisionLog,
  freeformGuard,
  holdUntilReply,
  type OnClosed,
  toChannel,
  toTemplate,
  type WorkspaceOptions,
} from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';

const PHONE = '+12025550123';

// A local Bird with its own clock: one workspace, two channels and a customer.
const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
const { clock } = sandbox;
const workspace = sandbox.addWorkspace();
const whatsapp = workspace.addChannel({ platformId: 'whatsapp' });
const sms = workspace.addChannel({ platformId: 'sms-messagebird' });
const customer = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
const news = workspace.addTemplate({ locales: { en: 'News of your parcel: {{text}}' } });
const pathOf = ({ id }: { readonly id: string }): string => `/workspaces/${workspace.id}/channels/${id}/messages`;

// The guarded service: what the guard lets through is forwarded to Bird as it came.
const workspaces = (onClosed: OnClosed): Record<string, WorkspaceOptions> => ({
  [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url, onClosed },
});
const folder = await mkdtemp(join(tmpdir(), 'freeform-guard-demo-'));
const log = decisionLog(join(folder, 'decisions.jsonl'));
const guard = createGuard({ workspaces: workspaces('block'), clock, onDecision: log });
const app = express();
app.post([pathOf(whatsapp), pathOf(sms)], express.json(), freeformGuard(guard), async (req, res) => {
  const answer = await post(sandbox.url, req.path, req.body);
  res.status(answer.status).json(answer.body);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const serviceUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

interface HttpAnswer {
  readonly status: number;
  readonly window: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function post(baseUrl: string, path: string, body: unknown): Promise<HttpAnswer> {
  const response = await fetch(baseUrl + path, {
    method: 'POST',
    headers: { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answered = (await response.json()) as HttpAnswer['body'];
  return { status: response.status, window: response.headers.get('freeform-window'), body: answered };
}

const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] };
const reply = { receiver, body: { type: 'text', text: { text: 'Your parcel arrives at noon.' } } };
const template = {
  receiver,
  template: {
    projectId: news.projectId,
    version: 'latest',
    locale: 'en',
    parameters: [{ type: 'string', key: 'text', value: 'Your parcel arrives at noon.' }],
  },
};

const mistakes: string[] = [];
let alreadySaid = 0;
let step = 'before the first step';

function begin(title: string): void {
  step = title;
  const [date, time] = new Date(clock.now()).toISOString().split('T');
  console.log(`\n${date} ${time?.slice(0, 5)}  ${title}`);
}

function say(text: string): void {
  console.log(text.replace(/^/gm, '    '));
}

function expect(what: string, given: unknown, expected: unknown): void {
  if (given !== expected) mistakes.push(`"${step}": ${what} is ${String(given)}, but should be ${String(expected)}`);
}

function customerWrites(text: string): void {
  workspace.receiveInbound({ channelId: whatsapp.id, contactId: customer.id, text });
  say(`The customer writes: "${text}" Each message of theirs opens the window for 24 hours.`);
}

interface Expected {
  readonly status: number;
  readonly reason: string;
  readonly source: string;
  /** Default: where the status is 202. */
  readonly isSent?: boolean;
}

/** What the customer has got to see since the last time. */
function sayReceived(...expected: readonly string[]): void {
  clock.advance({ seconds: 10 });
  const received = sandbox.arrived().slice(alreadySaid);
  alreadySaid += received.length;
  const texts = received.map(({ platformId, text }) => `${platformId}: "${text}"`);
  say(texts.length === 0 ? 'The customer receives nothing.' : `The customer receives on ${texts.join(' and ')}`);
  expect('what the customer received', texts.join(), expected.join());
}

/** Sends through the guarded service and tells what came back; exactly the messages that pass may reach Bird. */
async function sendGuarded({ id }: { readonly id: string }, message: unknown, expected: Expected): Promise<HttpAnswer> {
  const sentBefore = sandbox.messages().length;
  const answer = await post(serviceUrl, pathOf({ id }), message);
  const isSent = sandbox.messages().length > sentBefore;
  say(`HTTP ${answer.status}  Freeform-Window: ${answer.window}  (${isSent ? 'Bird has it' : 'nothing was sent'})`);
  expect('the status', answer.status, expected.status);
  expect('the reason', /reason=(\w+)/.exec(answer.window ?? '')?.[1], expected.reason);
  expect('the source', /source=(\w+)/.exec(answer.window ?? '')?.[1], expected.source);
  expect('the message at Bird', isSent, expected.isSent ?? expected.status === 202);
  return answer;
}

async function play(): Promise<void> {
  begin('A question on WhatsApp');
  customerWrites('Where is my parcel?');

  clock.advance({ minutes: 5 });
  begin('A free-form reply, inside the window');
  await sendGuarded(whatsapp, reply, { status: 202, reason: 'service_window_open', source: 'bird' });
  say('Fifty more of them: now the guard knows, and asks nobody.');
  const readsBefore = birdReads();
  for (let count = 1; count < 50; count += 1) {
    const { status } = await post(serviceUrl, pathOf(whatsapp), reply);
    expect('the status', status, 202);
  }
  await sendGuarded(whatsapp, reply, { status: 202, reason: 'service_window_open', source: 'memory' });
  expect('the number of reads', birdReads(), readsBefore);

  clock.advance({ hours: 24 });
  begin('The same reply, a day later');
  const blocked = await sendGuarded(whatsapp, reply, { status: 409, reason: 'service_window_closed', source: 'bird' });
  expect('the code', blocked.body.code, 'service_window_closed');
  say(JSON.stringify(blocked.body, null, 2));

  begin('Without the guard: the same reply, straight to Bird');
  const lost = await post(sandbox.url, pathOf(whatsapp), reply);
  say(`HTTP ${lost.status}. All seems well, and two minutes later:`);
  clock.advance({ minutes: 2 });
  const fate = sandbox.messages().find(({ id }) => id === lost.body.id)?.status;
  say(`status: ${fate}. The customer never got it, and nobody was told.`);
  expect('the status', lost.status, 202);
  expect("the message's status", fate, 'delivery_failed');

  await playWaysOut();

  begin('A template: it needs no window');
  await sendGuarded(whatsapp, template, { status: 202, reason: 'template', source: 'none' });

  begin('The same words by SMS: that platform has no window');
  await sendGuarded(sms, reply, { status: 202, reason: 'no_service_window', source: 'bird' });

  begin('The customer answers, so free-form messages pass again');
  customerWrites('Thanks, I am at home.');
  await sendGuarded(whatsapp, reply, { status: 202, reason: 'service_window_open', source: 'bird' });
}

/** The same late reply under each policy, and what becomes of it. */
async function playWaysOut(): Promise<void> {
  const late = { status: 202, reason: 'service_window_closed', source: 'bird' };
  alreadySaid = sandbox.arrived().length;

  begin('The same late reply, with onClosed: toTemplate(...)');
  guard.reload(workspaces(toTemplate({ projectId: news.projectId, locale: 'en', variable: 'text' })));
  await sendGuarded(whatsapp, reply, late);
  sayReceived('whatsapp: "News of your parcel: Your parcel arrives at noon."');

  begin('The same late reply, with onClosed: toChannel(...)');
  guard.reload(workspaces(toChannel({ channels: [sms.id] })));
  await sendGuarded(whatsapp, reply, late);
  sayReceived('sms-messagebird: "Your parcel arrives at noon."');

  begin('The same late reply, with onClosed: holdUntilReply(...)');
  const hold = holdUntilReply();
  guard.reload(workspaces(hold));
  const held = await sendGuarded(whatsapp, reply, { ...late, isSent: false });
  expect('the code', held.body.code, 'held');
  sayReceived();
  customerWrites('Is there news?');
  guard.observeInbound({ workspaceId: workspace.id, channelId: whatsapp.id, address: PHONE, at: clock.now() });
  while ((await hold.pending(workspace.id)).length > 0) await sleep(5);
  sayReceived('whatsapp: "Your parcel arrives at noon."');
  guard.reload(workspaces('block'));
  clock.advance({ hours: 24 });
}

/** The requests that Bird's limit of 50 a second counts. */
function birdReads(): number {
  return sandbox.requests().filter(({ method }) => method === 'GET').length;
}

function tellReads(): void {
  step = 'What all of it took';
  const decisions = Object.values(guard.stats().decisions).reduce((sum, count) => sum + count, 0);
  console.log(`\n${step}: ${birdReads()} Bird reads for ${decisions} guarded sends.`);
  expect('the number of reads', birdReads(), 11);
}

/** What `npx freeform-guard report` makes of the decisions. */
async function tellReport(): Promise<void> {
  step = 'The report';
  await guard.close();
  await log.close();
  const command = fileURLToPath(new URL('dist/cli/cli.js', import.meta.resolve('freeform-guard/package.json')));
  const page = join(folder, 'report.html');
  const args = ['report', join(folder, 'decisions.jsonl'), '--html', page];
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...args]);
  console.log(`\n${step}: npx freeform-guard ${args.join(' ')}`);
  say(stdout.split('\n')[0] ?? '');
  console.log(`Open it: ${pathToFileURL(page)}`);
}

try {
  console.log(`A local Bird at ${sandbox.url}, a guarded Express service at ${serviceUrl}, real HTTP between them.`);
  await play();
  tellReads();
  await tellReport();
} catch (error) {
  mistakes.push(`"${step}": ${String(error)}`);
} finally {
  await guard.close();
  server.close();
  server.closeAllConnections();
  await sandbox.close();
}
for (const mistake of mistakes) console.error(`\nWrong: ${mistake}`);
process.exitCode = mistakes.length === 0 ? 0 : 1;
