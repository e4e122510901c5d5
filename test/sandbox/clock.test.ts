import { describe, expect, it } from 'vitest';
import { START_AT, startSandbox } from './support.js';

describe('the clock', () => {
  it.each([
    ['text', START_AT],
    ['a Date', new Date(START_AT)],
    ['epoch ms', Date.parse(START_AT)],
  ])('starts where startAt says, given as %s', async (_, startAt) => {
    const { clock } = await startSandbox({ startAt });
    expect(clock.now()).toBe(Date.parse(START_AT));
  });

  it('starts at the real now by default', async () => {
    const before = Date.now();
    const { clock } = await startSandbox({ startAt: undefined });
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.now()).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    [{ days: 1 }, 86_400_000],
    [{ hours: 2, minutes: 3 }, 7_380_000],
    [{ seconds: 1.5, milliseconds: 2 }, 1502],
    [{ seconds: undefined }, 0],
    [{}, 0],
    [250, 250],
    [0, 0],
  ])('advances by %j', async (duration, ms) => {
    const { clock } = await startSandbox();
    clock.advance(duration);
    expect(clock.now() - Date.parse(START_AT)).toBe(ms);
  });

  it.each([
    [-1, RangeError, 'duration'],
    [{ hours: -1 }, RangeError, 'duration.hours'],
    [{ days: Number.POSITIVE_INFINITY }, RangeError, 'duration.days'],
    [{ minutes: Number.NaN }, RangeError, 'duration.minutes'],
    [{ minutes: '5' }, TypeError, 'duration.minutes'],
    [{ weeks: 1 }, TypeError, 'duration.weeks'],
    ['1 day', TypeError, 'duration'],
    [null, TypeError, 'duration'],
    [undefined, TypeError, 'duration'],
    [8.64e15, RangeError, 'duration'],
  ])('refuses to advance by %j and stays where it is', async (duration, type, field) => {
    const { clock } = await startSandbox();
    const advance = (): void => clock.advance(duration as number);
    expect(advance).toThrow(type);
    expect(advance).toThrow(field);
    expect(clock.now()).toBe(Date.parse(START_AT));
  });
});

describe('virtual timers', () => {
  it('fire in order of due time, equal ones in the order in which they were set, each at its own instant', async () => {
    const { clock } = await startSandbox();
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, clock.now() - Date.parse(START_AT)]);
    clock.setTimeout(note('late'), 300);
    clock.setTimeout(note('early'), 100);
    clock.setTimeout(note('early too'), 100);
    clock.advance(1000);
    expect(fired).toEqual([
      ['early', 100],
      ['early too', 100],
      ['late', 300],
    ]);
    expect(clock.now() - Date.parse(START_AT)).toBe(1000);
  });

  it('set by a firing timer fire too when they fall due on the way', async () => {
    const { clock } = await startSandbox();
    const firedAt: number[] = [];
    const tick = (): void => {
      firedAt.push(clock.now() - Date.parse(START_AT));
      clock.setTimeout(tick, 400);
    };
    clock.setTimeout(tick, 400);
    clock.advance({ seconds: 1 });
    expect(firedAt).toEqual([400, 800]);
  });

  it.each([
    [99, 0],
    [100, 1],
  ])('of 100 ms: after %d ms fired %d times', async (ms, times) => {
    const { clock } = await startSandbox();
    let fired = 0;
    clock.setTimeout(() => {
      fired += 1;
    }, 100);
    clock.advance(ms);
    expect(fired).toBe(times);
    clock.advance(100);
    expect(fired).toBe(1);
  });

  it.each([0, -5])('of %d ms wait for the next advance', async (ms) => {
    const { clock } = await startSandbox();
    let hasFired = false;
    clock.setTimeout(() => {
      hasFired = true;
    }, ms);
    expect(hasFired).toBe(false);
    clock.advance(0);
    expect(hasFired).toBe(true);
  });

  it('do not fire once cleared, not even when cleared by a timer of the same instant', async () => {
    const { clock } = await startSandbox();
    const fired: string[] = [];
    const first = clock.setTimeout(() => fired.push('first'), 10);
    clock.setTimeout(() => clock.clearTimeout(third), 20);
    const third = clock.setTimeout(() => fired.push('third'), 20);
    clock.clearTimeout(first);
    clock.advance(50);
    expect(fired).toEqual([]);
  });

  it('ignore the clearing of what is no timer', async () => {
    const { clock } = await startSandbox();
    for (const handle of [undefined, null, 7, {}]) expect(() => clock.clearTimeout(handle)).not.toThrow();
  });

  it('survive one that throws: the others fire at the next advance', async () => {
    const { clock } = await startSandbox();
    let hasFired = false;
    clock.setTimeout(() => {
      throw new Error('broken');
    }, 10);
    clock.setTimeout(() => {
      hasFired = true;
    }, 20);
    expect(() => clock.advance(100)).toThrow('broken');
    clock.advance(100);
    expect(hasFired).toBe(true);
  });

  it('may advance the clock themselves, and time never goes back', async () => {
    const { clock } = await startSandbox();
    clock.setTimeout(() => clock.advance(500), 10);
    clock.advance(100);
    expect(clock.now() - Date.parse(START_AT)).toBe(510);
  });

  it.each([
    ['a callback that is none', 'callback', undefined, 1],
    ['a wait that is no number', 'ms', () => {}, Number.NaN],
  ])('refuse %s', async (_, field, callback, ms) => {
    const { clock } = await startSandbox();
    expect(() => clock.setTimeout(callback as () => void, ms)).toThrow(field);
  });
});
