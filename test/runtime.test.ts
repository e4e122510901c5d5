import { createGuard, holdUntilReply } from 'freeform-guard';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSystemClock, steadyClock, systemClock } from '../src/clock.js';

function withGlobal(name: string, value: unknown): void {
  vi.stubGlobal(name, value);
  onTestFinished(() => void vi.unstubAllGlobals());
}

const clock = { now: () => 0, setTimeout: () => 0, clearTimeout: () => undefined };

describe('a runtime that cannot do what a guard needs (field C6)', () => {
  it.each(['fetch', 'AbortController', 'TextDecoder', 'structuredClone', 'setTimeout'])(
    'is told at creation that it has no %s',
    (name) => {
      withGlobal(name, undefined);
      expect(() => createGuard({ workspaces: {} })).toThrow(
        new TypeError(`This runtime has no ${name}, which createGuard needs`),
      );
    },
  );

  it('needs no fetch where the user brings one, and no clock either', () => {
    withGlobal('fetch', undefined);
    withGlobal('setTimeout', undefined);
    const fetch = async (): Promise<Response> => new Response();
    expect(() => createGuard({ workspaces: {}, fetch })).toThrow('has no setTimeout');
    createGuard({ workspaces: {}, fetch, clock }).close();
  });

  it('is told at creation that nothing can be held without crypto', () => {
    withGlobal('crypto', undefined);
    expect(() => holdUntilReply()).toThrow('This runtime has no crypto.randomUUID, which holdUntilReply needs');
    createGuard({ workspaces: {}, clock }).close();
  });
});

describe('a runtime without node:diagnostics_channel', () => {
  it('decides as any other, and tells onDecision', async () => {
    const getModule = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    onTestFinished(() => getModule.mockRestore());
    const onDecision = vi.fn();
    const guard = createGuard({ workspaces: () => undefined, clock, onDecision });
    const { action } = await guard.check({ workspaceId: 'none', channelId: 'none', contact: {} });
    expect([action, onDecision.mock.calls.length]).toEqual(['send', 1]);
    expect(getModule).toHaveBeenCalledWith('node:diagnostics_channel');
  });
});

describe('the default clock (field C6)', () => {
  it('takes the timers of a runtime where they are numbers, as on Cloudflare Workers', () => {
    const clearTimer = vi.fn();
    withGlobal('setTimeout', () => 7);
    withGlobal('clearTimeout', clearTimer);
    const handle = systemClock.setTimeout(() => undefined, 1);
    systemClock.clearTimeout(handle);
    expect(clearTimer).toHaveBeenCalledExactlyOnceWith(7);
  });

  it("does not keep Node's process alive by a timer [R16]", () => {
    const timer = systemClock.setTimeout(() => undefined, 60_000) as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    systemClock.clearTimeout(timer);
  });

  it('keeps the time on Cloudflare Workers, where performance.now() leaps from 0 to the wall time after loading', () => {
    let isLoaded = false;
    const now = (): number => (isLoaded ? Date.now() : 0);
    const clock = steadyClock(createSystemClock({ timeOrigin: 0, now }));
    isLoaded = true;
    const [before, shown, after] = [Date.now(), clock.now(), Date.now()];
    expect(shown).toBeGreaterThanOrEqual(before);
    expect(shown).toBeLessThanOrEqual(after);
  });

  it('is monotonic on Node, and needs no performance', () => {
    expect(systemClock.monotonic?.()).toBeGreaterThan(0);
    expect(createSystemClock(undefined).monotonic).toBeUndefined();
  });
});
