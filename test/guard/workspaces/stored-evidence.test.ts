import { describe, expect, it } from 'vitest';
import { noEvidence } from '../../../src/core/service-window.js';
import { readEvidence } from '../../../src/guard/workspaces/stored-evidence.js';

const sent = [
  { id: 'first', at: 1 },
  { id: 'second', at: 2, isLost: true },
];

describe('what a store gives for a window', () => {
  it.each([undefined, null])('is nothing where it is %s', (given) => {
    expect(readEvidence(given)).toBeUndefined();
  });

  it('is read with every field that the guard has stored', () => {
    const given = { lastInboundAt: 5, refusedAt: 4, expiresAt: 6, readFor: 'a contact', optedOutAt: 3, sent };
    expect(readEvidence(given)).toEqual({ ...noEvidence, ...given });
  });

  it('may say null where a field is absent, as databases do', () => {
    const given = { lastInboundAt: 5, refusedAt: null, readFor: null, sent: null };
    expect(readEvidence(given)).toEqual({ ...noEvidence, lastInboundAt: 5 });
  });

  it('is read without what a prototype adds, so that nothing there opens a window', () => {
    expect(readEvidence(Object.create({ lastInboundAt: 5 }))).toEqual(noEvidence);
    const message = Object.assign(Object.create({ id: 'inherited' }), { at: 1 });
    expect(() => readEvidence({ sent: [message] })).toThrow('sent');
  });

  it('may have fields that the guard does not know', () => {
    expect(readEvidence({ lastInboundAt: 5, later: 'more' })).toEqual({ ...noEvidence, lastInboundAt: 5 });
  });

  it.each([
    ['a text', '{"lastInboundAt":5}', 'a string'],
    ['a number', 5, 'a number'],
    ['a list', [5], 'an array'],
  ])('throws that it is no evidence where it is %s', (_, given, kind) => {
    expect(() => readEvidence(given)).toThrow(new TypeError(`the store gave ${kind} in place of evidence`));
  });

  it.each([
    ['lastInboundAt', '5', 'a string'],
    ['refusedAt', Number.NaN, 'a number'],
    ['expiresAt', Number.POSITIVE_INFINITY, 'a number'],
    ['optedOutAt', true, 'a boolean'],
    ['readFor', 5, 'a number'],
    ['sent', 5, 'a number'],
    ['sent', { id: 'first', at: 1 }, 'an object'],
    ['sent', [{ id: 'first', at: 1 }, { at: 1 }], 'an array'],
    ['sent', [{ id: 'first', at: '1' }], 'an array'],
    ['sent', [{ id: 1, at: 1 }], 'an array'],
    ['sent', [null], 'an array'],
  ])('throws an error that names %s where that is %j', (field, value, kind) => {
    const error = new TypeError(`the store gave ${kind} for ${field}, which it is not`);
    expect(() => readEvidence({ refusedAt: 3, [field]: value })).toThrow(error);
  });
});
