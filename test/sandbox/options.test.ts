import { createSandbox, type SandboxOptions } from 'freeform-guard/sandbox';
import { describe, expect, it } from 'vitest';
import { request, startSandbox } from './support.js';

describe('options', () => {
  it.each([
    ['none', undefined],
    ['an empty object', {}],
    ['undefined for each', { port: undefined, startAt: undefined, fault: undefined, readsPerSecond: undefined }],
  ])('may be left out: %s', async (_, options) => {
    const sandbox = await createSandbox(options);
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await sandbox.close();
  });

  const wrong: [string, unknown][] = [
    ['port', -1],
    ['port', 65_536],
    ['port', '80'],
    ['startAt', 'yesterday'],
    ['startAt', '2026-01-05T09:00:00'],
    ['fault', 'all'],
    ['readsPerSecond', -1],
    ['readsPerSecond', '50'],
    ['sendsPerSecond', 1.5],
    ['retryAfter', 1],
    ['closedWindow', 'gone'],
    ['closedWindow', false],
    ['closedWindow', ''],
    ['unknownContact', 404],
    ['permanentSession', 'true'],
    ['contactAccess', true],
    ['readLagMs', -1],
    ['lateStatus', 'failed'],
    ['lateFailureCode', '15000'],
    ['lateFailureAfterMs', Number.NaN],
    ['readsPerSeconds', 50],
    ['toString', 1],
  ];
  it.each(wrong)('that are wrong or unknown are refused by name: %s is %j', async (name, value) => {
    await expect(createSandbox({ [name]: value } as SandboxOptions)).rejects.toThrow(`createSandbox.${name} `);
  });

  it('are refused when set later, by sandbox and workspace alike, and change nothing', async () => {
    const sandbox = await startSandbox();
    const workspace = sandbox.addWorkspace();
    const wrongSwitches = { readLagMs: '1' } as object;
    for (const set of [sandbox.set, workspace.set, sandbox.addWorkspace]) {
      expect(() => set(wrongSwitches)).toThrow('.readLagMs must be ');
    }
    expect(() => sandbox.setFault(1 as never)).toThrow('setFault.fault must be ');
  });

  it('of a workspace win over those of the sandbox', async () => {
    const sandbox = await startSandbox({ unknownContact: '404' });
    const workspace = sandbox.addWorkspace({ unknownContact: 'empty' });
    const search = (): Promise<{ status: number }> => {
      const url = `${sandbox.url}/workspaces/${workspace.id}/contacts/search`;
      return request(url, workspace.accessKey, { identifier: { key: 'phonenumber', value: '+1' } });
    };
    expect((await search()).status).toBe(200);
    workspace.set({ unknownContact: undefined });
    expect((await search()).status).toBe(404);
  });
});

describe('a sandbox', () => {
  it('takes the port that it is given, and says so when another has it', async () => {
    const { url } = await startSandbox();
    await expect(createSandbox({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('is closed with connections still open, twice without harm, and answers no more', async () => {
    const sandbox = await createSandbox({ fault: () => ({ stall: 'headers' }) });
    const pending = fetch(sandbox.url).catch(() => 'cut');
    await expect.poll(() => sandbox.requests().length).toBe(1);
    await sandbox.close();
    await sandbox.close();
    expect(await pending).toBe('cut');
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });
});

describe('a workspace', () => {
  it('has a uuid and a key of its own, or those that it is given', async () => {
    const sandbox = await startSandbox();
    const { id, accessKey } = sandbox.addWorkspace();
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(accessKey).not.toBe(sandbox.addWorkspace().accessKey);
    const named = sandbox.addWorkspace({ id: 'a-workspace', accessKey: 'a-key' });
    expect(named).toMatchObject({ id: 'a-workspace', accessKey: 'a-key' });
    expect(() => sandbox.addWorkspace({ id: 'a-workspace' })).toThrow('addWorkspace.id is taken');
  });

  it('refuses ids that are not there and things that are incomplete, by name', async () => {
    const workspace = (await startSandbox()).addWorkspace();
    const { id: channelId } = workspace.addChannel({ platformId: 'whatsapp' });
    expect(() => workspace.receiveInbound({ channelId, contactId: 'nobody' })).toThrow('contactId must be ');
    expect(() => workspace.receiveInbound({ channelId: 'none', contactId: 'nobody' })).toThrow('channelId must be ');
    expect(() => workspace.setChannel('none', {})).toThrow('channelId must be ');
    expect(() => workspace.addContact({ identifiers: [] })).toThrow('identifiers must be ');
    expect(() => workspace.addContact({ identifiers: [{ key: '', value: '1' }] })).toThrow('identifiers.key must be ');
    expect(() => workspace.addChannel({} as { platformId: string })).toThrow('platformId must be ');
    const value = 'yes' as unknown as boolean;
    expect(() => workspace.setPermanentSession({ channelId, contactId: 'nobody', value })).toThrow(
      'setPermanentSession.value',
    );
  });
});
