import assert from 'node:assert/strict';
import fc from 'fast-check';
import { normaliseAddress } from '../../../src/bird/send/address.js';
import { targetOfPaths } from '../../../src/bird/send/send-path.js';
import { toId, toRecurringId } from '../../../src/core/uuid.js';
import { withChannel } from '../../../src/http/request/rewrite.js';
import { asyncProperty, type Property, property } from '../property.js';
import { CHANNEL, CONTACT, idLike, PHONE, WORKSPACE } from '../values/ids.js';
import { oddTexts, text } from '../values/json.js';
import { createWorld } from '../values/world.js';

const kinds = ['channels', 'conversations'] as const;
type Kind = (typeof kinds)[number];

/** A word as a URL may have it: in any case, and with characters that are encoded. */
function spelt(word: string): fc.Arbitrary<string> {
  return fc.array(fc.nat(5), { minLength: word.length, maxLength: word.length }).map((choices) =>
    [...word]
      .map((sign, index) => {
        const code = sign.charCodeAt(0).toString(16);
        switch (choices[index]) {
          case 0:
            return sign.toUpperCase();
          case 1:
            return `%${code}`;
          case 2:
            return `%${code.toUpperCase()}`;
          default:
            return sign;
        }
      })
      .join(''),
  );
}

const slash = fc.constantFrom('/', '/', '/', '//', '/./', '/x/../', '\\', '/%2e/', '/a/%2E%2e/', '/\t');
const ends = fc.constantFrom(
  `/${CHANNEL}/..`,
  '',
  '',
  '/',
  '//',
  '/.',
  '?a=/x',
  '#x',
  '/?',
  '%2F',
  '/x/..',
  '?'.repeat(3),
  ' ',
);
const starts = fc.constantFrom(
  `/channels/${CHANNEL}`,
  '',
  '',
  '/api',
  '/v1/workspaces/x',
  'http://127.0.0.1',
  'HTTP://example.com:80',
);

interface Spelling {
  readonly url: string;
  readonly kind: Kind;
  readonly isBatch: boolean;
}

/** A send's URL in one of its spellings. */
const spelling: fc.Arbitrary<Spelling> = fc
  .tuple(fc.constantFrom(...kinds), fc.boolean(), starts, fc.array(slash, { minLength: 5, maxLength: 6 }), ends)
  .chain(([kind, isChosen, start, slashes, end]) => {
    const isBatch = isChosen && kind === 'channels';
    const words = ['workspaces', WORKSPACE, kind, CHANNEL, ...(isBatch ? ['batch'] : []), 'messages'];
    return fc.tuple(...words.map(spelt)).map((parts) => ({
      url: start + parts.map((part, index) => (slashes[index] ?? '/') + part).join('') + end,
      kind,
      isBatch,
    }));
  });

const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('workspaces', 'channels', 'conversations', 'messages', 'batch', 'Messages') },
  { weight: 2, arbitrary: fc.constantFrom(WORKSPACE, CHANNEL, '..', '.', '', '%2e%2e', '%2F', '%5c', '\\', '?', '#') },
  { weight: 1, arbitrary: text },
);
/** Anything that looks like a URL. */
const soup = fc.oneof(
  fc.array(part, { maxLength: 12 }).map((parts) => `/${parts.join('/')}`),
  fc.tuple(spelling, fc.nat(200), text).map(([{ url }, at, odd]) => url.slice(0, at) + odd + url.slice(at)),
);

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SEND = new RegExp(`/workspaces/${uuid}/(?:channels/${uuid}/(?:batch/)?|conversations/${uuid}/)messages/?$`, 'i');

/** Whether `fetch` would send to a path of Bird's sends. */
function isSendForFetch(url: string): boolean {
  if (!URL.canParse(url, 'http://127.0.0.1')) return false;
  const { pathname } = new URL(url, 'http://127.0.0.1');
  try {
    return SEND.test(decodeURIComponent(pathname).replace(/\/+/g, '/'));
  } catch {
    return false;
  }
}

const digits = fc.stringMatching(/^[1-9]\d{6,13}$/);
const separator = fc.constantFrom('', '', '', ' ', '-', '.', '/', '\u00a0', '\u2011', '\u200e', '\u202c');
const wide = (number: string): string =>
  [...number].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('');

/** A phone number, written in two ways. */
const number = fc
  .tuple(digits, fc.array(separator, { minLength: 16, maxLength: 16 }), fc.constantFrom('+', '00', '＋', 'tel:+', ' +'))
  .map(([plain, separators, plus]) => ({
    plain: `+${plain}`,
    other: plus + [...plain].map((digit, index) => digit + (separators[index] ?? '')).join(''),
    wide: `+${wide(plain)}`,
  }));

const anyText = fc.oneof(
  { weight: 6, arbitrary: text },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.constantFrom(...oddTexts, '+316', '0', ' (0) '), { maxLength: 6 })
      .map((all) => all.join('')),
  },
  { weight: 1, arbitrary: fc.tuple(text, fc.integer({ min: 1, max: 600 })).map(([one, times]) => one.repeat(times)) },
);

