import { describe, expect, it } from 'vitest';
import { LookupError } from '../../src/errors.js';
import { findChannel } from '../../src/guard/channel-facts.js';
import type { ChannelFacts } from '../../src/ports.js';
import { fakeCase, inactive, type Known, sms, whatsapp } from './fake-workspace.js';

const ref = { workspaceId: 'workspace', channelId: 'channel' };
const isUsable = ({ status }: ChannelFacts): boolean => status === 'active';
const failed = new LookupError('lookup_failed', 'Bird is down');

function find(known: Known) {
  const { open, asked } = fakeCase(known);
  const found = findChannel(ref, open.workspace, { readMs: 800, wait: undefined }, isUsable);
  return { found, asked };
}

describe("a channel's facts", () => {
  it('are those that were read a moment ago, at once, if they will do', () => {
    expect(find({ fresh: whatsapp }).found).toEqual({ facts: whatsapp, source: 'memory' });
  });

  it('are read again if what was read a moment ago denies', async () => {
    const { found, asked } = find({ fresh: inactive, read: whatsapp });
    expect(await found).toEqual({ facts: whatsapp, source: 'bird' });
    expect(asked.channelMs).toEqual([800]);
  });

  it('are read with half of the time if older ones would do instead', async () => {
    const { found, asked } = find({ old: sms, read: whatsapp });
    expect(await found).toEqual({ facts: whatsapp, source: 'bird' });
    expect(asked.channelMs).toEqual([400]);
  });

  it('are read with all of the time if older ones deny', async () => {
    const { asked, found } = find({ old: inactive, read: whatsapp });
    await found;
    expect(asked.channelMs).toEqual([800]);
  });

  it('are the older ones in an outage', async () => {
    expect(await find({ old: sms, read: failed }).found).toEqual({ facts: sms, source: 'memory' });
    expect(await find({ old: sms, read: new Error('a bug') }).found).toEqual({ facts: sms, source: 'memory' });
  });

  it.each<[string, Known]>([
    ['in an outage in which nothing is remembered', { read: failed }],
    ['in an outage in which what is remembered denies', { old: inactive, read: failed }],
    ['of a channel that Bird says is gone', { old: sms, read: new LookupError('channel_not_found', 'gone') }],
  ])('are unknown %s', async (_, known) => {
    await expect(find(known).found).rejects.toBe(known.read);
  });
});
