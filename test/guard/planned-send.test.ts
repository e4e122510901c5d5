import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/bird/send/send-request.js';
import type { RerouteContext, ReroutePolicy } from '../../src/core/reroute/policy.js';
import type { Decision } from '../../src/core/types.js';
import type { Deadline } from '../../src/guard/deadline.js';
import { PlannedSend } from '../../src/guard/planned-send.js';
import { type PolicyOptions, resolvePolicy } from '../../src/guard/workspaces/policy.js';
import { InFlight } from '../../src/in-flight.js';
import { createClock } from '../../src/sandbox/clock.js';
import { NOW, whatsapp } from './fake-workspace.js';

const channelId = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
const send: SendRequest = { workspaceId: channelId, channelId, contact: { id: channelId }, message: {} };
const closed: Decision = { verdict: 'deny', reason: 'service_window_closed', closedAt: 1 };
const allow: Decision = { verdict: 'allow', reason: 'template', validUntil: null };
const instead = { channelId, message: { receiver: { contacts: [{ id: channelId }] }, template: {} } };

/** A denied send, what its policy was told, and what was asked of the guard meanwhile. */
function setUp(options: PolicyOptions, more: { send?: SendRequest; deadline?: Deadline } = {}) {
  const contexts: RerouteContext[] = [];
  const settled: boolean[] = [];
  const onClosed: ReroutePolicy = async (context) => {
    contexts.push(context);
    await context.identifiers?.();
    await context.identifiers?.();
    await context.platformOf?.('other');
    return { action: 'reroute', sends: [instead], settle: (isUsed) => void settled.push(isUsed) };
  };
  const decided: [unknown, Deadline][] = [];
  const asked: unknown[][] = [];
  const support = {
    clock: createClock(NOW),
    hooks: { worked: () => {}, failed: () => {} },
    inFlight: new InFlight(),
    decide: async (one: unknown, deadline: Deadline) => {
      decided.push([one, deadline]);
      return allow;
    },
    directory: {
      platformOf: async (...args: unknown[]) => void asked.push(['platformOf', ...args]),
      identifiersOf: async (...args: unknown[]) => void asked.push(['identifiersOf', ...args]),
    },
  };
  const workspace = { ownerOfPolicy: () => ({}), now: () => NOW + 1, channels: { recall: () => undefined } };
  const found = { parsed: { channelId }, workspace, policy: resolvePolicy({ onClosed, ...options }) };
  const parts = {
    send,
    found,
    decided: { decision: closed, source: 'bird', channel: whatsapp },
    decidedAt: 7,
    support,
  };
  return { planned: new PlannedSend({ ...parts, ...more } as never), contexts, settled, decided, asked, support };
}

describe('a denied send that is rerouted', () => {
  it('tells its policy what is known, and asks who can reach the contact once', async () => {
    const { planned, contexts, asked } = setUp({ deadlineMs: 300 });
    expect(planned.plan).toBe('reroute');
    await planned.carryOut();
    expect(contexts).toMatchObject([{ send, decision: closed, platform: 'whatsapp', at: NOW + 1, isDryRun: false }]);
    const deadline = { from: NOW, at: NOW + 300, isPatient: false };
    expect(asked).toEqual([
      ['identifiersOf', send, deadline],
      ['platformOf', send, 'other', deadline],
    ]);
  });

  it('has the time of its own call, where that has one', async () => {
    const deadline = { from: 1, at: NOW + 9, isPatient: true };
    const { planned, decided } = setUp({}, { deadline });
    await planned.carryOut();
    expect(decided.map(([, within]) => within)).toEqual([deadline]);
  });

  it('is decided about as it would leave: no earlier, and by a machine where it was one', async () => {
    const byMachine = setUp({}, { send: { ...send, sendAt: 5, sender: 'automation' } as SendRequest });
    await byMachine.planned.carryOut();
    expect(byMachine.decided[0]?.[0]).toMatchObject({ sendAt: 5, sender: 'automation', channelId });
    // Only the message itself can say to Bird that a human writes.
    const byHuman = setUp({}, { send: { ...send, sender: 'human' } as SendRequest });
    await byHuman.planned.carryOut();
    expect(byHuman.decided[0]?.[0]).toMatchObject({ sender: undefined, sendAt: undefined });
  });

  it.each([true, false])('settles its policy once it is known whether that is used: %o', async (isUsed) => {
    const { planned, settled } = setUp({});
    const { outcome, enforced, settle } = await planned.carryOut();
    expect(outcome).toMatchObject({ action: 'reroute', sends: [instead], checkedAt: 7, platform: 'whatsapp' });
    expect(enforced).toBe(outcome);
    await settle(isUsed);
    expect(settled).toEqual([isUsed]);
  });

  it('is under way until its policy has answered', async () => {
    const { planned, support } = setUp({});
    let isOver = false;
    const carried = planned.carryOut();
    void support.inFlight.settled().then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    await carried;
    await expect.poll(() => isOver).toBe(true);
  });
});

describe('in observe mode', () => {
  it('a send goes out as it is, and its policy changes nothing', async () => {
    const { planned, contexts, settled } = setUp({ mode: 'observe' });
    const { outcome, enforced, settle } = await planned.carryOut();
    expect(contexts[0]?.isDryRun).toBe(true);
    expect(outcome).toMatchObject({ action: 'send', mode: 'observe', wouldBe: 'reroute' });
    expect(enforced).toMatchObject({ action: 'reroute', mode: 'enforce', sends: [instead] });
    await settle(true);
    expect(settled).toEqual([false]);
  });
});

describe('a send that is not rerouted', () => {
  it('needs no policy', async () => {
    const { planned, contexts } = setUp({ onClosed: 'block' });
    const { outcome, settle } = await planned.carryOut();
    expect(outcome).toEqual(planned.outcome());
    expect(outcome).toMatchObject({ action: 'block', decision: closed });
    await settle(true);
    expect(contexts).toEqual([]);
  });

  it('says that others of the same request stop it', () => {
    const { planned } = setUp({});
    expect(planned.refuse('other_recipients')).toMatchObject({ action: 'block', declined: ['other_recipients'] });
  });
});
