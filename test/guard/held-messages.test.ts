import { holdUntilReply } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import type { WindowEvidence } from '../../src/core/service-window.js';
import { HeldMessages } from '../../src/guard/held-messages.js';
import { type PolicyOptions, resolvePolicy } from '../../src/guard/workspaces/policy.js';
import type { Workspace } from '../../src/guard/workspaces/workspace.js';
import type { DispatchHost } from '../../src/held/dispatch-host.js';
import { type HoldPolicy, queueOf } from '../../src/held/hold-until-reply.js';
import type { ReplyEvent } from '../../src/held/options.js';
import { createClock } from '../../src/sandbox/clock.js';
import { fakeCase, HOUR, type Known, NOW, whatsapp } from './fake-workspace.js';
import { deferred, turns } from './support.js';

const id = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
const key = { workspaceId: id, channelId: id, address: '+31612345678' };
const reply: ReplyEvent = { ...key, text: 'Yes' } as never;

interface Hold {
  readonly policy: HoldPolicy;
  /** To whom the queue is attached, once for each time. */
  readonly hosts: readonly DispatchHost[];
  /** With what it was woken. */
  readonly woken: readonly unknown[][];
}

/** A policy whose queue only notes what it is told. */
function createHold(isIdle: () => Promise<boolean> = async () => true): Hold {
  const policy = holdUntilReply();
  const hosts: DispatchHost[] = [];
  const woken: unknown[][] = [];
  Object.assign(queueOf(policy) ?? {}, {
    attach: (host: DispatchHost) => void hosts.push(host),
    detach: async (host: DispatchHost) => {
      if (hosts.includes(host)) hosts.splice(hosts.indexOf(host), 1);
    },
    wake: (...given: unknown[]) => void woken.push(given),
    isIdle,
  });
  return { policy, hosts, woken };
}

function workspaceWith(...onClosed: PolicyOptions['onClosed'][]): Workspace {
  return { id, now: () => NOW, policies: onClosed.map((one) => resolvePolicy({ onClosed: one })) } as never;
}

function createHeldMessages(): { heldMessages: HeldMessages; decided: unknown[][] } {
  const decided: unknown[][] = [];
  const support = {
    clock: createClock(NOW - HOUR),
    decide: async (...given: unknown[]) => void decided.push(given),
  };
  return { heldMessages: new HeldMessages(support as never, resolvePolicy({ deadlineMs: 300 })), decided };
}

describe('the queues of a workspace', () => {
  it('are those of all its policies, each once, with one host', () => {
    const [one, two] = [createHold(), createHold()];
    const { heldMessages } = createHeldMessages();
    heldMessages.attach(workspaceWith(one.policy, [two.policy, 'block'], one.policy, () => undefined));
    expect(one.hosts).toMatchObject([{ workspaceId: id }]);
    expect(two.hosts).toEqual(one.hosts);
  });

  it('keep their host where the workspace has new policies, and the former ones stay until they are empty', () => {
    const [one, two] = [createHold(), createHold()];
    const { heldMessages } = createHeldMessages();
    const workspace = workspaceWith(one.policy);
    heldMessages.attach(workspace);
    const [host] = one.hosts;
    heldMessages.attach(Object.assign(workspace, { policies: workspaceWith(two.policy).policies }));
    expect([one.hosts, two.hosts]).toEqual([[host], [host]]);
    expect(one.hosts[0]).toBe(host);
  });

  it('go over to the workspace that takes its place, the former ones too', () => {
    const [one, two] = [createHold(), createHold()];
    const { heldMessages } = createHeldMessages();
    heldMessages.attach(workspaceWith(one.policy));
    const [former] = one.hosts;
    heldMessages.attach(workspaceWith(two.policy));
    expect([one.hosts.length, two.hosts.length]).toEqual([1, 1]);
    expect(one.hosts[0]).toBe(two.hosts[0]);
    expect(one.hosts[0]).not.toBe(former);
  });

  it('are woken with the reply, those of former policies too, until the guard is closed', async () => {
    const [one, two] = [createHold(), createHold()];
    const { heldMessages } = createHeldMessages();
    const workspace = workspaceWith(one.policy);
    heldMessages.attach(workspace);
    heldMessages.attach(Object.assign(workspace, { policies: workspaceWith(two.policy).policies }));
    heldMessages.wake(key, reply);
    expect([one.woken, two.woken]).toEqual([[[key, reply]], [[key, reply]]]);
    await heldMessages.close(new Promise(() => {}));
    expect([one.hosts, two.hosts]).toEqual([[], []]);
    heldMessages.wake(key, reply);
    expect([one.woken.length, two.woken.length]).toEqual([1, 1]);
  });
});

