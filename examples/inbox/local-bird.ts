import { createSandbox, type Sandbox, type SandboxTemplate, type SandboxWorkspace } from 'freeform-guard/sandbox';

/** A conversation as the application keeps it. Its id says nothing about the customer. */
export interface Conversation {
  readonly id: string;
  readonly name: string;
  readonly platform: string;
  /** Whose window it is, as the guard takes it. */
  readonly place: {
    readonly workspaceId: string;
    readonly channelId: string;
    readonly contactId: string;
    readonly address: string;
  };
}

/** A local Bird with two customers. */
export interface LocalBird {
  readonly sandbox: Sandbox;
  readonly workspace: SandboxWorkspace;
  readonly template: SandboxTemplate;
  readonly conversations: ReadonlyMap<string, Conversation>;
  /** Sends a text, or the template with it, as an application does; gives the id that Bird answers. */
  send(conversation: Conversation, text: string, kind: 'text' | 'template'): Promise<string | undefined>;
}

export async function startLocalBird(): Promise<LocalBird> {
  const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
  const workspace = sandbox.addWorkspace();
  const { id: channelId } = workspace.addChannel({ platformId: 'whatsapp' });
  const template = workspace.addTemplate({ locales: { en: 'There is news for you: {{text}}' } });
  const conversationOf = (id: string, name: string, address: string): Conversation => {
    const { id: contactId } = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: address }] });
    return { id, name, platform: 'WhatsApp', place: { workspaceId: workspace.id, channelId, contactId, address } };
  };
  const all = [conversationOf('1', 'Amira Haddad', '+12025550123'), conversationOf('2', 'Jonas Weber', '+12025550178')];
  return {
    sandbox,
    workspace,
    template,
    conversations: new Map(all.map((one) => [one.id, one])),
    async send(conversation, text, kind) {
      const response = await fetch(`${sandbox.url}/workspaces/${workspace.id}/channels/${channelId}/messages`, {
        method: 'POST',
        headers: { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(messageTo(conversation, text, kind === 'template' ? template : undefined)),
      });
      const { id } = (await response.json()) as { readonly id?: string };
      return id;
    },
  };
}

/** The body of Bird's create-message operation. */
export function messageTo({ place }: Conversation, text: string, template?: SandboxTemplate): object {
  const contact = { id: place.contactId, identifierKey: 'phonenumber', identifierValue: place.address };
  const receiver = { contacts: [contact] };
  if (template === undefined) return { receiver, body: { type: 'text', text: { text } } };
  const parameters = [{ type: 'string', key: 'text', value: text }];
  return { receiver, template: { projectId: template.projectId, version: 'latest', locale: 'en', parameters } };
}