/** All that may be asked of Bird. */
const asked = new RegExp(
  `^/workspaces/${uuid}/(?:channels/${uuid}(?:/contacts/${uuid})?|contacts/search|conversations/${uuid}|contacts/${uuid}/identifiers)$`,
);

/** The contact is known, and its window is not. */
const world = createWorld({
  bird: (path) => {
    if (path.endsWith('/search')) return { body: { results: [{ id: CONTACT }] } };
    return /\/channels\/[^/]+$/.test(path) ? { body: { platformId: 'whatsapp' } } : { status: 404 };
  },
});

function expectAsked(text: string): void {
  const { origin, pathname, searchParams } = new URL(text);
  assert.equal(origin, 'https://api.bird.com');
  // What was meant, and what `fetch` goes to, are the same.
  assert.equal(text.split('?')[0], origin + pathname);
  assert.match(pathname, asked);
  for (const name of searchParams.keys()) assert.match(name, /^(?:contactIdentifierValue|limit)$/);
}

const address = fc.oneof(anyText, fc.constantFrom(PHONE, '../../channels', '?contactIdentifierValue=x', '&a=b', '#'));
const askingSend = fc.record({
  workspaceId: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(WORKSPACE, WORKSPACE.toUpperCase()) },
    { weight: 1, arbitrary: idLike },
  ),
  channelId: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(CHANNEL, CHANNEL.toUpperCase()) },
    { weight: 2, arbitrary: idLike },
  ),
  contact: fc.oneof(
    fc.record({ id: idLike }),
    fc.record({ identifierKey: anyText, identifierValue: address }),
    fc.record({ id: idLike, identifierValue: address, platformAddress: address }),
  ),
});

export const paths: readonly Property[] = [
  property('a send is found in each of its spellings', 1_500, spelling, ({ url, kind, isBatch }) => {
    const target = targetOfPaths({ url }) ?? assert.fail('not found');
    assert.equal(target.workspaceId.toLowerCase(), WORKSPACE);
    const id = kind === 'channels' ? target.channelId : target.conversationId;
    assert.equal(id?.toLowerCase(), CHANNEL);
    assert.equal(target.kind, isBatch ? 'batch' : 'message');
  }),

  property('what fetch would send is guarded, whatever the URL looks like', 3_000, soup, (url) => {
    if (!isSendForFetch(url)) return;
    const { workspaceId, channelId, conversationId } = targetOfPaths({ url }) ?? assert.fail('not found');
    assert.notEqual(toId(workspaceId), undefined);
    assert.notEqual(toId(channelId ?? conversationId), undefined);
  }),

  property(
    'a URL that is given another channel leads there and nowhere else',
    1_000,
    fc.oneof(
      spelling.map(({ url }) => url),
      soup,
    ),
    (url) => {
      const changed = withChannel(url, { from: CHANNEL, to: CONTACT });
      const before = targetOfPaths({ url });
      if (changed === undefined || before?.channelId === undefined || toId(before.channelId) !== CHANNEL) return;
      assert.deepEqual(targetOfPaths({ url: changed }), { ...before, channelId: CONTACT });
    },
  ),

  property(
    'two spellings of a number are one address, and two numbers are two',
    3_000,
    fc.tuple(number, number),
    ([one, two]) => {
      assert.equal(normaliseAddress(one.other, 'phonenumber'), one.plain);
      assert.equal(normaliseAddress(one.wide, undefined), one.plain);
      assert.equal(
        normaliseAddress(one.other, undefined) === normaliseAddress(two.other, undefined),
        one.plain === two.plain,
      );
    },
  ),

  property(
    'an address stays as it is when it is read again',
    12_000,
    fc.tuple(anyText, fc.constantFrom('phonenumber', 'emailaddress', undefined)),
    ([value, kind]) => {
      const once = normaliseAddress(value, kind);
      if (once === undefined) return;
      assert.equal(normaliseAddress(once, kind), once);
      assert.equal(once, once.trim());
      assert.doesNotThrow(() => encodeURIComponent(once));
    },
  ),

  property(
    'an id is a UUID in lower case, or none',
    9_000,
    fc.oneof(idLike, text, fc.string({ unit: 'binary', minLength: 36, maxLength: 36 })),
    (value) => {
      const id = toId(value);
      assert.equal(toRecurringId(value), id);
      const plain =
        /^[0-9a-f-]{36}$/.test(value.toLowerCase()) &&
        value
          .split('-')
          .map(({ length }) => length)
          .join() === '8,4,4,4,12';
      // U+212A and the like have a lower case in ASCII, and are not in a UUID.
      const isAscii = [...value].every((sign) => sign < '\u0080');
      assert.equal(id, plain && isAscii ? value.toLowerCase() : undefined);
    },
  ),

  asyncProperty('Bird is asked for paths of UUIDs, whatever a send names', 120, askingSend, async (send) => {
    world.urls.length = 0;
    world.guard.forget({ workspaceId: WORKSPACE });
    const { decision } = await world.settled(world.guard.check(send));
    assert.notEqual(decision.verdict, 'deny');
    world.urls.forEach(expectAsked);
  }),
];
