import {
  type BirdChannel,
  type BirdContact,
  createSandbox,
  type Sandbox,
  type SandboxOptions,
  type SandboxWorkspace,
} from 'freeform-guard/sandbox';
import { onTestFinished } from 'vitest';

export const START_AT = '2026-01-05T09:00:00.000Z';
export const PHONE = '+12025550123';
export const SECOND_PHONE = '+12025550124';

/** What came back over HTTP. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
}

export interface Scene {
  readonly sandbox: Sandbox;
  readonly workspace: SandboxWorkspace;
  readonly channel: BirdChannel;
  readonly contact: BirdContact;
  get(path: string): Promise<Reply>;
  post(path: string, body: unknown): Promise<Reply>;
  /** The contact's window on the channel, over HTTP. */
  window(address?: string): Promise<Reply>;
  /** Sends a text to the contact's phone, over HTTP; fields of the message may be added or replaced. */
  sendText(fields?: object): Promise<Reply>;
  /** The status that a message has now. */
  statusOf(id: string): string | undefined;
}

/** A sandbox that the test need not close. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await createSandbox({ startAt: START_AT, ...options });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A workspace with one channel and one contact with two phone numbers, who has not written yet. */
export async function startScene(options: SandboxOptions & { platformId?: string | undefined } = {}): Promise<Scene> {
  const { platformId = 'whatsapp', ...sandboxOptions } = options;
  const sandbox = await startSandbox(sandboxOptions);
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId });
  const identifiers = [PHONE, SECOND_PHONE].map((value) => ({ key: 'phonenumber', value }));
  const contact = workspace.addContact({ identifiers });
  const base = `${sandbox.url}/workspaces/${workspace.id}`;
  const get = (path: string): Promise<Reply> => request(base + path, workspace.accessKey);
  const post = (path: string, body: unknown): Promise<Reply> => request(base + path, workspace.accessKey, body);
  return {
    sandbox,
    workspace,
    channel,
    contact,
    get,
    post,
    window: (address) => get(`/channels/${channel.id}/contacts/${contact.id}${queryFor(address)}`),
    sendText: (fields) => post(`/channels/${channel.id}/messages`, { ...textTo(PHONE), ...fields }),
    statusOf: (id) => sandbox.messages().find((message) => message.id === id)?.status,
  };
}

/** A create-message body with a text. */
export function textTo(identifierValue: string): { receiver: object; body: object } {
  return {
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue }] },
    body: { type: 'text', text: { text: 'We are on it.' } },
  };
}

/** GET, or POST when there is a body; a string is sent as it is. */
export async function request(url: string, accessKey: string, body?: unknown): Promise<Reply> {
  const headers = { authorization: `AccessKey ${accessKey}`, 'content-type': 'application/json' };
  const asJson = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body: asJson });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

function queryFor(address: string | undefined): string {
  return address === undefined ? '' : `?contactIdentifierValue=${encodeURIComponent(address)}`;
}
