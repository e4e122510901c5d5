import { memoryHeldStore } from 'freeform-guard';
import { expect, it } from 'vitest';
import { describeHeldStore, heldMessage } from '../contracts/held-store.contract.js';

describeHeldStore('memoryHeldStore', () => memoryHeldStore());

it('is full for all windows at max messages, and has room again after a removal', () => {
  const store = memoryHeldStore({ max: 2 });
  const messages = [1, 2, 3].map((number) => heldMessage({ address: `+3161234567${number}` }));
  expect(messages.map((message) => store.add(message, 20))).toEqual(['added', 'added', 'full']);
  void store.remove(messages[0] ?? heldMessage());
  expect(messages.slice(2).map((message) => store.add(message, 20))).toEqual(['added']);
});

it.each([0, -1, 1.5, Number.NaN])('refuses max %d', (max) => {
  expect(() => memoryHeldStore({ max })).toThrow(RangeError);
});
