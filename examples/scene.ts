import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createGuard, freeformGuard, type OnClosed } from 'freeform-guard';
import { type BirdChannel, createSandbox, type Sandbox, type SandboxTemplate } from 'freeform-guard/sandbox';

const PHONE = '+12025550123';

/** What a policy is made of: the ids of what is at the local Bird. */
export interface Place {
  readonly sms: BirdChannel;
  readonly template: SandboxTemplate;
}

/** A service behind a guard, with a local Bird and a customer who wrote a day and a half ago. */
export interface Scene {
  readonly sandbox: Sandbox;
  /** Sends a free-form text to the customer through the service, and prints the answer. */
  send(text: string): Promise<void>;
  /** The customer writes, and the application tells the guard before it does anything else. */
  customerWrites(text: string): void;
  /** Lets Bird deliver, and prints what the customer has received since the last time; gives the texts. */
  printReceived(): readonly string[];
  close(): Promise<void>;
}

/** Starts all of it with this way out for a message that comes too late. */
export async function startScene(onClosedAt: (place: Place) => OnClosed): Promise<Scene> {
  const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
  const workspace = sandbox.addWorkspace();
  const whatsapp = workspace.addChannel({ platformId: 'whatsapp' });
  const sms = workspace.addChannel({ platformId: 'sms-messagebird' });
  const template = workspace.addTemplate({ locales: { en: 'News from your shop: {{message}}' } });
  const customer = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
  workspace.receiveInbound({ channelId: whatsapp.id, contactId: customer.id, text: 'Where is my parcel?' });
  sandbox.clock.advance({ hours: 36 });

  const { id, accessKey } = workspace;
  const onClosed = onClosedAt({ sms, template });
  const guard = createGuard({
    workspaces: { [id]: { accessKey, baseUrl: sandbox.url, onClosed } },
    clock: sandbox.clock,
  });
  const app = express();
  app.use(express.json());
  app.post('/workspaces/:workspaceId/channels/:channelId/messages', freeformGuard(guard), async (req, res) => {
    // A long text becomes several messages: all of them have to go.
    const sends = req.freeformGuard?.sends ?? [{ channelId: req.params.channelId, message: req.body }];
    for (const { channelId, message } of sends) {
      await post(`${sandbox.url}/workspaces/${id}/channels/${channelId}/messages`, accessKey, message);
    }
    res.status(202).json({ sent: sends.length });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let printed = 0;

  return {
    sandbox,
    async send(text) {
      console.log(`\nThe agent writes: "${text}"`);
      const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] };
      const message = { receiver, body: { type: 'text', text: { text } } };
      const answer = await post(`${service}/workspaces/${id}/channels/${whatsapp.id}/messages`, accessKey, message);
      console.log(`    HTTP ${answer.status}  Freeform-Window: ${answer.headers.get('freeform-window')}`);
    },
    customerWrites(text) {
      console.log(`\nThe customer writes: "${text}"`);
      workspace.receiveInbound({ channelId: whatsapp.id, contactId: customer.id, text });
      void guard.observeInbound({ workspaceId: id, channelId: whatsapp.id, address: PHONE, at: sandbox.clock.now() });
    },
    printReceived() {
      sandbox.clock.advance({ seconds: 10 });
      const received = sandbox.arrived().slice(printed);
      printed += received.length;
      for (const { platformId, kind, text } of received) {
        console.log(`    The customer received by ${platformId} (${kind}): "${text}"`);
      }
      if (received.length === 0) console.log('    The customer received nothing.');
      return received.map(({ text }) => text);
    },
    async close() {
      await guard.close();
      server.close();
      server.closeAllConnections();
      await sandbox.close();
    },
  };
}

async function post(url: string, accessKey: string, message: unknown): Promise<Response> {
  const headers = { authorization: `AccessKey ${accessKey}`, 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
}
