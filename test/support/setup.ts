// Loaded before every test file.
import { afterEach, expect } from 'vitest';
import { forgetSecrets, takeLeaks } from './canary.js';

// Each file has secrets of its own, also where one process runs several.
forgetSecrets();

afterEach(() => {
  expect(takeLeaks(), 'secrets that were let out').toEqual([]);
});
