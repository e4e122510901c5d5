import { describe, expect, it } from 'vitest';
import { decodePath, targetOfPaths } from '../../../src/bird/send/send-path.js';

const SEND = '/workspaces/w/channels/c/messages';
const message = { workspaceId: 'w', channelId: 'c', kind: 'message' };
const batch = { workspaceId: 'w', channelId: 'c', kind: 'batch' };
const reply = { workspaceId: 'w', conversationId: 'c', kind: 'message' };
const conversation = { workspaceId: 'w', kind: 'new conversation' };

/** Node refuses longer heads, but whoever calls the guard by hand may pass on anything. */
const LONG = 65_536;

describe('a path is a send', () => {
  it.each<[name: string, url: string, target: object]>([
    ['as Bird documents it', SEND, message],
    ['below any prefix', `/api/v1${SEND}`, message],
    ['with a query', `${SEND}?x=1`, message],
    ['with a slash at its end', `${SEND}/`, message],
    ['with two slashes', '/workspaces/w/channels//c/messages', message],
    ['with a dot segment', '/workspaces/w/channels/./c/messages', message],
    ['with a segment that is taken back', '/workspaces/w/channels/x/../c/messages', message],
    ['with a backslash', '/workspaces/w/channels/c\\messages', message],
    ['with an encoded letter', '/workspaces/w/channels/c/%6dessages', message],
    ['with a tab, which fetch drops', '/workspaces/w/chan\tnels/c/messages', message],
    ['with a space at its end', `${SEND} `, message],
    ['with upper case', '/Workspaces/w/Channels/c/Messages', message],
    ['with a parameter of a segment', '/workspaces/w/channels;v=1/c/messages', message],
    ['where all after the ; is the query', `${SEND};x/y`, message],
    ['with an extension, which Connect drops', `${SEND}.json`, message],
    ['with a host', `http://api.bird.com${SEND}`, message],
    ['with a host and a port', `h2://api.bird.com:443${SEND}`, message],
    ['behind a long prefix', `//${'x'.repeat(LONG - 40)}${SEND}`, message],
    ['before a long query', `/${SEND}?${'x'.repeat(LONG)}`, message],
    ['of a batch', '/workspaces/w/channels/c/batch/messages', batch],
    ['into a conversation', '/workspaces/w/conversations/c/messages', reply],
    ['that begins a conversation', '/workspaces/w/conversations', conversation],
  ])('%s', (_name, url, target) => {
    expect(targetOfPaths({ url })).toEqual(target);
  });

  it('whose id cannot be one, which the guard then says', () => {
    const url = '/workspaces/w/workspaces/../channels/c/messages';
    expect(targetOfPaths({ url })).toEqual({ workspaceId: '..', channelId: 'c', kind: 'message' });
  });
});

describe('a path is no send', () => {
  it.each<[name: string, url: string]>([
    ['empty', ''],
    ['the last word alone', 'messages'],
    ['without an id', 'workspaces/w/channels/messages'],
    ['of a channel', '/workspaces/w/channels'],
    ['of something else in a workspace', '/workspaces/w/contacts'],
    ['of conversations elsewhere', '/teams/w/conversations'],
    ['with another word at its end', '/workspaces/w/channels/c/xmessages'],
    ['of a batch into a conversation', '/workspaces/w/conversations/c/batch/messages'],
    ['whose parts are in the query', `/?${SEND}`],
    ['that is all query', `?${SEND}`],
    ['whose query begins where an id should be', '/workspaces/?/channels/c/messages'],
    ['whose ids are slashes', '/workspaces///channels/c/messages'],
    ['whose first word is the host', 'http://workspaces/w/channels/c/messages'],
    ['whose first word is the host, over HTTP/2', 'h2://workspaces/w/channels/c/messages'],
    ['whose host ends with the first word', 'http://xworkspaces/w/channels/c/messages'],
    ['with what looks like a host inside', '/workspaces/x://w/channels/c/messages'],
    ['with an id longer than any path', `/workspaces/${'w'.repeat(LONG)}//channels/c/messages`],
  ])('%s', (_name, url) => {
    expect(targetOfPaths({ url })).toBeUndefined();
  });
});

describe('where a request goes', () => {
  it.each<[name: string, paths: Parameters<typeof targetOfPaths>[0], target: object | undefined]>([
    ['below a mount of Express', { url: '/messages', baseUrl: '/workspaces/w/channels/c', originalUrl: SEND }, message],
    ['below a mount, without its original path', { url: '/messages', baseUrl: '/workspaces/w/channels/c' }, message],
    ['below a mount on a send path of Express', { url: '/x', baseUrl: SEND }, message],
    ['below a mount on a send path of Connect', { url: '/x', originalUrl: `${SEND}/x` }, message],
    ['where middleware has rewritten it from a send', { url: '/x', originalUrl: SEND }, message],
    ['where middleware has rewritten it to a send', { url: SEND, originalUrl: '/x' }, message],
    ['where both are no send', { url: '/x', originalUrl: '/y' }, undefined],
    ['where the mount is none', { url: '/x', baseUrl: {} }, undefined],
    ['where nothing is said', {}, undefined],
  ])('counts %s', (_name, paths, target) => {
    expect(targetOfPaths(paths)).toEqual(target);
  });
});

it('what cannot be decoded stays as it is', () => {
  expect(decodePath('a%zz')).toBe('a%zz');
  expect(decodePath('a%ff%2fb')).toBe('a%ff%2fb');
  expect(decodePath('a%2Fb')).toBe('a/b');
});
