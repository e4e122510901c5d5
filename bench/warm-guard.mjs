/** A guard that has the open windows of all customers in memory. */
import { load } from './builds.mjs';
import { addressOf, CHANNEL_ID, CONTACTS, WORKSPACE_ID } from './contacts.mjs';

/**
 * @param options what `createGuard` gets beside its workspaces, made from the library
 * @param observed the address, and the contact id, of the customer at an index
 */
export async function createWarmGuard(build, { count = CONTACTS, options = () => ({}), observed = byAddress } = {}) {
  const library = await load(build.index);
  const { createSandbox } = await load(build.sandbox);
  const sandbox = await createSandbox();
  const workspace = sandbox.addWorkspace({ id: WORKSPACE_ID });
  workspace.addChannel({ id: CHANNEL_ID, platformId: 'whatsapp' });
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: addressOf(0) }] });
  workspace.receiveInbound({ channelId: CHANNEL_ID, contactId: contact.id });
  const workspaces = { [WORKSPACE_ID]: { accessKey: workspace.accessKey, baseUrl: sandbox.url } };
  const guard = library.createGuard({ workspaces, ...options(library) });
  await learnChannel(guard);
  for (let index = 0; index < count; index += 1) {
    guard.observeInbound({ ...windowRef(), ...observed(index), at: Date.now() - 1000 });
  }
  const close = async () => {
    guard.close();
    await sandbox.close();
  };
  return { library, guard, close };
}

export function windowRef() {
  return { workspaceId: WORKSPACE_ID, channelId: CHANNEL_ID };
}

function byAddress(index) {
  return { address: addressOf(index) };
}

export function sendTo(contact) {
  return { ...windowRef(), contact, message: { body: { type: 'text', text: { text: 'Hello' } } } };
}

/** Only Bird can tell what the channel is. The guard remembers it for ten minutes. */
async function learnChannel(guard) {
  const contact = { identifierKey: 'phonenumber', identifierValue: addressOf(0) };
  const { decision, source } = await guard.check(sendTo(contact));
  if (decision.verdict !== 'allow' || source !== 'bird') throw new Error(`Not open: ${JSON.stringify(decision)}`);
}
