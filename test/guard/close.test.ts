import { holdUntilReply, type ReleasedMessage } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { createSmallWorld } from '../support/service.js';
import { PHONE, type World } from '../support/world.js';
import { holdAnswers, turns } from './support.js';

/** Whether a promise has settled, after everything that can happen by itself. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await turns(20);
  return settled;
}

function reply({ guard, workspace, channel, sandbox }: World): void | Promise<void> {
  const told = { workspaceId: workspace.id, channelId: channel.id, address: PHONE, at: sandbox.clock.now() };
  return guard.observeInbound({ ...told, text: 'Yes' });
}

describe('close', () => {
  it('of a guard at rest settles at once', async () => {
    const world = await createSmallWorld();
    await world.guard.check(world.send());
    await world.guard.close();
    await world.guard.close({ timeoutMs: 0 });
    expect(await world.guard.check(world.send())).toMatchObject({ decision: { reason: 'lookup_failed' } });
  });

  it('stops what comes later at once, and waits for the decisions and reads under way [R16]', async () => {
    const world = await createSmallWorld();
    const reads = holdAnswers(world.sandbox, 'channel');
    const outcome = world.guard.check(world.send());
    const answer = await reads.next();
    const closed = world.guard.close();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'none' });
    expect(await isSettled(closed)).toBe(false);
    answer();
    await closed;
    expect((await outcome).decision.reason).toBe('service_window_closed');
  });

  it('waits no longer than it is told [R16]', async () => {
    const world = await createSmallWorld();
    const reads = holdAnswers(world.sandbox, 'channel');
    void world.guard.check(world.send());
    const answer = await reads.next();
    const closed = world.guard.close({ timeoutMs: 100 });
    world.sandbox.clock.advance(99);
    expect(await isSettled(closed)).toBe(false);
    world.sandbox.clock.advance(1);
    await closed;
    answer();
  });

  it('waits for a held message that is being sent, and does not count it as lost', async () => {
    const sent: ReleasedMessage[] = [];
    let finish = (): void => {};
    const release = (message: ReleasedMessage): Promise<void> => {
      sent.push(message);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const world = await createSmallWorld({ workspace: { onClosed: holdUntilReply({ release }) } });
    await world.guard.check(world.send());
    await reply(world);
    await expect.poll(() => sent.length).toBe(1);
    const closed = world.guard.close();
    expect(await isSettled(closed)).toBe(false);
    finish();
    await closed;
    expect(world.logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it.each([0, 1000])('says how many held messages are lost, by %i ms', async (timeoutMs) => {
    const onClosed = holdUntilReply({ release: () => new Promise<never>(() => {}) });
    const world = await createSmallWorld({ workspace: { onClosed } });
    await world.guard.check(world.send());
    await reply(world);
    await turns(5);
    const closed = world.guard.close({ timeoutMs });
    world.sandbox.clock.advance(timeoutMs);
    await closed;
    expect(world.logs.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        fields: { workspaceId: world.workspace.id, count: 1 },
        text: 'Guard closed while messages are held in memory only',
      },
    ]);
  });

  it.each<[unknown, string]>([
    [{ timeoutMs: -1 }, 'close.timeoutMs must be a number of milliseconds from 0 to 600000; received the number -1'],
    [{ timeoutMs: '5 s' }, 'close.timeoutMs must be a number of milliseconds from 0 to 600000; received a string'],
    [{ timeout: 5 }, 'close.timeout is not a valid option; valid options are timeoutMs'],
    [5, 'close: options must be a plain object; received the number 5'],
  ])('refuses %j, and closes nothing', async (options, message) => {
    const world = await createSmallWorld();
    await expect(world.guard.close(options as never)).rejects.toThrow(message);
    expect((await world.guard.check(world.send())).decision.reason).toBe('service_window_closed');
  });
});
