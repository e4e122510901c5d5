import { describe, expect, it } from 'vitest';
import { answerOf, HOUR, NOW, whatsapp } from '../fake-workspace.js';
import { atOnce, id, inConversation, isOpen, nobody, send, setUp, template, unloaded } from './support.js';

const allowed = { verdict: 'allow', reason: 'service_window_open' };
const optedOut = { verdict: 'deny', reason: 'opted_out' };
const open = answerOf(NOW + HOUR);

describe('a send whose window is remembered', () => {
  it('is decided at once, and told', () => {
    const { decider, told } = setUp(isOpen);
    expect(atOnce(decider.plan(send)).outcome()).toMatchObject({ action: 'send', decision: allowed, source: 'memory' });
    expect(decider.planFromMemory(send)?.outcome().decision).toMatchObject(allowed);
    expect(told).toEqual(['service_window_open', 'service_window_open']);
  });

  it('is not sent to whom the application knows to have opted out', () => {
    const { decider } = setUp({ ...isOpen, options: { isOptedOut: () => true } });
    expect(atOnce(decider.plan(send)).outcome()).toMatchObject({ action: 'block', decision: optedOut });
    const { decider: other } = setUp({ ...isOpen, options: { isOptedOut: () => false } });
    expect(atOnce(other.plan(send)).outcome().decision).toMatchObject(allowed);
  });

  it('waits for an application that takes its time, which is asked once', async () => {
    let asked = 0;
    const isOptedOut = async (): Promise<boolean> => {
      asked += 1;
      return true;
    };
    const { decider } = setUp({ ...isOpen, options: { isOptedOut } });
    expect(decider.planFromMemory(send)).toBeUndefined();
    asked = 0;
    expect((await decider.plan(send)).outcome().decision).toMatchObject(optedOut);
    expect((await decider.planWithin(undefined, send)).outcome().decision).toMatchObject(optedOut);
    expect(asked).toBe(2);
  });

  it('passes in mode off, and nothing is told of it', () => {
    const { decider, told } = setUp({ ...isOpen, options: { mode: 'off' } });
    expect(atOnce(decider.plan(send)).outcome()).toMatchObject({ action: 'send', mode: 'off' });
    expect(told).toEqual([]);
  });
});

describe('a send for which somebody must be asked', () => {
  it('has its decision from Bird, and the application is not asked for a workspace that is known', async () => {
    const { decider, loads, told } = setUp({ fresh: whatsapp, answers: [open] });
    expect(decider.planFromMemory(send)).toBeUndefined();
    expect((await decider.plan(send)).outcome()).toMatchObject({ decision: allowed, source: 'bird' });
    expect([loads, told]).toEqual([[], ['service_window_open']]);
  });

  it('has the options of its workspace from the application', async () => {
    const { decider, loads } = setUp({ ...isOpen, options: { isOptedOut: () => true } });
    const ofOther = { ...send, workspaceId: unloaded };
    expect((await decider.plan(ofOther)).outcome()).toMatchObject({ action: 'block', decision: optedOut });
    expect(loads).toEqual([unloaded]);
  });

  it('has its place from the conversation', async () => {
    const { decider, places } = setUp(isOpen);
    const planned = await decider.plan(inConversation);
    expect(planned.outcome().decision).toMatchObject(allowed);
    expect(planned.send).toMatchObject({ channelId: id, contact: { id } });
    expect(places).toEqual([id]);
  });

  it('has the place that is remembered, at once', () => {
    const { decider, places } = setUp({ ...isOpen, isPlaceKnown: true });
    expect(atOnce(decider.plan(inConversation)).send).toMatchObject({ channelId: id, contact: { id } });
    expect(places).toEqual([]);
  });

  it.each([
    ['a channel', { ...send, workspaceId: nobody }],
    ['a conversation', { ...inConversation, workspaceId: nobody }],
  ])('is unknown on %s of a workspace that nobody knows', (_, ofNobody) => {
    const { decider } = setUp(isOpen);
    const decision = { verdict: 'unknown', reason: 'workspace_unknown' };
    expect(atOnce(decider.plan(ofNobody)).outcome().decision).toEqual(decision);
  });

  it('passes as a template in a workspace that nobody knows', () => {
    const { decider } = setUp({});
    const decision = { verdict: 'allow', reason: 'template' };
    expect(atOnce(decider.plan({ ...template, workspaceId: nobody })).outcome().decision).toMatchObject(decision);
  });
});

describe('a decider that is closed', () => {
  const refusing = { mode: 'observe', onUnknown: 'block' } as const;
  const passes = { action: 'send', mode: 'enforce', decision: { verdict: 'unknown', reason: 'lookup_failed' } };

  it('stops nobody, whatever the policy', () => {
    const { decider } = setUp({ ...isOpen, options: refusing, defaults: refusing });
    decider.close();
    for (const one of [send, inConversation]) expect(atOnce(decider.plan(one)).outcome()).toMatchObject(passes);
  });

  it.each([
    [{ onUnknown: 'block' }, { action: 'block', mode: 'enforce', exposeExpiry: true }],
    [
      { mode: 'observe', exposeExpiry: false },
      { action: 'send', mode: 'observe', exposeExpiry: false },
    ],
  ] as const)('does what the workspace wants with what Bird still denies: %j', async (options, outcome) => {
    const { decider } = setUp({ fresh: whatsapp, answers: [answerOf(null)], options });
    const planning = decider.plan(send);
    decider.close();
    const decision = { verdict: 'deny', reason: 'service_window_closed' };
    expect((await planning).outcome()).toMatchObject({ ...outcome, decision });
  });

  it('stops nobody for want of an answer that was waited for', async () => {
    const { decider } = setUp({ fresh: whatsapp, options: { onUnknown: 'block' } });
    const planning = decider.plan(send);
    decider.close();
    expect((await planning).outcome()).toMatchObject({ action: 'send', decision: { verdict: 'unknown' } });
  });
});
