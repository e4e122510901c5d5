import type { Server } from 'node:http';
import { createGuard, holdUntilReply, toChannel, toTemplate, webhookReceiver } from 'freeform-guard';
import { createSandbox } from 'freeform-guard/sandbox';
import { signWebhook } from '../../src/bird/webhook-signature.js';
import { keepSecret, recordLetOut } from '../support/canary.js';
import { PROJECT_ID } from '../support/reroute.js';
import { signal, until } from '../support/service.js';
import { type LogLine, PHONE, recordingLogger, TEXT, textMessage } from '../support/world.js';
import { type Host, type HostCall, type HostReply, type HostSend, plainHttp } from './host.js';

const KEY = 'KeV+/HGoIQrxuE5YPCRR6AuQOJveldYNNhbVi1i22qk=';
const PUBLIC_URL = 'https://example.com/webhooks/bird';

/** A channel for each thing that can become of a message. */
const channelNames = ['blocked', 'open', 'toTemplate', 'split', 'toSms', 'held', 'told'] as const;
export type ChannelName = (typeof channelNames)[number];

export interface SendReply extends Pick<HostReply, 'status' | 'headers'> {
  readonly window: string | undefined;
  /** The problem, or the note of what is held. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly answer: any;
}

/** What reached Bird as a send. */
export type SentToBird = Omit<HostSend, 'workspaceId'>;

/** A host with its recipe in front of a local Bird. All of its tests share it. */
export interface HostScene {
  readonly ids: Readonly<Record<ChannelName | 'sms', string>>;
  readonly logs: readonly LogLine[];
  call(call: HostCall): Promise<HostReply>;
  /** Sends a message on that channel. Default: a free-form text. */
  send(channel: ChannelName, message?: unknown): Promise<SendReply>;
  /** In a workspace that blocks what it does not know, while Bird is down. */
  sendWhileBirdIsDown(): Promise<SendReply>;
  /** The client leaves while Bird is asked; `undefined` on a host without sockets. Settles when the host knows it. */
  readonly sendAndLeave: ((channel: ChannelName) => Promise<void>) | undefined;
  /** The same as `send`, where Bird refuses what it is sent. */
  sendWhatBirdRefuses(): Promise<HostReply>;
  /** Bird's event that the customer has written on that channel, signed or not. */
  tell(channel: ChannelName, isSigned?: boolean): Promise<HostReply>;
  /** The path of a channel's sends. */
  pathOf(channel: ChannelName): string;
  /** What reached Bird since the last question. */
  takeSent(): readonly SentToBird[];
  countHeld(): Promise<number>;
  close(): Promise<void>;
}

export async function startScene(host: Host): Promise<HostScene> {
  const { protocol = plainHttp } = host;
  const sandbox = await createSandbox({ readsPerSecond: Number.POSITIVE_INFINITY });
  const [workspace, other] = [sandbox.addWorkspace(), sandbox.addWorkspace()];
  const addChannel = (): string => workspace.addChannel({ platformId: 'whatsapp' }).id;
  const names = Object.fromEntries(channelNames.map((name) => [name, addChannel()])) as Record<ChannelName, string>;
  const ids = { ...names, sms: workspace.addChannel({ platformId: 'sms-messagebird' }).id };
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
  workspace.receiveInbound({ channelId: ids.open, contactId: contact.id });
  workspace.addTemplate({ projectId: PROJECT_ID, locales: { en: 'You have a message: {{message}}' } });
  const unknown = other.addChannel({ platformId: 'whatsapp' }).id;

  const template = { projectId: PROJECT_ID, locale: 'en', variable: 'message' };
  const hold = holdUntilReply();
  const logs: LogLine[] = [];
  const guard = createGuard({
    clock: sandbox.clock,
    logger: recordingLogger(logs),
    workspaces: {
      [workspace.id]: {
        accessKey: workspace.accessKey,
        baseUrl: sandbox.url,
        lookupBurst: 10_000,
        signingKeys: [KEY],
        channels: {
          [ids.toTemplate]: { onClosed: toTemplate(template) },
          [ids.split]: { onClosed: toTemplate({ ...template, maxLength: 25 }) },
          [ids.toSms]: { onClosed: toChannel({ channels: [ids.sms] }) },
          [ids.held]: { onClosed: hold },
        },
      },
      [other.id]: { accessKey: other.accessKey, baseUrl: sandbox.url, onUnknown: 'block' },
    },
  });
  const sent: SentToBird[] = [];
  const running = await host.start({
    guard,
    receiver: webhookReceiver(guard, { publicUrl: PUBLIC_URL, workspaceId: workspace.id }),
    async sendToBird({ channelId, message }) {
      const url = `${sandbox.url}/workspaces/${workspace.id}/channels/${channelId}/messages`;
      const headers = { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
      if (!response.ok) throw new Error(`Bird answered ${response.status}`);
      sent.push({ channelId, message });
    },
  });

  const call: HostScene['call'] = async (given) => {
    // Registered anew by each test: the watch begins anew with each file, and hosts start before the first test.
    for (const secret of [workspace.accessKey, other.accessKey, KEY, PHONE, TEXT]) keepSecret(secret);
    const reply = await running.call(given);
    if (given.path !== '/echo') recordLetOut(`reply of ${host.name}`, [reply.headers, reply.text]);
    return reply;
  };
  const sendTo = async (send: HostSend): Promise<SendReply> => {
    const reply = await call(protocol.callOf(send));
    return { ...reply, window: protocol.windowOf(reply), answer: protocol.answerOf(reply) };
  };

  const countDecisions = (): number => Object.values(guard.stats().decisions).reduce((sum, count) => sum + count, 0);
  const sendAndLeave = async (server: Server, name: ChannelName): Promise<void> => {
    const [asked, answered, client] = [signal(), signal(), new AbortController()];
    const gone = new Promise((resolve) => server.once('request', (_req, res) => res.once('close', resolve)));
    sandbox.setFault(({ method }) => {
      asked.resolve();
      return method === 'GET' ? { holdUntil: answered.promise } : undefined;
    });
    const send = { workspaceId: workspace.id, channelId: ids[name], message: textMessage({ reference: 'of nobody' }) };
    const left = running.call({ ...protocol.callOf(send), signal: client.signal }).catch(() => undefined);
    await asked.promise;
    client.abort();
    await Promise.all([left, gone]);
    sandbox.setFault(undefined);
    const before = countDecisions();
    answered.resolve();
    await until(() => countDecisions() > before);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  return {
    sendAndLeave: running.server && sendAndLeave.bind(undefined, running.server),
    ids,
    logs,
    call,
    send: (name, message = textMessage()) => sendTo({ workspaceId: workspace.id, channelId: ids[name], message }),
    async sendWhileBirdIsDown() {
      sandbox.setFault(({ path }) => (path.includes(other.id) ? { status: 501 } : undefined));
      const reply = sendTo({ workspaceId: other.id, channelId: unknown, message: textMessage() });
      return reply.finally(() => sandbox.setFault(undefined));
    },
    async sendWhatBirdRefuses() {
      sandbox.setFault(({ kind }) => (kind === 'send' ? { status: 500 } : undefined));
      const send = { workspaceId: workspace.id, channelId: ids.open, message: textMessage() };
      return call(protocol.callOf(send)).finally(() => sandbox.setFault(undefined));
    },
    tell(name, isSigned = true) {
      workspace.receiveInbound({ channelId: ids[name], contactId: contact.id, text: TEXT });
      const event = inboundOn(ids[name], contact.id, sandbox.clock.now());
      const timestamp = String(Math.floor(sandbox.clock.now() / 1000));
      const signature = signWebhook(
        { timestamp, url: PUBLIC_URL, body: Buffer.from(event) },
        isSigned ? KEY : `${KEY}!`,
      );
      const signed = { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp };
      const headers = { 'content-type': 'application/json', ...signed };
      return call({ method: 'POST', path: '/webhooks/bird', text: event, headers });
    },
    pathOf: (name) => `/workspaces/${workspace.id}/channels/${ids[name]}/messages`,
    takeSent: () => sent.splice(0),
    countHeld: async () => (await hold.pending(workspace.id)).length,
    async close() {
      await running.close?.();
      guard.close();
      await sandbox.close();
    },
  };
}

function inboundOn(channelId: string, contactId: string, now: number): string {
  const at = new Date(now).toISOString();
  return JSON.stringify({
    service: 'channels',
    event: 'whatsapp.inbound',
    payload: {
      id: crypto.randomUUID(),
      channelId,
      sender: { contact: { id: contactId, identifierKey: 'phonenumber', identifierValue: PHONE } },
      body: { type: 'text', text: { text: TEXT } },
      meta: { extraInformation: { timestamp: String(Math.floor(now / 1000)) } },
      ...{ status: 'delivered', direction: 'incoming', lastStatusAt: at, createdAt: at, updatedAt: at },
    },
  });
}
