// Loaded before every test file.
import { afterEach, expect } from 'vitest';
import { takeLeaks } from './canary.js';

afterEach(() => {
  expect(takeLeaks(), 'secrets that were let out').toEqual([]);
});
