import { expect, it } from 'vitest';
import { halfOf, limitsOf, nameOfShared } from '../../src/lookup/patience.js';

const now = { readMs: 800, wait: undefined };
const patient = { readMs: 800, wait: { from: 1_000, until: 61_000 } };

it('a read that somebody waits for now is given up after its own time', () => {
  expect(limitsOf(now, 5_000)).toEqual({ giveUpAt: 5_800, patientMs: undefined });
});

it('a read that nobody waits for now may wait for its turn, and has its own time from then', () => {
  expect(limitsOf(patient, 5_000)).toEqual({ giveUpAt: 61_000, patientMs: 800 });
});

it('half of it leaves the other half for what comes after', () => {
  expect(halfOf(now)).toEqual({ readMs: 400, wait: undefined });
  expect(halfOf(patient)).toEqual({ readMs: 400, wait: { from: 1_000, until: 31_000 } });
});

it('a read that somebody waits for does not wait for one that gives way to others', () => {
  expect(nameOfShared('a', limitsOf(now, 0))).toBe('a');
  expect(nameOfShared('a', limitsOf(patient, 0))).not.toBe('a');
});
