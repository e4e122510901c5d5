import { describe, expect, test } from 'vitest';
import { maySend } from '../../src/core/channel-availability.js';

describe('a channel that has the status', () => {
  test.each<[status: unknown, may: boolean | undefined]>([
    ['active', true],
    ['preview', true],
    ['inactive', false],
    ['paused', false],
    ['a status of tomorrow', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j may send: %s', (status, may) => {
    expect(maySend(status)).toBe(may);
  });
});
