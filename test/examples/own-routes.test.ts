import { createSandbox, type Sandbox, type SandboxWorkspace } from 'freeform-guard/sandbox';
import supertest from 'supertest';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createService, type Reply, type Service } from '../../examples/own-routes.js';
import { advanceUntil } from '../http/reroute/support.js';
import { keepSecret, recordLetOut } from '../support/canary.js';
import { TEXT } from '../support/world.js';

const OPEN = '+12025550101';
const CLOSED = '+12025550102';
const phones: Readonly<Record<string, string>> = { open: OPEN, closed: CLOSED };

let sandbox: Sandbox;
let service: Service;

/** Brand `acme` has a template, and brand `basic` has none. */
beforeEach(async () => {
  sandbox = await createSandbox({ startAt: '2026-01-06T09:00:00Z', readsPerSecond: Number.POSITIVE_INFINITY });
  const brands = new Map(['acme', 'basic'].map((name) => [name, brandIn(sandbox.addWorkspace(), name === 'acme')]));
  service = createService({
    ...{ brands, birdUrl: sandbox.url, clock: sandbox.clock },
    findPhone: async (brand, conversation) => (brands.has(brand) ? phones[conversation] : undefined),
  });
  for (const secret of [OPEN, CLOSED, TEXT, ...[...brands.values()].map(({ accessKey }) => accessKey)])
    keepSecret(secret);
  onTestFinished(async () => {
    service.guard.close();
    await sandbox.close();
  });
});

function brandIn(
  workspace: SandboxWorkspace,
  hasTemplate: boolean,
): { workspaceId: string; accessKey: string; channelId: string; templateId?: string } {
  const { id: channelId } = workspace.addChannel({ platformId: 'whatsapp' });
  const [open] = [OPEN, CLOSED].map((value) => workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] }));
  workspace.receiveInbound({ channelId, contactId: open?.id ?? '' });
  const { id: workspaceId, accessKey } = workspace;
  if (!hasTemplate) return { workspaceId, accessKey, channelId };
  const { projectId } = workspace.addTemplate({ locales: { en: 'News: {{message}}' } });
  return { workspaceId, accessKey, channelId, templateId: projectId };
}

async function ask(request: supertest.Test): Promise<supertest.Response> {
  const response = await request;
  recordLetOut('answer of the example', [response.headers, response.text]);
  return response;
}

const reply = (brand: string, conversation: string): Promise<supertest.Response> =>
  ask(supertest(service.app).post(`/brands/${brand}/conversations/${conversation}/reply`).send({ text: TEXT }));

/** What customers have received, once Bird has delivered. */
function received(): readonly string[] {
  sandbox.clock.advance({ minutes: 1 });
  return sandbox.arrived().map(({ to, kind, text }) => `${to} ${kind}: ${text}`);
}

describe('a reply', () => {
  it('is sent as it is while the window is open', async () => {
    const { status, body, headers } = await reply('acme', 'open');
    expect([status, body]).toEqual([202, { sentAs: 'text' }]);
    expect(headers['freeform-window']).toContain('verdict=allow');
    expect(received()).toEqual([`${OPEN} text: ${TEXT}`]);
  });

  it('is sent in the template of a brand that has one', async () => {
    const { status, body, headers } = await reply('acme', 'closed');
    expect([status, body]).toEqual([202, { sentAs: 'template' }]);
    expect(headers['freeform-window']).toContain('action=reroute, sends=1');
    expect(received()).toEqual([`${CLOSED} template: News: ${TEXT}`]);
  });

  it('is refused by the other brand, with all that an agent needs', async () => {
    const { status, body } = await reply('basic', 'closed');
    expect([status, body.code, body.nextActions[0]]).toEqual([
      409,
      'service_window_closed',
      { action: 'send_template' },
    ]);
    expect(received()).toEqual([]);
  });

  it.each([
    ['nobody', 'open'],
    ['acme', 'nowhere'],
    ['__proto__', 'open'],
  ])('to %s/%s is 404', async (brand, conversation) => {
    const { status, headers } = await reply(brand, conversation);
    expect([status, headers['freeform-window']]).toEqual([404, undefined]);
  });
});

it('a window is told without any side effect', async () => {
  const window = (conversation: string): Promise<supertest.Response> =>
    ask(supertest(service.app).get(`/brands/acme/conversations/${conversation}/window`));
  const until = sandbox.clock.now() + 24 * 3_600_000;
  expect((await window('open')).body).toEqual({ canWrite: true, until });
  expect((await window('closed')).body).toEqual({ canWrite: false, until: null });
  expect((await window('nowhere')).status).toBe(404);
  sandbox.setFault(({ method }) => (method === 'GET' ? { status: 501 } : undefined));
  expect((await ask(supertest(service.app).get('/brands/basic/conversations/open/window'))).body.canWrite).toBeNull();
  expect(received()).toEqual([]);
});

it.each([
  ['acme', { texts: 1, templates: 1, notSent: 0 }, 2],
  ['basic', { texts: 1, templates: 0, notSent: 1 }, 1],
])('a campaign of %s says what became of each text', async (brand, counts, arrived) => {
  const campaign = { text: TEXT, conversations: ['open', 'closed', 'nowhere'] };
  const answer = ask(supertest(service.app).post(`/brands/${brand}/campaigns`).send(campaign));
  // Its reads give way to those of replies, so they take time.
  await advanceUntil({ sandbox }, answer);
  const { status, body } = await answer;
  expect([status, body]).toEqual([202, counts]);
  expect(received()).toHaveLength(arrived);
});

describe('the worker', () => {
  const job = (brand: string, conversation: string): Reply => ({ brand, conversation, text: TEXT });

  it('sends texts and templates, and gives up what can never be sent', async () => {
    expect(await service.work(job('acme', 'open'))).toBe('sent');
    expect(await service.work(job('acme', 'closed'))).toBe('sent');
    expect(await service.work(job('basic', 'closed'))).toBe('given up');
    expect(await service.work(job('acme', 'nowhere'))).toBe('given up');
    expect(received()).toEqual([`${OPEN} text: ${TEXT}`, `${CLOSED} template: News: ${TEXT}`]);
  });

  it('tries again what Bird does not take', async () => {
    sandbox.setFault(({ kind }) => (kind === 'send' ? { status: 500 } : undefined));
    expect(await service.work(job('acme', 'open'))).toBe('retry');
    expect(received()).toEqual([]);
  });
});
