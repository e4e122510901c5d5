// A service whose routes and JSON are its own: two brands with a workspace each, replies, a worker, a campaign, and a question
// whether a customer can be written to. Nothing in it knows what a customer service window is.
import express, { type Express, type Request, type RequestHandler } from 'express';
import { type Clock, createGuard, freeformGuard, type Guard, type SendRequest, toTemplate } from 'freeform-guard';
import { guardedFetch, SendBlockedError } from 'freeform-guard/fetch';

export interface Brand {
  readonly workspaceId: string;
  readonly accessKey: string;
  readonly channelId: string;
  /** The template for what comes too late; without one it is not sent. */
  readonly templateId?: string;
}

/** A text to a customer, in the service's own words. */
export interface Reply {
  readonly brand: string;
  readonly conversation: string;
  readonly text: string;
}

export interface ServiceOptions {
  readonly brands: ReadonlyMap<string, Brand>;
  /** The service's own database. */
  findPhone(brand: string, conversation: string): Promise<string | undefined>;
  readonly birdUrl: string;
  readonly clock?: Clock;
}

export interface Service {
  readonly app: Express;
  readonly guard: Guard;
  /** Does one job of the service's queue. */
  work(job: Reply): Promise<'sent' | 'retry' | 'given up'>;
}

export function createService({ brands, findPhone, birdUrl, clock }: ServiceOptions): Service {
  const workspaceOf = ({ workspaceId, accessKey, templateId: projectId }: Brand) => {
    const onClosed = projectId === undefined ? 'block' : toTemplate({ projectId, locale: 'en', variable: 'message' });
    return [workspaceId, { accessKey, baseUrl: birdUrl, onClosed }] as const;
  };
  const guard = createGuard({ workspaces: Object.fromEntries([...brands.values()].map(workspaceOf)), clock });
  const carefulFetch = guardedFetch(guard, fetch, { onBlocked: 'reject' });

  /** What Bird is to be told; `null` where there is no such conversation. */
  async function sendOf({ brand, conversation, text }: Reply): Promise<SendRequest | null> {
    const [found, phone] = [brands.get(brand), await findPhone(brand, conversation)];
    if (found === undefined || phone === undefined) return null;
    const contact = { identifierKey: 'phonenumber', identifierValue: phone };
    const message = { receiver: { contacts: [contact] }, body: { type: 'text', text: { text } } };
    return { workspaceId: found.workspaceId, channelId: found.channelId, contact, message };
  }

  async function post(brand: string, send: Pick<SendRequest, 'channelId' | 'message'>, by = fetch): Promise<void> {
    const { workspaceId, accessKey } = brands.get(brand) ?? {};
    const url = `${birdUrl}/workspaces/${workspaceId}/channels/${send.channelId}/messages`;
    const headers = { authorization: `AccessKey ${accessKey}`, 'content-type': 'application/json' };
    const response = await by(url, { method: 'POST', headers, body: JSON.stringify(send.message) });
    if (!response.ok) throw new Error(`Bird answered ${response.status}`);
  }

  type Params = { brand: string; id: string };
  const readSend: RequestHandler<Params> = async ({ params: { brand, id }, body }, res, next) => {
    res.locals.send = await sendOf({ brand, conversation: id, text: String(body?.text) });
    if (res.locals.send === null) res.sendStatus(404);
    else next();
  };
  const resolve = ({ res }: Request<Params>): SendRequest => res?.locals.send;

  const app = express().use(express.json());
  app.post(
    '/brands/:brand/conversations/:id/reply',
    readSend,
    freeformGuard(guard, { resolve, rewrite: 'handler-sends' }),
    async (req, res) => {
      const instead = req.freeformGuard?.sends;
      for (const send of instead ?? [res.locals.send]) await post(req.params.brand, send);
      res.status(202).json({ sentAs: instead === undefined ? 'text' : 'template' });
    },
  );

  app.get('/brands/:brand/conversations/:id/window', readSend, async (_req, res) => {
    const { verdict, openUntil } = await guard.window(res.locals.send);
    res.json({ canWrite: verdict === 'unknown' ? null : verdict === 'allow', until: openUntil });
  });

  app.post('/brands/:brand/campaigns', async (req, res) => {
    const { text, conversations } = req.body as { text: string; conversations: string[] };
    const { brand } = req.params;
    const found = await Promise.all(conversations.map((conversation) => sendOf({ brand, conversation, text })));
    const sends = found.filter((send) => send !== null);
    const outcomes = await guard.checkAll(sends, { deadlineMs: 20_000 });
    for (const [position, { action, sends: instead = sends.slice(position, position + 1) }] of outcomes.entries()) {
      if (action !== 'block') for (const send of instead) await post(brand, send);
    }
    const count = (wanted: string): number => outcomes.filter(({ action }) => action === wanted).length;
    res.status(202).json({ texts: count('send'), templates: count('reroute'), notSent: count('block') });
  });

  async function work(job: Reply): ReturnType<Service['work']> {
    const send = await sendOf(job);
    if (send === null) return 'given up';
    try {
      await post(job.brand, send, carefulFetch);
      return 'sent';
    } catch (error) {
      return error instanceof SendBlockedError && !error.problem.retryable ? 'given up' : 'retry';
    }
  }

  return { app, guard, work };
}