describe('a workspace that is evicted', () => {
  const failed = async (): Promise<boolean> => {
    throw new Error('away');
  };

  it.each<[string, () => Promise<boolean>, number]>([
    ['leaves its queues where no message waits', async () => true, 0],
    ['keeps them where a message waits in one', async () => false, 1],
    ['keeps them where a store does not say', failed, 1],
  ])('%s', async (_, isIdle, count) => {
    const [one, two] = [createHold(), createHold(isIdle)];
    const { heldMessages } = createHeldMessages();
    const workspace = workspaceWith([one.policy, two.policy]);
    heldMessages.attach(workspace);
    await heldMessages.drop(workspace);
    expect([one.hosts.length, two.hosts.length]).toEqual([count, count]);
    heldMessages.wake(key);
    expect(one.woken).toHaveLength(count);
  });

  it('asks its stores about itself', async () => {
    const asked: string[] = [];
    const hold = createHold();
    Object.assign(queueOf(hold.policy) ?? {}, { isIdle: async (about: string) => asked.push(about) > 0 });
    const { heldMessages } = createHeldMessages();
    const workspace = workspaceWith(hold.policy);
    heldMessages.attach(workspace);
    await heldMessages.drop(workspace);
    expect(asked).toEqual([id]);
  });

  it('is attached again where it comes back', async () => {
    const hold = createHold();
    const { heldMessages } = createHeldMessages();
    const workspace = workspaceWith(hold.policy);
    heldMessages.attach(workspace);
    await heldMessages.drop(workspace);
    heldMessages.attach(workspace);
    expect(hold.hosts).toHaveLength(1);
  });

  it('stays where it comes back before its stores have answered', async () => {
    const { promise, resolve } = deferred<boolean>();
    const hold = createHold(() => promise);
    const { heldMessages } = createHeldMessages();
    const workspace = workspaceWith(hold.policy);
    heldMessages.attach(workspace);
    const dropped = heldMessages.drop(workspace);
    heldMessages.attach(workspace);
    resolve(true);
    await dropped;
    await turns();
    expect(hold.hosts).toHaveLength(1);
    heldMessages.wake(key);
    expect(hold.woken).toHaveLength(1);
  });

  it('was perhaps not attached, which is no error', async () => {
    const { heldMessages } = createHeldMessages();
    await expect(heldMessages.drop(workspaceWith())).resolves.toBeUndefined();
  });
});

describe('what a queue has of its guard', () => {
  const text = { ...key, contact: { identifierValue: key.address }, message: { body: { type: 'text', text: {} } } };
  const template = { ...text, message: { template: { projectId: id, version: 'latest', locale: 'en' } } };

  function hostOf(known: Known, options: PolicyOptions = {}) {
    const hold = createHold();
    const { heldMessages, decided } = createHeldMessages();
    const posted: unknown[][] = [];
    const workspace = Object.assign(workspaceWith(hold.policy), fakeCase(known).open.workspace, {
      policyFor: () => resolvePolicy(options),
      post: async (...given: unknown[]) => {
        posted.push(given);
        return 'rejected';
      },
    });
    heldMessages.attach(workspace);
    return { host: hold.hosts[0] as DispatchHost, decided, posted };
  }

  const wroteAt = (lastInboundAt: number): Known => ({ fresh: whatsapp, evidence: { lastInboundAt } });
  const optedOut: WindowEvidence = { lastInboundAt: NOW - HOUR, optedOutAt: NOW - HOUR };

  it.each<[string, object, Known, boolean]>([
    ['open where the customer wrote an hour ago', text, wroteAt(NOW - HOUR), true],
    ['not known to be open where it was long ago', text, wroteAt(NOW - 25 * HOUR), false],
    ['not known to be open where nothing is remembered', text, { fresh: whatsapp }, false],
    ['not open for who has opted out', text, { fresh: whatsapp, evidence: optedOut }, false],
    ['not known to be open because a template passes', template, wroteAt(NOW - HOUR), false],
    ['not known to be open for what cannot be read', { workspaceId: id }, wroteAt(NOW - HOUR), false],
  ])('tells it whether a window is open, and that is %s', (_, send, known, isOpen) => {
    expect(hostOf(known).host.isKnownOpen(send as never)).toBe(isOpen);
  });

  it("goes by the channel's policy", () => {
    const known = wroteAt(NOW - 23 * HOUR);
    expect(hostOf(known).host.isKnownOpen(text)).toBe(true);
    expect(hostOf(known, { safetyMarginMs: 2 * HOUR }).host.isKnownOpen(text)).toBe(false);
  });

  it('sends a message by Bird, and says what became of it', async () => {
    const { host, posted } = hostOf({});
    expect(await host.post(text as never)).toBe('rejected');
    expect(posted).toEqual([[text, 20_000]]);
  });

  it("decides within the defaults' deadline, by the guard's clock", async () => {
    const { host, decided } = hostOf({});
    await host.decide(text);
    expect(decided).toMatchObject([[text, { at: NOW - HOUR + 300 }]]);
    expect(host.now()).toBe(NOW);
  });
});
