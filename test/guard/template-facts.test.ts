import { describe, expect, it } from 'vitest';
import { parseSend } from '../../src/bird/send/parsed-send.js';
import { LookupError } from '../../src/errors.js';
import type { TemplateCase } from '../../src/guard/case.js';
import type { SourcedDecision } from '../../src/guard/outcome.js';
import { isChannelKnown, templateFromMemory, templateWithBird } from '../../src/guard/template.js';
import type { PolicyOptions } from '../../src/guard/workspaces/policy.js';
import type { ChannelFacts } from '../../src/ports.js';
import { fakeCase, inactive, type Known, messenger, NOW, patience, sms, whatsapp } from './fake-workspace.js';

const id = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
const template = { template: { projectId: id, version: id, locale: 'en' } };
const whole = { workspaceId: id, channelId: id, contact: { id }, message: template };
const optedOut = { optedOutAt: NOW - 1 };
const blocking = { optedOutBlocksTemplates: true };
const failed = new LookupError('lookup_failed', 'Bird is down');
const passes = { decision: { verdict: 'allow', reason: 'template', validUntil: null }, source: 'none' };
const unsupported = { verdict: 'unknown', reason: 'template_unsupported' };

const decided = (decision: object, channel: ChannelFacts): SourcedDecision =>
  ({ decision, source: 'bird', channel }) as SourcedDecision;
const allowed = decided({ verdict: 'allow', reason: 'service_window_open', validUntil: 5 }, messenger);
const closed = decided({ verdict: 'deny', reason: 'service_window_closed', closedAt: 5 }, messenger);
const off = decided({ verdict: 'deny', reason: 'channel_inactive', closedAt: null }, messenger);
const never = (): never => {
  throw new Error('no window is asked for');
};

function templateCase(known: Known, options?: PolicyOptions, send: object = whole): TemplateCase {
  const parsed = parseSend(send as never);
  expect(parsed.kind).toBe('template');
  return { ...fakeCase(known, {}, options).open, parsed } as unknown as TemplateCase;
}

describe('a template, from memory', () => {
  it.each([whatsapp, sms])('passes at once on %o, however old that is', (old) => {
    expect(templateFromMemory(templateCase({ old }), never)).toMatchObject(passes);
  });

  it.each([
    ['workspace', { ...whole, workspaceId: 'x' }],
    ['channel', { ...whole, channelId: 'x' }],
  ])('passes where its %s has no usable id', (_, send) => {
    expect(templateFromMemory(templateCase({ old: inactive }, {}, send), never)).toMatchObject(passes);
  });

  it.each<[string, Known]>([
    ['the channel is not known', {}],
    ['the channel was inactive: only a fresh read may stop it', { fresh: inactive }],
  ])('is left to Bird where %s', (_, known) => {
    expect(templateFromMemory(templateCase(known), never)).toBeUndefined();
  });

  it('is free text on a platform without templates, and passes only where that may be sent', () => {
    const open = templateCase({ old: messenger });
    expect(templateFromMemory(open, ({ parsed }) => (parsed.kind === 'freeform' ? allowed : never()))).toBe(allowed);
    expect(templateFromMemory(open, () => closed)).toBeUndefined();
    expect(templateFromMemory(open, () => undefined)).toBeUndefined();
  });

  it('is stopped by an opt-out only where the policy says so', () => {
    const known = { old: whatsapp, evidence: optedOut };
    expect(templateFromMemory(templateCase(known), never)).toMatchObject(passes);
    const stopped = { decision: { verdict: 'deny', reason: 'opted_out' }, source: 'memory' };
    expect(templateFromMemory(templateCase(known, blocking), never)).toMatchObject(stopped);
    expect(templateFromMemory(templateCase({ old: whatsapp }, blocking), never)).toMatchObject(passes);
    for (const contact of [undefined, { id: 'x' }]) {
      const withoutContact = { ...whole, contact };
      expect(templateFromMemory(templateCase(known, blocking, withoutContact), never)).toMatchObject(passes);
    }
  });

  it('waits for a store across a network, which may know of an opt-out', () => {
    const known = { old: whatsapp, evidence: Promise.resolve(optedOut) };
    expect(templateFromMemory(templateCase(known, blocking), never)).toBeUndefined();
  });
});

describe("a template, with Bird's help", () => {
  const ask = (known: Known, decide: () => Promise<SourcedDecision> = never, options?: PolicyOptions, send?: object) =>
    templateWithBird(templateCase(known, options, send), patience, decide);

  it('is stopped by a fresh read that says inactive, and by nothing older', async () => {
    expect(await ask({ read: inactive })).toMatchObject({
      decision: { verdict: 'deny', reason: 'channel_inactive', closedAt: null },
      source: 'bird',
    });
    expect(await ask({ fresh: inactive, read: whatsapp })).toMatchObject(passes);
    expect(await ask({ old: inactive, read: failed })).toMatchObject(passes);
  });

  it('passes where nothing can be read about its channel', async () => {
    expect(await ask({ read: failed })).toMatchObject(passes);
    expect(await ask({ read: new LookupError('channel_not_found', 'gone') })).toMatchObject(passes);
    expect(await ask({ read: inactive }, never, {}, { ...whole, workspaceId: 'x' })).toMatchObject(passes);
    expect(await ask({ read: inactive }, never, {}, { ...whole, channelId: 'x' })).toMatchObject(passes);
  });

  it('hides no mistake of the code behind that', async () => {
    const bug = new TypeError('a bug');
    await expect(ask({ read: bug })).rejects.toBe(bug);
    await expect(ask({ read: messenger }, () => Promise.reject(bug))).rejects.toBe(bug);
  });

  it('passes as free text on a platform without templates', async () => {
    expect(await ask({ read: messenger }, async () => allowed)).toBe(allowed);
    expect(await ask({ read: messenger }, async () => off)).toBe(off);
  });

  it('is unsupported where free text may not be sent there, or nobody knows', async () => {
    expect(await ask({ read: messenger }, async () => closed)).toMatchObject({ decision: unsupported, source: 'bird' });
    const unknown = await ask({ read: messenger }, () => Promise.reject(failed));
    expect(unknown).toMatchObject({ decision: unsupported, source: 'none' });
    const withoutContact = { ...whole, contact: 5 };
    expect((await ask({ read: messenger }, async () => closed, {}, withoutContact)).decision).toEqual(unsupported);
  });

  it('remembers the platform of a channel in an outage', async () => {
    expect((await ask({ old: messenger, read: failed }, async () => closed)).decision).toEqual(unsupported);
  });

  it('is stopped by an opt-out only where the policy says so', async () => {
    const known = { read: whatsapp, evidence: Promise.resolve(optedOut) };
    expect(await ask(known)).toMatchObject(passes);
    const stopped = { decision: { verdict: 'deny', reason: 'opted_out' }, source: 'memory' };
    expect(await ask(known, never, blocking)).toMatchObject(stopped);
    expect(await ask({ read: whatsapp, evidence: Promise.resolve({}) }, never, blocking)).toMatchObject(passes);
  });
});

it('a channel is known if anything of it is remembered', () => {
  const { parsed, workspace } = templateCase({ old: inactive });
  expect(isChannelKnown(parsed, workspace)).toBe(true);
  expect(isChannelKnown(parsed, templateCase({}).workspace)).toBe(false);
  expect(isChannelKnown({ ...parsed, channelId: undefined }, workspace)).toBe(false);
  expect(isChannelKnown(parsed, 'unknown')).toBe(false);
  expect(isChannelKnown(parsed, undefined)).toBe(false);
});
