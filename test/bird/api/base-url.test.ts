import { describe, expect, it } from 'vitest';
import { cureOfBaseUrl, isBaseUrl, isLoopback, isLoopbackOrHttps } from '../../../src/bird/api/base-url.js';

describe('the access key may be sent to', () => {
  it.each([
    'https://api.bird.com',
    'https://proxy.example/bird',
    'http://localhost:3000',
    'http://[::1]:3000',
    'http://127.0.0.1:3000',
  ])('%s', (url) => {
    expect([isLoopbackOrHttps(url), isBaseUrl(url)]).toEqual([true, true]);
  });
});

describe('the access key may not be sent to', () => {
  it.each([
    ['no URL', 'api.bird.com'],
    ['http', 'http://api.bird.com'],
    ['another protocol on loopback', 'ftp://localhost'],
    ['a name that begins like loopback', 'http://127.0.0.1.example'],
    ['a user', 'https://user@api.bird.com'],
    ['a password alone', 'https://:secret@api.bird.com'],
    ['a user and a password', 'https://user:secret@api.bird.com'],
    ['a query', 'https://api.bird.com/?a=b'],
    ['an empty query', 'https://api.bird.com/?'],
    ['an empty fragment', 'https://api.bird.com/#'],
  ])('%s', (_name, url) => {
    expect([isLoopbackOrHttps(url), isBaseUrl(url)]).toEqual([false, false]);
  });
});

describe('a path of the API', () => {
  it.each([
    'https://api.bird.com/workspaces',
    'https://api.bird.com/workspaces/',
    'https://api.bird.com/Workspaces/1/channels/2',
    'https://proxy.example/bird/workspaces/1',
  ])('is refused with the cure: %s', (url) => {
    expect([isBaseUrl(url), isLoopbackOrHttps(url)]).toEqual([false, true]);
    expect(cureOfBaseUrl(url)).toContain('/workspaces');
  });

  it.each([
    'https://api.bird.com',
    'https://proxy.example/workspaces-of-bird',
    'https://workspaces',
    'workspaces',
    '/workspaces/1',
    undefined,
    7,
    new URL('https://api.bird.com/workspaces'),
  ])('is not what is wrong with %s', (url) => {
    expect(cureOfBaseUrl(url)).toBeUndefined();
  });

  it('is no other that begins with the same word', () => {
    expect(isBaseUrl('https://proxy.example/workspaces-of-bird')).toBe(true);
  });
});

describe('a host', () => {
  it.each(['localhost', '[::1]', '127.0.0.1', '127.255.255.254'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['', 'api.bird.com', 'localhost.example', '128.0.0.1', '127.0.0.1.example', 'x127.0.0.1', '[::2]'])(
    '%j is not',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
