import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isUuid, toId, toRecurringId } from '../../src/core/uuid.js';

const ID = 'aaaaaaaa-1111-4111-8111-111111111111';
const numbered = (number: number): string => `${String(number).padStart(8, '0')}-1111-4111-8111-111111111111`;

describe('an id of Bird', () => {
  test.each([toId, toRecurringId])('is a UUID, in lower case: $name', (read) => {
    for (const value of [ID, ID.toUpperCase()]) {
      expect(isUuid(value)).toBe(true);
      expect(read(value)).toBe(ID);
      expect(read(value)).toBe(ID);
    }
  });

  test.each<[name: string, value: unknown]>([
    ['a path', '..'],
    ['empty', ''],
    ['a UUID and more', `${ID}/..`],
    ['a UUID and a newline', `${ID}\n`],
    ['a space and a UUID', ` ${ID}`],
    ['a UUID without hyphens', ID.replaceAll('-', '')],
    ['a UUID with a letter that is no digit', ID.replace('a', 'g')],
    ['a UUID in a list', [ID]],
    ['a UUID as a String object', Object(ID)],
    ['a number', 1],
    ['null', null],
    ['undefined', undefined],
  ])('is not %s, which may become part of a path', (_name, value) => {
    expect(isUuid(value)).toBe(false);
    expect(toId(value)).toBeUndefined();
    expect(toRecurringId(value)).toBeUndefined();
  });
});

describe('an id that comes again with each send', () => {
  let next = 0;

  test('is the same, and costs no second look', () => {
    expect(toRecurringId(ID)).toBe(ID);
    const exec = vi.spyOn(RegExp.prototype, 'exec');
    onTestFinished(() => exec.mockRestore());
    expect(toRecurringId(ID)).toBe(ID);
    expect(exec).not.toHaveBeenCalled();
  });

  test('is forgotten with all others once there are 10 000, so that ids of any number take no more memory', () => {
    const clear = vi.spyOn(Map.prototype, 'clear');
    onTestFinished(() => clear.mockRestore());
    // Other ids each time that the test is repeated: those that are known take no room.
    const readNext = (): void => {
      expect(toRecurringId(numbered(next))).toBe(numbered(next));
      next += 1;
    };
    // Other tests in the same process may have left some.
    for (let count = 0; count <= 10_000 && clear.mock.calls.length === 0; count += 1) readNext();
    expect(clear).toHaveBeenCalledTimes(1);
    for (let count = 1; count < 10_000; count += 1) readNext();
    expect(clear).toHaveBeenCalledTimes(1);
    readNext();
    expect(clear).toHaveBeenCalledTimes(2);
  });
});
