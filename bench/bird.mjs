/** A local Bird whose customers have written, or not. */
import { startProcess } from './child-process.mjs';
import { addressOf, CHANNEL_ID, WORKSPACE_ID } from './contacts.mjs';

/** @param options how many customers have an open or a closed window, and limits of the sandbox */
export async function createBird({ createSandbox }, { open, closed, ...limits }) {
  const sandbox = await createSandbox(limits);
  const workspace = sandbox.addWorkspace({ id: WORKSPACE_ID });
  workspace.addChannel({ id: CHANNEL_ID, platformId: 'whatsapp' });
  const contacts = Array.from({ length: open + closed }, (_, index) => {
    const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: addressOf(index) }] });
    if (index < open) workspace.receiveInbound({ channelId: CHANNEL_ID, contactId: contact.id });
    return { id: contact.id, address: addressOf(index) };
  });
  const { url, clock } = sandbox;
  const { accessKey } = workspace;
  return {
    ...birdAt({ url, accessKey, open: contacts.slice(0, open), closed: contacts.slice(open) }),
    clock,
    close: () => sandbox.close(),
  };
}

/** The same in real time, in a process of its own, so that its costs are not measured with those of who asks it. */
export async function startBird(options) {
  const { ask, stop } = startProcess('bird.mjs');
  return { ...birdAt(await ask(options)), close: stop };
}

function birdAt({ url, accessKey, open, closed }) {
  const headers = { authorization: `AccessKey ${accessKey}` };
  const channelUrl = `${url}/workspaces/${WORKSPACE_ID}/channels/${CHANNEL_ID}`;
  return {
    url,
    accessKey,
    open,
    closed,
    workspaces: { [WORKSPACE_ID]: { accessKey, baseUrl: url } },
    /** Asks for a window without a guard. */
    async askWindow({ id, address }, request = fetch) {
      const question = `${channelUrl}/contacts/${id}?contactIdentifierValue=${encodeURIComponent(address)}`;
      const answer = await request(question, { headers });
      return { status: answer.status, contact: await answer.json() };
    },
    /** The status of a free-form message. */
    async post({ id, address }, request = fetch) {
      const receiver = { contacts: [{ id, identifierKey: 'phonenumber', identifierValue: address }] };
      const answer = await request(`${channelUrl}/messages`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ receiver, body: { type: 'text', text: { text: 'Your parcel arrives at noon.' } } }),
      });
      return answer.status;
    },
  };
}
