import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress, readRecipient } from '../../../src/bird/send/address.js';
import { timesAsLong } from '../../support/times-as-long.js';

const ID = '11111111-1111-4111-8111-11111111111a';
const PHONE = '+12025550123';

describe('normaliseAddress', () => {
  it.each([
    [PHONE, undefined, PHONE],
    [' +1 (202) 555-0123 ', undefined, PHONE],
    ['+1.202.555.0123', undefined, PHONE],
    ['+1/202/555/0123', undefined, PHONE],
    ['+1\u00a0202\u2011555\u20130123', undefined, PHONE],
    ['\u202a+1 202 555 0123\u202c', undefined, PHONE],
    ['\ufeff+12025550123', undefined, PHONE],
    ['0012025550123', undefined, PHONE],
    ['00 1 202 555 0123', 'phonenumber', PHONE],
    ['＋１２０２５５５０１２３', undefined, PHONE],
    ['+¹2025550123', undefined, '+12025550123'],
    ['12025550123', 'phonenumber', PHONE],
    // Digits alone may be a page-scoped id.
    ['12025550123', undefined, '12025550123'],
    ['12025550123', 'facebookid-1', '12025550123'],
    ['+0123456', 'phonenumber', '+0123456'],
    ['+12345', 'phonenumber', '+12345'],
    ['+1234567890123456', 'phonenumber', '+1234567890123456'],
    ['112', 'phonenumber', '112'],
    ['Ada Lovelace', undefined, 'Ada Lovelace'],
    ['  Ada  ', undefined, 'Ada'],
    ['jo@example.com', 'emailaddress', 'jo@example.com'],
    ['Jo@Example.com', 'emailaddress', 'Jo@Example.com'],
    ['Andre\u0301', undefined, 'Andr\u00e9'],
    ['e\u200b\u0301', 'phonenumber', 'e\u200b\u0301'],
    ['constructor', undefined, 'constructor'],
    ['__proto__', undefined, '__proto__'],
    ['x'.repeat(512), undefined, 'x'.repeat(512)],
  ])('%j under %s is %j', (value, key, expected) => {
    expect(normaliseAddress(value, key)).toBe(expected);
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    '\t\n',
    7,
    12025550123,
    true,
    {},
    [PHONE],
    'x'.repeat(513),
    '\ud800',
    'a\udc00b',
    '+1202555\ud83d0123',
  ])('%j is no address', (value) => {
    expect(normaliseAddress(value, 'phonenumber')).toBeUndefined();
    expect(normaliseAddress(value, undefined)).toBeUndefined();
  });

  it.each([
    ['+31 (0)6 1234 5678', '+31612345678'],
    ['+31(0)612345678', '+31612345678'],
    ['0031 (0) 6 12345678', '+31612345678'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    ['+39 (0)6 1234 5678', '+390612345678'],
    ['+ 44 (0)20 7946 0958', '+442079460958'],
    ['+1 (0)202 555 0123', '+12025550123'],
    ['+353 (0)86 123 4567', '+353861234567'],
    // Only after the country code is it no part of the number.
    ['+12 0031 (0)612345', '+1200310612345'],
    ['+39 06 1234 5678', '+390612345678'],
    ['+390 1 234 5678', '+39012345678'],
    ['tel:+31-6-1234-5678', '+31612345678'],
    ['+1 (202) 555-0123', '+12025550123'],
    ['+1 (800) 555-0100', '+18005550100'],
  ])('%s is %s under any key (field A5)', (written, number) => {
    for (const key of ['phonenumber', undefined, 'whatsappid']) expect(normaliseAddress(written, key)).toBe(number);
  });

  it.each([
    'US.13491208655302741918',
    '12025550123-1600000000@g.us',
    'acme-support',
    'acme.support (sales)',
    '+1 202 555 0123 ext. 5',
    '00',
    '0612345678',
    '+0612345678',
    '+1234567890123456',
    '(tel:+31612345678)',
  ])('%s is no phone number and stays as it was written, under any key (field A5)', (written) => {
    for (const key of ['phonenumber', undefined, 'whatsappid']) expect(normaliseAddress(written, key)).toBe(written);
  });

  it.each(['-', '( )', '\u200e', '\ufe58'])('%j is no phone number: nothing would be left of it', (value) => {
    expect(normaliseAddress(value, 'phonenumber')).toBeUndefined();
  });

  const digits = fc
    .tuple(
      fc.constantFrom(...'123456789'),
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 14 }),
    )
    .map(([first, rest]) => first + rest);
  const separator = fc.constantFrom('', '', '', ' ', '-', '.', '(', ')', '/', '\u00a0', '\u2011', '\u200e', '\u2009');
  /** Another way to write the same number. */
  const spelling = (number: string): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.constantFrom('+', '00', '＋'),
        fc.array(separator, { minLength: number.length + 1, maxLength: number.length + 1 }),
        fc.boolean(),
      )
      .map(([plus, separators, isWide]) => {
        const shown = [...number].map((digit) => (isWide ? String.fromCodePoint(0xff10 + Number(digit)) : digit));
        // Two zeros stand for the plus only where nothing is between them.
        return plus + shown.map((digit, index) => `${separators[index]}${digit}`).join('') + separators.at(-1);
      })
      // A zero in brackets is not part of the number.
      .filter((spelt) => !/\([0０]\)/.test(spelt));
  const key = fc.constantFrom('phonenumber', undefined);

  it('of a text that only its compatible form makes too long, there is none', () => {
    expect(normaliseAddress('\ufdfa'.repeat(28), undefined)).toHaveLength(504);
    expect(normaliseAddress('\ufdfa'.repeat(29), undefined)).toBeUndefined();
  });

  it('property: all spellings of a number are one [R6, S20]', () => {
    fc.assert(
      fc.property(
        digits.chain((number) => fc.tuple(fc.constant(number), spelling(number), key)),
        ([number, spelt, by]) => {
          expect(normaliseAddress(spelt, by)).toBe(`+${number}`);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('property: the spellings of two numbers are two [R6, S20]', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(digits, digits)
          .filter(([one, other]) => one !== other)
          .chain(([one, other]) => fc.tuple(spelling(one), spelling(other), key)),
        ([one, other, by]) => {
          expect(normaliseAddress(one, by)).not.toBe(normaliseAddress(other, by));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('property: what is normalised stays as it is, can be encoded, is trimmed and not empty', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }));
    fc.assert(
      fc.property(text, fc.constantFrom('phonenumber', undefined, 'emailaddress'), (value, by) => {
        const address = normaliseAddress(value, by);
        if (address === undefined) return;
        expect(address).not.toBe('');
        expect(address).toBe(address.trim());
        expect(decodeURIComponent(encodeURIComponent(address))).toBe(address);
        expect(normaliseAddress(address, by)).toBe(address);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['brackets', '('.repeat(512)],
    ['zeros', '0'.repeat(512)],
    ['what swells when it is normalised', '\ufdfa'.repeat(512)],
    ['a megabyte', '+1'.repeat(500_000)],
  ])('takes no time for %s [S10]', (_, value) => {
    const characters = [...'0'.repeat(100_000)];
    const normalise = (): unknown => normaliseAddress(value, 'phonenumber');
    expect(timesAsLong(normalise, () => characters.join(''))).toBeLessThan(10);
  });
});

describe('readRecipient', () => {
  const byPhone = { key: 'phonenumber', value: PHONE };

  it.each([
    ['an id', { id: ID.toUpperCase() }, { contactId: ID, identifier: undefined, address: undefined }],
    ['a number', { identifierValue: PHONE }, { contactId: undefined, identifier: byPhone, address: PHONE }],
    [
      'a number with its key',
      { identifierKey: 'phonenumber', identifierValue: '1 202 555 0123' },
      { contactId: undefined, identifier: byPhone, address: PHONE },
    ],
    [
      'an address with @',
      { identifierValue: 'jo@example.com' },
      {
        contactId: undefined,
        identifier: { key: 'emailaddress', value: 'jo@example.com' },
        address: 'jo@example.com',
      },
    ],
    ['an id and a number', { id: ID, identifierValue: PHONE }, { contactId: ID, identifier: byPhone, address: PHONE }],
    [
      'a list of one',
      { identifiers: [{ identifierKey: 'phonenumber', identifierValue: PHONE }] },
      { contactId: undefined, identifier: byPhone, address: PHONE },
    ],
    [
      'a list of the same',
      { identifierValue: PHONE, identifiers: [{ identifierKey: 'phonenumber', identifierValue: '+1 202 555 0123' }] },
      { contactId: undefined, identifier: byPhone, address: PHONE },
    ],
    [
      'an empty list',
      { identifierValue: PHONE, identifiers: [] },
      { contactId: undefined, identifier: byPhone, address: PHONE },
    ],
    [
      'nulls for what is absent',
      {
        id: null,
        identifierKey: null,
        identifierValue: PHONE,
        identifiers: null,
        platformAddress: null,
        platformAddressSelector: null,
      },
      { contactId: undefined, identifier: byPhone, address: PHONE },
    ],
    [
      'an id and a key',
      { id: ID, identifierKey: 'phonenumber' },
      { contactId: ID, identifier: undefined, address: undefined },
    ],
    [
      'an address of its own under a key',
      { identifierKey: 'phonenumber', platformAddress: '12025550123' },
      { contactId: undefined, identifier: byPhone, address: PHONE },
    ],
    [
      'an address of its own',
      { id: ID, identifierValue: PHONE, platformAddress: '+1 202 555 0199' },
      { contactId: ID, identifier: byPhone, address: '+12025550199' },
    ],
  ])('reads %s [R2]', (_, contact, expected) => {
    expect(readRecipient(contact)).toEqual(expected);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', PHONE],
    ['a list', [{ identifierValue: PHONE }]],
    ['an empty object', {}],
    ['a key alone', { identifierKey: 'phonenumber' }],
    ['a selector', { id: ID, platformAddressSelector: 'x' }],
    ['an empty selector', { id: ID, platformAddressSelector: '' }],
    ['two identifiers', { id: ID, identifiers: [{ identifierValue: PHONE }, { identifierValue: PHONE }] }],
    ['an identifier that is none', { id: ID, identifiers: [{}, {}] }],
    ['a list that is no list', { id: ID, identifiers: 'x' }],
    ['two that differ', { id: ID, identifierValue: PHONE, identifiers: [{ identifierValue: '+12025550199' }] }],
    ['a listed one that cannot be read', { id: ID, identifierValue: PHONE, identifiers: [{ identifierValue: 7 }] }],
    ['a value that is no text', { id: ID, identifierValue: 12025550123 }],
    ['a key that is no text', { id: ID, identifierKey: 7, identifierValue: PHONE }],
    ['an empty key', { id: ID, identifierKey: '', identifierValue: PHONE }],
    ['a key of white space', { id: ID, identifierKey: ' ', identifierValue: PHONE }],
    ['an endless key', { id: ID, identifierKey: 'x'.repeat(513), identifierValue: PHONE }],
    ['an empty value', { id: ID, identifierValue: '' }],
    ['an empty platformAddress', { id: ID, platformAddress: '' }],
    ['a platformAddress that is no text', { id: ID, platformAddress: {} }],
    ['everything behind __proto__', JSON.parse(`{"__proto__":{"id":"${ID}","identifierValue":"${PHONE}"}}`)],
    ['everything inherited', Object.create({ id: ID, identifierValue: PHONE })],
  ])('does not know whose window it is with %s [R2]', (_, contact) => {
    expect(readRecipient(contact)).toBe('address_unresolved');
  });

  it.each(['..', '', 'x', 7, {}, true, `${ID}\n`, ` ${ID}`])(
    'says bad_id for the id %j, whatever else is named',
    (id) => {
      expect(readRecipient({ id })).toBe('bad_id');
      expect(readRecipient({ id, identifierValue: PHONE })).toBe('bad_id');
    },
  );

  it('property: it answers for anything, and never names a window without an address or an id', () => {
    const field = (...values: unknown[]): fc.Arbitrary<unknown> => fc.oneof(fc.constantFrom(...values), fc.anything());
    const contact = fc.oneof(
      fc.anything(),
      fc.record(
        {
          id: field(ID),
          identifierKey: field('phonenumber'),
          identifierValue: field(PHONE),
          identifiers: field([]),
          platformAddress: field(PHONE, undefined),
          platformAddressSelector: field(null, undefined),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(contact, (value) => {
        const recipient = readRecipient(value);
        if (typeof recipient === 'string') return;
        expect(recipient.contactId ?? recipient.address).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });
});
