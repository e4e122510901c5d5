import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import express, { type Express, type Request } from 'express';
import { createGuard, freeformGuard, type Guard, type SendRequest, windowStatus } from 'freeform-guard';
import type { Sandbox } from 'freeform-guard/sandbox';
import { History } from './history.js';
import { type Conversation, type LocalBird, messageTo, startLocalBird } from './local-bird.js';

export interface Inbox {
  readonly url: string;
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

export interface InboxOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Whether the local Bird's clock runs, and does not only jump. Default true. */
  readonly ticks?: boolean;
}

interface Parts {
  readonly bird: LocalBird;
  readonly guard: Guard;
  readonly history: History;
}

export async function startInbox({ port = 0, ticks = true }: InboxOptions = {}): Promise<Inbox> {
  const bird = await startLocalBird();
  const { sandbox, workspace } = bird;
  const guard = createGuard({
    workspaces: { [workspace.id]: { accessKey: workspace.accessKey, baseUrl: sandbox.url } },
    clock: sandbox.clock,
  });
  const parts: Parts = { bird, guard, history: new History(bird) };
  customerWrites(parts, '2', 'Can I still change the delivery address?');
  sandbox.clock.advance({ hours: 26 });
  customerWrites(parts, '1', 'Hi, where is my parcel? It should have been here yesterday.');
  sandbox.clock.advance({ minutes: 20 });

  const app = express();
  addPage(app);
  app.use(express.json());
  addConversations(app, parts);
  addPanel(app, parts);
  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const timer = ticks ? setInterval(() => sandbox.clock.advance({ seconds: 1 }), 1000) : undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sandbox,
    async close() {
      clearInterval(timer);
      await guard.close();
      server.close();
      server.closeAllConnections();
      await sandbox.close();
    },
  };
}

function addPage(app: Express): void {
  const project = dirname(createRequire(import.meta.url).resolve('freeform-guard/package.json'));
  app.use((_req, res, next) => {
    res.set('Content-Security-Policy', "default-src 'self'; require-trusted-types-for 'script'");
    next();
  });
  app.use(express.static(join(project, 'examples/inbox/page')));
  app.use('/element', express.static(join(project, 'dist/element')));
}

/** What an inbox has: its conversations, their windows, and replies. */
function addConversations(app: Express, { bird, guard, history }: Parts): void {
  const find = ({ params }: Request): Conversation | undefined => bird.conversations.get(String(params.id));

  app.get('/state', (_req, res) => {
    const conversations = [...bird.conversations.values()].map(({ place: _, ...shown }) => shown);
    res.json({ now: bird.sandbox.clock.now(), conversations, history: history.list() });
  });

  app.get('/conversations/:id/window', windowStatus(guard, { resolve: (req: Request) => find(req)?.place }));

  const resolve = (req: Request): SendRequest | undefined => {
    const conversation = find(req);
    if (conversation === undefined) return undefined;
    const { workspaceId, channelId, contactId, address } = conversation.place;
    const contact = { id: contactId, identifierKey: 'phonenumber', identifierValue: address };
    return { workspaceId, channelId, contact, message: messageTo(conversation, req.body.text, templateFor(req)) };
  };
  const templateFor = ({ body }: Request) => (body.kind === 'template' ? bird.template : undefined);
  const guarded = freeformGuard(guard, {
    resolve,
    handler: ({ params, body }: Request, _res, next, outcomes) => {
      history.add({ conversationId: String(params.id), from: 'agent', ...body, guard: outcomes[0]?.decision });
      next('route');
    },
  });
  app.post('/conversations/:id/messages', guarded, async (req: Request, res) => {
    const conversation = find(req);
    if (conversation === undefined) return void res.sendStatus(404);
    const birdId = await bird.send(conversation, req.body.text, req.body.kind);
    const decision = req.freeformGuard?.outcomes[0]?.decision;
    history.add({ conversationId: conversation.id, from: 'agent', ...req.body, guard: decision, birdId });
    res.sendStatus(202);
  });
  app.post('/conversations/:id/messages', (_req, res) => void res.sendStatus(409));
}

/** What only a demonstration has: the time, the customer's side, and a way past the guard. */
function addPanel(app: Express, parts: Parts): void {
  const { bird, history } = parts;
  app.post('/panel/clock', (req, res) => {
    bird.sandbox.clock.advance({ minutes: Number(req.body.minutes) });
    res.sendStatus(204);
  });
  app.post('/panel/:id/customer', (req, res) => {
    customerWrites(parts, req.params.id, String(req.body.text));
    res.sendStatus(204);
  });
  app.post('/panel/:id/unguarded', async (req, res) => {
    const conversation = bird.conversations.get(req.params.id);
    if (conversation === undefined) return void res.sendStatus(404);
    const birdId = await bird.send(conversation, req.body.text, 'text');
    history.add({ conversationId: conversation.id, from: 'agent', kind: 'text', text: req.body.text, birdId });
    res.sendStatus(202);
  });
}

function customerWrites({ bird, guard, history }: Parts, id: string, text: string): void {
  const place = bird.conversations.get(id)?.place;
  if (place === undefined) return;
  bird.workspace.receiveInbound({ ...place, text });
  history.add({ conversationId: id, from: 'customer', kind: 'text', text });
  // In production Bird's event tells the guard, by `webhookReceiver`.
  void guard.observeInbound({ ...place, at: bird.sandbox.clock.now() });
}
