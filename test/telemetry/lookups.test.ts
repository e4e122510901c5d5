import { type ChannelListener, tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordLetOut } from '../support/canary.js';
import { createSmallWorld } from '../support/service.js';

interface Published {
  readonly phase: string;
  readonly message: Record<string, unknown>;
}

/** What is published from now on, as it was at that moment. */
function record(): Published[] {
  const published: Published[] = [];
  const on =
    (phase: string): ChannelListener =>
    (message) => {
      recordLetOut(`tracing ${phase}`, message);
      published.push({ phase, message: { ...(message as object) } });
    };
  const phases = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
  const subscribers = Object.fromEntries(phases.map((phase) => [phase, on(phase)]));
  const channel = tracingChannel('freeform-guard:lookup');
  channel.subscribe(subscribers as never);
  onTestFinished(() => channel.unsubscribe(subscribers as never));
  return published;
}

describe('the tracing channel freeform-guard:lookup', () => {
  it('has each request to Bird, without what was asked and answered', async () => {
    const world = await createSmallWorld();
    const published = record();
    await world.guard.check(world.send());
    const { workspace, channel } = world;
    const phases = ['start', 'end', 'asyncStart', 'asyncEnd'];
    const kinds = ['channel', 'contactId', 'window'];
    expect(published.map(({ phase, message }) => [message.kind, phase])).toEqual(
      kinds.flatMap((kind) => phases.map((phase) => [kind, phase])),
    );
    expect(published[0]?.message).toEqual({ workspaceId: workspace.id, channelId: channel.id, kind: 'channel' });
    expect(published.at(-1)?.message).toEqual({
      ...{ workspaceId: workspace.id, channelId: channel.id, kind: 'window' },
      ...{ outcome: 'answered', result: undefined },
    });
    expect(published[4]?.message).toEqual({ workspaceId: workspace.id, channelId: undefined, kind: 'contactId' });
  });

  it('has errors by their reason, without their cause', async () => {
    const cause = new Error(`no route to ${'+31612345678'}`);
    const world = await createSmallWorld({ guard: { fetch: () => Promise.reject(cause) } });
    const published = record();
    expect((await world.guard.check(world.send())).decision.reason).toBe('lookup_failed');
    const errors = published.filter(({ phase }) => phase === 'error');
    expect(errors.length).toBeGreaterThan(0);
    for (const { message } of errors) {
      expect(message).toMatchObject({ outcome: 'lookup_failed', error: { code: 'lookup_failed', cause: undefined } });
    }
  });

  it('changes no decision', async () => {
    const world = await createSmallWorld();
    record();
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_closed');
    world.customerWrites();
    expect((await world.guard.check(world.send())).decision.verdict).toBe('allow');
  });
});
