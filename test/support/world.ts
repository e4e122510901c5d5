import {
  createGuard,
  type Guard,
  type GuardOptions,
  type Logger,
  type SendRequest,
  type WorkspaceOptions,
} from 'freeform-guard';
import {
  type BirdChannel,
  type BirdContact,
  createSandbox,
  type Sandbox,
  type SandboxOptions,
  type SandboxWorkspace,
} from 'freeform-guard/sandbox';
import { onTestFinished } from 'vitest';
import { keepSecret, recordLetOut } from './canary.js';

export const PHONE = '+31612345678';
export const TEXT = 'canary: the parcel is at the neighbour';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface WorldOptions {
  readonly sandbox?: SandboxOptions;
  readonly platformId?: string;
  readonly guard?: Partial<GuardOptions>;
  readonly workspace?: Partial<WorkspaceOptions>;
}

/** A sandbox with one workspace, channel and contact, and a guard in front of it that shares its clock. */
export interface World {
  readonly sandbox: Sandbox;
  readonly workspace: SandboxWorkspace;
  readonly channel: BirdChannel;
  readonly contact: BirdContact;
  readonly guard: Guard;
  /** What was logged, but for the decisions. */
  readonly logs: LogLine[];
  /** The lines of the decisions. */
  readonly decisions: LogLine[];
  /** The options that the guard's workspace has, for another guard of the same. */
  readonly workspaceOptions: WorkspaceOptions;
  /** A free-form send to the contact's phone number; `change` is laid over it. */
  send(change?: Partial<SendRequest>): SendRequest;
  /** The customer writes. */
  customerWrites(): void;
  /** GET requests that Bird has answered: what its read limit counts. */
  reads(): number;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const sandbox = await createSandbox(options.sandbox);
  onTestFinished(() => sandbox.close());
  const workspace = sandbox.addWorkspace();
  const channel = workspace.addChannel({ platformId: options.platformId ?? 'whatsapp' });
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
  for (const secret of [workspace.accessKey, PHONE, TEXT]) keepSecret(secret);
  const logs: LogLine[] = [];
  const decisions: LogLine[] = [];
  const workspaceOptions: WorkspaceOptions = {
    accessKey: workspace.accessKey,
    baseUrl: sandbox.url,
    ...options.workspace,
  };
  const guard = createGuard({
    workspaces: { [workspace.id]: workspaceOptions },
    clock: sandbox.clock,
    logger: recordingLogger(logs, decisions),
    ...options.guard,
  });
  onTestFinished(() => void guard.close());
  return {
    sandbox,
    workspace,
    channel,
    contact,
    guard,
    logs,
    decisions,
    workspaceOptions,
    send: (change) => ({
      workspaceId: workspace.id,
      channelId: channel.id,
      contact: { identifierKey: 'phonenumber', identifierValue: PHONE },
      message: textMessage(),
      ...change,
    }),
    customerWrites: () => void workspace.receiveInbound({ channelId: channel.id, contactId: contact.id, text: TEXT }),
    reads: () => sandbox.requests().filter(({ method }) => method === 'GET').length,
  };
}

/** A logger that keeps its lines, those of decisions apart, and records them as let out. */
export function recordingLogger(lines: LogLine[], decisions: LogLine[] = []): Logger {
  const at =
    (level: LogLine['level']) =>
    (fields: Readonly<Record<string, unknown>>, text: string): void => {
      ('durationMs' in fields ? decisions : lines).push({ level, fields, text });
      recordLetOut(`log ${level}`, [fields, text]);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A create-message body with free-form text for the world's contact. */
export function textMessage(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] },
    body: { type: 'text', text: { text: TEXT } },
    ...change,
  };
}

/** A create-message body that names a template for the world's contact. */
export function templateMessage(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] },
    template: { projectId: 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318', version: 'latest', locale: 'en' },
    ...change,
  };
}
