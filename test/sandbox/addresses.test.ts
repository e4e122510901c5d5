import { createSandbox } from 'freeform-guard/sandbox';
import { expect, it, onTestFinished } from 'vitest';

const NUMBER = '+31612345678';
const spellings = ['+31 6 1234-5678', '0031612345678', '+31 (0)6 12345678', '３１６１２３４５６７８', '31612345678'];

it.each(spellings)(
  'keeps a contact that is added as %s under its number, as the guard asks for it (field C8)',
  async (value) => {
    const sandbox = await createSandbox();
    onTestFinished(() => sandbox.close());
    const workspace = sandbox.addWorkspace();
    const channel = workspace.addChannel({ platformId: 'whatsapp' });
    const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
    expect(contact.featuredIdentifiers).toEqual([{ key: 'phonenumber', value: NUMBER }]);
    workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
    const headers = { authorization: `AccessKey ${workspace.accessKey}`, 'content-type': 'application/json' };
    const base = `${sandbox.url}/workspaces/${workspace.id}`;
    const found = await fetch(`${base}/contacts/search`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ identifier: { key: 'phonenumber', value } }),
    });
    expect(await found.json()).toMatchObject({ results: [{ id: contact.id }] });
    const asked = `${base}/channels/${channel.id}/contacts/${contact.id}?contactIdentifierValue=${encodeURIComponent(NUMBER)}`;
    expect(await (await fetch(asked, { headers })).json()).toMatchObject({ serviceWindowExpireAt: expect.any(String) });
  },
);

it('leaves what is no number as it was written', async () => {
  const sandbox = await createSandbox();
  onTestFinished(() => sandbox.close());
  const identifiers = [{ key: 'whatsappid', value: 'US.13491208655302741918' }];
  expect(sandbox.addWorkspace().addContact({ identifiers }).featuredIdentifiers).toEqual(identifiers);
});
