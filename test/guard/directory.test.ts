import { describe, expect, it } from 'vitest';
import { LookupError } from '../../src/errors.js';
import { Directory } from '../../src/guard/directory.js';
import { createClock } from '../../src/sandbox/clock.js';
import { fakeCase, inactive, type Known, NOW, sms, whatsapp } from './fake-workspace.js';

const id = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
const ref = { workspaceId: id, channelId: id };
const failed = new LookupError('lookup_failed', 'down');
const deadline = { from: NOW, at: NOW + 500, isPatient: false };

function setUp(known: Known, { isUnknown = false, find = async (): Promise<unknown> => ['found'] } = {}) {
  const clock = createClock(NOW);
  const failures: unknown[][] = [];
  const searched: unknown[][] = [];
  const { open, asked } = fakeCase(known, {}, { deadlineMs: 300 });
  Object.assign(open.workspace, {
    policyFor: () => open.policy,
    identifiers: {
      find: (...args: unknown[]) => {
        searched.push(args);
        return find();
      },
    },
  });
  const directory = new Directory({
    clock,
    notices: { failure: (...args: unknown[]) => void failures.push(args) } as never,
    load: async () => (isUnknown ? 'unknown' : open.workspace),
  });
  return { directory, clock, failures, searched, asked };
}

describe('a channel', () => {
  it('is as it was read a moment ago, whatever that says, else as Bird says', async () => {
    const { directory, asked } = setUp({ fresh: inactive, read: whatsapp });
    expect(await directory.channel(ref)).toBe(inactive);
    expect(asked.channelMs).toEqual([]);
    const other = setUp({ old: sms, read: whatsapp });
    expect(await other.directory.channel(ref)).toBe(whatsapp);
    expect(other.asked.channelMs).toEqual([300]);
  });

  it('is as a read says that is running for others, whatever that says', async () => {
    const { directory, asked } = setUp({ read: inactive });
    await directory.channel(ref);
    expect(asked.acceptsChannel[0]?.(inactive)).toBe(true);
  });

  it('is as it was at some time while Bird cannot be read: its platform never changes', async () => {
    expect(await setUp({ old: sms, read: failed }).directory.channel(ref)).toBe(sms);
    await expect(setUp({ read: failed }).directory.channel(ref)).rejects.toBe(failed);
  });

  it('is nothing in a workspace without options', async () => {
    expect(await setUp({ fresh: sms }, { isUnknown: true }).directory.channel(ref)).toBeUndefined();
  });
});

describe('the platform of another channel', () => {
  const platformOf = (known: Known, place: object = { workspaceId: id }, channelId = id) =>
    setUp(known).directory.platformOf(place as never, channelId, deadline);

  it('has its name', async () => {
    expect(await platformOf({ read: { ...sms, platformId: 'sms-messagebird' } })).toBe('sms');
  });

  it('is unknown where an id is none: nobody is asked', async () => {
    const { directory, asked, failures } = setUp({ read: sms });
    expect(await directory.platformOf({ workspaceId: 'x' }, id, deadline)).toBeUndefined();
    expect(await directory.platformOf({ workspaceId: id }, 'x', deadline)).toBeUndefined();
    expect([asked.channelMs, failures]).toEqual([[], []]);
  });

  it('is unknown where Bird fails, and that is told', async () => {
    const { directory, failures } = setUp({ read: failed });
    expect(await directory.platformOf({ workspaceId: id }, id, deadline)).toBeUndefined();
    expect(failures).toEqual([[failed, ref]]);
  });
});

describe('what a contact can be reached by', () => {
  const contact = { identifierKey: 'phonenumber', identifierValue: '+31612345678' };

  it('is searched by what the send says of the contact', async () => {
    const { directory, searched } = setUp({});
    expect(await directory.identifiersOf({ ...ref, contact }, deadline)).toEqual(['found']);
    await directory.identifiersOf({ ...ref, contact: { id } }, deadline);
    const identifier = { workspaceId: id, key: 'phonenumber', value: '+31612345678' };
    expect(searched.map(([named]) => named)).toEqual([
      { workspaceId: id, contactId: undefined, identifier },
      { workspaceId: id, contactId: id, identifier: undefined },
    ]);
    expect(searched[0]?.[1]).toMatchObject({ giveUpAt: NOW + 300 });
  });

  it('is unknown of nobody, and in a workspace without options', async () => {
    const { directory, searched } = setUp({});
    expect(await directory.identifiersOf({ ...ref, contact: {} }, deadline)).toBeUndefined();
    const other = setUp({}, { isUnknown: true });
    expect(await other.directory.identifiersOf({ ...ref, contact }, deadline)).toBeUndefined();
    expect([searched, other.searched, other.failures]).toEqual([[], [], []]);
  });

  it('is unknown at the deadline', async () => {
    const { directory, clock, failures } = setUp({}, { find: () => new Promise(() => {}) });
    const asking = directory.identifiersOf({ ...ref, contact }, deadline);
    await new Promise(setImmediate);
    clock.advance(499);
    await new Promise(setImmediate);
    expect(failures).toEqual([]);
    clock.advance(1);
    expect(await asking).toBeUndefined();
    expect(failures).toMatchObject([[{ code: 'deadline_exceeded' }, ref]]);
  });
});
